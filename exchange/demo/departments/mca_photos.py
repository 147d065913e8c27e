"""The joint photo of a couple in the marriage register: two silhouettes on red, drawn by lot. It shows nobody.

Drawn from the certificate's number, so that two processes draw the same file; heads have no faces.
"""

from base64 import b64encode
from functools import lru_cache
from io import BytesIO
from random import Random
from typing import Final

from PIL import Image, ImageDraw

_SIZE: Final = (330, 231)
_FINE: Final = 2  # drawn so much larger, for smooth edges
_GROUND: Final = (178, 34, 40)
_SKIN: Final = ((231, 190, 160), (214, 170, 138), (240, 205, 178))
_HAIR: Final = ((32, 28, 30), (60, 42, 34), (96, 92, 92))
_CLOTHES: Final = ((245, 245, 242), (40, 70, 130), (30, 110, 90), (120, 60, 140), (230, 190, 70), (90, 100, 110))
_PNG_EVERY: Final = 5
_QUALITY: Final = 85


@lru_cache(maxsize=4096)
def joint_photo(number: str, edition: int = 1) -> str:
    """The register's file for a marriage as base64: a JPEG, of an older scanner a PNG.

    Args:
        number: of the marriage certificate.
        edition: which photo of this couple, from 1.
    """
    random = Random(f"{number}/{edition}")  # noqa: S311 - a reproducible drawing, not a secret
    image = Image.new("RGB", (_SIZE[0] * _FINE, _SIZE[1] * _FINE), _GROUND)
    for place, long_haired in ((0.32, False), (0.68, True)):
        _draw(ImageDraw.Draw(image), random, place * image.width, image.height, long_haired=long_haired)
    small, out = image.reduce(_FINE), BytesIO()
    if random.randrange(_PNG_EVERY):
        small.save(out, "JPEG", quality=_QUALITY)
    else:
        small.quantize(64).save(out, "PNG")
    return b64encode(out.getvalue()).decode()


def _draw(draw: ImageDraw.ImageDraw, random: Random, middle: float, height: int, *, long_haired: bool) -> None:
    """Clothes, hair, neck and head of one person."""
    skin, hair, clothes = random.choice(_SKIN), random.choice(_HAIR), random.choice(_CLOTHES)
    top = height * random.uniform(0.14, 0.22)
    wide, high = height * random.uniform(0.15, 0.17), height * random.uniform(0.2, 0.22)

    def round_(left: float, upper: float, right: float, lower: float, colour: tuple[int, int, int]) -> None:
        draw.ellipse((middle + left * wide, top + upper * high, middle + right * wide, top + lower * high), fill=colour)

    if long_haired:
        round_(-1.25, -0.2, 1.25, 3.0, hair)
    round_(-2.1, 2.2, 2.1, 6.0, clothes)
    draw.rectangle((middle - wide / 2.5, top + high, middle + wide / 2.5, top + 2.5 * high), fill=skin)
    round_(-1.08, -0.2, 1.08, 1.6, hair)
    round_(-0.9, 0.15, 0.9, 2.1, skin)
