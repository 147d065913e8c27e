"""Documents sealed in a wrong way by somebody who holds the right key."""

import re
from base64 import b64encode
from collections.abc import Callable

from certs.crypto.sm3 import sm3
from certs.ofd.signing import SEAL_PATH, SIGNATURE_PATH, VALUE_PATH
from certs.seals.signature import make_stamp
from tests.certs.ofd.world import OfdWorld
from tests.certs.seals.world import NOW

WORLD = OfdWorld()
PARTS = WORLD.parts()
PAGE = "Doc_0/Pages/Page_0/Content.xml"
Edit = Callable[[str], str]


def resealed(
    parts: dict[str, bytes], *, edit: Edit = lambda x: x, refresh: bool = True, **stamp: object
) -> dict[str, bytes]:
    """The parts sealed again by the rightful signer: digests refreshed, Signature.xml edited, stamp made anew."""
    text = parts[SIGNATURE_PATH].decode()
    if refresh:
        for path, body in parts.items():
            text = re.sub(
                f'(FileRef="/{re.escape(path)}"><ofd:CheckValue>)[^<]*',
                lambda m, b=body: m[1] + b64encode(sm3(b)).decode(),  # type: ignore[misc]  # a bound loop value
                text,
            )
    signature = edit(text).encode()
    values: dict[str, object] = {
        "certificate": WORLD.seals.signer.certificate,
        "signer": WORLD.seals.signer.signer,
        "at": NOW,
        "data_hash": sm3(signature),
        "signed_path": f"/{SIGNATURE_PATH}",
        **stamp,
    }
    value = make_stamp(parts[SEAL_PATH], **values)  # type: ignore[arg-type]  # keywords of make_stamp
    return {**parts, SIGNATURE_PATH: signature, VALUE_PATH: value}


def without(text: str, path: str) -> str:
    """Signature.xml without one Reference."""
    return re.sub(f'<ofd:Reference FileRef="/{re.escape(path)}">.*?</ofd:Reference>', "", text)
