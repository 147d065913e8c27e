"""Sealing a document we have written: Signs/ as GB/T 33190-2016 §18 and GB/T 38540-2020 lay it down.

Every part is listed with its SM3 digest, the signature list too ("whole protected"): nothing can be added, taken away
or changed afterwards, and no further seal is possible. Digests are over the uncompressed bytes. Only a `Document` value
can be sealed, never a file somebody brings: what is sealed is what was drawn here from data.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from certs.crypto.ports import Signer
from certs.crypto.sm3 import sm3
from certs.ofd.document import Document
from certs.ofd.errors import PageRefused
from certs.ofd.objects import number, numbers
from certs.ofd.writer import CREATOR, NAMESPACE, SIGNATURES_PATH, pack, part, write_parts
from certs.seals.model import SM2_WITH_SM3, SM3_OID, Picture, Stamp
from certs.seals.signature import make_stamp, read_stamp, read_v4, with_timestamp

_FOLDER: Final = "Doc_0/Signs/Sign_0"
SIGNATURE_PATH: Final = f"{_FOLDER}/Signature.xml"
SEAL_PATH: Final = f"{_FOLDER}/Seal.esl"
VALUE_PATH: Final = f"{_FOLDER}/SignedValue.dat"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the seal is seen: page index from 0, left and top in mm. The seal's own size is kept."""

    page: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Sealing:
    """A seal, who puts it on (certificate and key), when, and where on the page; repeat places for a 骑缝章.

    `timestamp` returns an RFC 3161 token over the octets it is given (the signature); None seals without.
    """

    seal: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    signer: Signer
    at: datetime
    places: tuple[Place, ...]
    timestamp: Callable[[bytes], bytes] | None = None


def seal_document(document: Document, sealing: Sealing) -> bytes:
    """The sealed package.

    Raises:
        PageRefused: the document cannot be written, or a place lies outside its page.
        MalformedDer, SealMalformed, SealVersionUnsupported, SealAlgorithmRefused: the seal or key cannot be used.
    """
    return pack(seal_parts(document, sealing))


def seal_parts(document: Document, sealing: Sealing) -> dict[str, bytes]:
    """Path in the package -> bytes of the sealed document; raises as `seal_document`."""
    seal = read_v4(sealing.seal)
    stamps = _stamps(document, sealing.places, seal.info.picture)
    parts = write_parts(document, to_be_sealed=True)
    parts[SIGNATURES_PATH] = signature_list()
    parts[SEAL_PATH] = sealing.seal
    covered = [(f"/{path}", b64encode(sm3(body)).decode()) for path, body in parts.items()]
    parts[SIGNATURE_PATH] = signature_file(covered, sealing.at, stamps)
    parts[VALUE_PATH] = _value(sealing, sm3(parts[SIGNATURE_PATH]))
    return parts


def _value(sealing: Sealing, data_hash: bytes) -> bytes:
    value = make_stamp(
        sealing.seal,
        certificate=sealing.certificate,
        signer=sealing.signer,
        at=sealing.at,
        data_hash=data_hash,
        signed_path=f"/{SIGNATURE_PATH}",
    )
    if sealing.timestamp is None:
        return value
    stamp = read_stamp(value)
    assert isinstance(stamp, Stamp), "made a moment ago as version 4"
    return with_timestamp(value, sealing.timestamp(stamp.signature))


def signature_list() -> bytes:
    """The list of the one signature."""
    return part(
        f'<ofd:Signatures xmlns:ofd="{NAMESPACE}"><ofd:MaxSignId>1</ofd:MaxSignId>'
        f'<ofd:Signature ID="1" Type="Seal" BaseLoc="/{SIGNATURE_PATH}"/></ofd:Signatures>'
    )


def signature_file(covered: Iterable[tuple[str, str]], at: datetime, stamps: str) -> bytes:
    """Signature.xml: name and digest (base64) of every part, the time, where the seal is seen."""
    references = "".join(
        f'<ofd:Reference FileRef="{name}"><ofd:CheckValue>{digest}</ofd:CheckValue></ofd:Reference>'
        for name, digest in covered
    )
    return part(
        f'<ofd:Signature xmlns:ofd="{NAMESPACE}"><ofd:SignedInfo>'
        f'<ofd:Provider ProviderName="{CREATOR}" Version="1" Company="{CREATOR}"/>'
        f"<ofd:SignatureMethod>{SM2_WITH_SM3}</ofd:SignatureMethod>"
        f"<ofd:SignatureDateTime>{at.astimezone(UTC):%Y%m%d%H%M%S}Z</ofd:SignatureDateTime>"
        f'<ofd:References CheckMethod="{SM3_OID}">{references}</ofd:References>{stamps}'
        f"<ofd:Seal><ofd:BaseLoc>/{SEAL_PATH}</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>"
        f"<ofd:SignedValue>/{VALUE_PATH}</ofd:SignedValue></ofd:Signature>"
    )


def _stamps(document: Document, places: tuple[Place, ...], picture: Picture) -> str:
    """Page numbers are those the writer gives: pages count first, from 1."""
    pages = document.drawing.pages
    if not places:
        raise PageRefused("a seal that is nowhere to be seen")
    stamps = []
    for i, place in enumerate(places, 1):
        if not 0 <= place.page < len(pages):
            raise PageRefused(f"no page {place.page} to seal")
        page = pages[place.page]
        inside = 0 <= place.x <= page.width - picture.width and 0 <= place.y <= page.height - picture.height
        if not inside:
            raise PageRefused(f"the seal at {number(place.x)} {number(place.y)} leaves its page")
        stamps.append(stamp_annotation(i, place, picture))
    return "".join(stamps)


def stamp_annotation(number: int, place: Place, picture: Picture) -> str:
    """Where the seal is seen, as Signature.xml says it."""
    box = numbers(place.x, place.y, picture.width, picture.height)
    return f'<ofd:StampAnnot ID="{number}" PageRef="{place.page + 1}" Boundary="{box}"/>'
