"""The same operations as the OFD writer takes them (certs.ofd.page): a copy, nothing is measured or decided here."""

from dataclasses import replace
from functools import lru_cache

from certs.layout.fonts import FontStack
from certs.layout.operations import Code, Colour, Ground, Image, Page, Path, Step, TextRun
from certs.layout.qr import dark_stretches
from certs.layout.subset import Subset, subset_name, subsets_of
from certs.ofd import page as ofd

_BASIC_PLANE = 0xFFFF
_SEGMENTS = {Step.MOVE: "M", Step.LINE: "L", Step.CURVE: "B", Step.CLOSE: "C"}


def ofd_drawing(page: Page, fonts: FontStack) -> ofd.Drawing:
    """A laid out page as an OFD drawing with its subset fonts and photo."""
    subsets = subsets_of(page, fonts)
    images: dict[str, ofd.ImageFile] = {}
    operations: list[ofd.Operation] = [*_ground(page.ground)]
    for mark in page.marks:
        match mark:
            case TextRun():
                operations.append(_text(mark) if mark.source else _form_text(mark))
            case Code():
                operations.append(_code(mark))
            case Image():
                name = f"photo{len(images)}"
                images[name] = ofd.ImageFile("JPEG", mark.data)
                operations.append(ofd.Image(name, mark.box.x, mark.box.y, mark.box.width, mark.box.height))
    return ofd.Drawing(
        pages=(ofd.Page(page.width, page.height, tuple(operations)),),
        fonts={name: _font(small) for name, small in subsets.items()},
        images=images,
    )


@lru_cache(maxsize=64)
def _font(small: Subset) -> ofd.FontFile:
    rare = {char: glyph for char, glyph in small.glyphs.items() if ord(char) > _BASIC_PLANE}
    return ofd.FontFile(small.font.id, small.data, small.font.family, glyphs=rare)


@lru_cache(maxsize=64)
def _ground(ground: Ground) -> tuple[ofd.Path, ...]:
    """The same values for all certificates of a type, so that the writer may keep its work too."""
    return tuple(map(_path, ground.paths))


@lru_cache(maxsize=1024)
def _form_text(run: TextRun) -> ofd.TextRun:
    """What the form itself says, as `_ground`."""
    return replace(_text(run), shared=True)


def _text(run: TextRun) -> ofd.TextRun:
    return ofd.TextRun(
        font=subset_name(run),
        size=run.size,
        x=run.x,
        y=run.y,
        text=run.text,
        advances=run.advances,
        colour=_colour(run.colour),
        rotation=run.rotation,
        alpha=run.alpha,
    )


def _path(path: Path) -> ofd.Path:
    return ofd.Path(
        tuple((_SEGMENTS[step], *values) for step, values in path.steps),
        line_width=path.width,
        stroke=None if path.stroke is None else _colour(path.stroke),
        fill=None if path.fill is None else _colour(path.fill),
    )


def _code(code: Code) -> ofd.Squares:
    dark = ((row, dark_stretches(modules)) for row, modules in enumerate(code.modules))
    stretches = tuple((row, first, length) for row, found in dark for first, length in found)
    return ofd.Squares(code.box.x, code.box.y, code.box.width / len(code.modules), stretches)


def _colour(colour: Colour) -> ofd.Colour:
    return colour.red, colour.green, colour.blue
