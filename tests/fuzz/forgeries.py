"""Signed artefacts as fuzz targets: whatever the bytes become, they are refused or say what the genuine ones say."""

from collections.abc import Callable

from tests.certs.attacks.artefacts import ARTEFACTS, Artefact
from tests.fuzz.target import BelievedForgeryError, Target, Targets

_PDF_WORDS = (
    b"/ByteRange[0 ", b"/Contents<", b"startxref\n", b"%%EOF\n", b"xref\n", b"trailer\n", b"/Prev ", b"/Size ",
    b"/Root ", b"endobj\n", b" 0 obj\n", b"stream\n", b"/AcroForm", b"/DocMDP", b"/DSS", b"/Length ", b"/Type/Sig",
)  # fmt: skip
_PDF_BYTES = 128 * 1024


def _target(make: Callable[[], Artefact], name: str) -> Target:
    artefact = make()
    genuine = artefact.said(artefact.data)

    def read(data: bytes) -> None:
        if artefact.said(data) != genuine:
            raise BelievedForgeryError(name)

    large = name.startswith("pdf")
    words = _PDF_WORDS if large else ()
    return Target(read, lambda: [artefact.data], words, _PDF_BYTES if large else 16 * 1024)


def _lazy(name: str) -> Callable[[], Target]:
    return lambda: _target(ARTEFACTS[name], name)


FORGERIES: Targets = {name: _lazy(name) for name in ARTEFACTS}
