"""Steps 9 to 11: what a signature covers, and where its seal is seen. Pure over a read file.

Every file in the package must be covered, but for the few that cannot be: the signature list (a later signature changes
it), the signature's own two files, and the files of other signatures, which answer for themselves.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from certs.crypto.sm3 import sm3
from certs.errors import CertsError
from certs.ofd.reading import Listed, OfdFile, SignatureFile, StampPlace, locations, read_signature
from certs.seals.model import SM3_OID, Stamp
from certs.verify_findings import Finding, failed, passed


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature of the file with its parts read."""

    listed: Listed
    file: SignatureFile
    stamp: Stamp = field(repr=False)


def check_references(document: OfdFile, signed: Signed, digests: Mapping[str, bytes]) -> Finding:
    """Step 9: every Reference names one part, once, in one spelling, and its SM3 digest fits."""
    if signed.file.check_method != SM3_OID:
        return failed("references-refused", detail=f"CheckMethod {signed.file.check_method[:40]!r}")
    if signed.file.method != signed.stamp.algorithm:
        return failed("references-refused", detail="SignatureMethod is not the stamp's algorithm")
    seen: set[str] = set()
    for name, value in signed.file.references:
        path = name.removeprefix("/")
        if not name.startswith("/") or path not in document.parts or path in seen:
            return failed("references-refused", detail=f"FileRef {name[:80]!r}")
        if _digest(value) != digests[path]:
            return failed("part-changed", detail=path)
        seen.add(path)
    return passed("parts-good", count=str(len(seen)))


def check_coverage(document: OfdFile, signed: Signed, others: tuple[tuple[str, ...], ...]) -> Finding:
    """Step 10: nothing that is seen or said lies outside the signature, and nothing leads out of the package."""
    covered = {name.removeprefix("/") for name, _ in signed.file.references}
    roles = [*paths_of(signed.listed, signed.file), *(p for paths in others for p in paths)]
    free = {document.list_path, *roles}
    if open_parts := sorted(set(document.parts) - covered - free):
        return failed("uncovered", detail=", ".join(open_parts[:5])[:200])
    try:
        named = _named(document, free)
    except CertsError as error:
        return failed("uncovered", detail=str(error))
    if missing := sorted(named - document.parts.keys()):
        return failed("uncovered", detail=f"not in the package: {', '.join(missing[:5])[:200]}")
    if len(set(roles)) != len(roles) or document.list_path in roles or named & set(roles):
        return failed("uncovered", detail="a file that serves as content and as signature")
    return passed("all-covered", further_signatures="no" if document.list_path in covered else "possible")


def check_places(document: OfdFile, signed: Signed) -> Finding:
    """Step 11: the seal is seen, on pages that exist, inside them."""
    stamps = signed.file.stamps
    if not stamps or len({s.id for s in stamps}) != len(stamps):
        return failed("place-invalid", detail="no StampAnnot, or two with one ID")
    for stamp in stamps:
        if stamp.page not in document.pages:
            return failed("place-invalid", detail=f"page {stamp.page[:20]!r} does not exist")
        if not _inside(stamp, document.pages[stamp.page]):
            return failed("place-invalid", detail=f"outside page {stamp.page[:20]!r}")
    numbers = [str(list(document.pages).index(s.page) + 1) for s in stamps]
    return passed("place-good", pages="、".join(dict.fromkeys(numbers)))


def own_paths(document: OfdFile, listed: Listed) -> tuple[str, ...]:
    """The files that belong to a listed signature, verified or not; Signature.xml alone if that cannot be read."""
    try:
        file = read_signature(document, listed.path)
    except CertsError:
        return (listed.path,)
    return paths_of(listed, file)


def paths_of(listed: Listed, file: SignatureFile) -> tuple[str, ...]:
    """The files of a signature: Signature.xml, signed value, seal."""
    return (listed.path, file.value_path, *((file.seal_path,) if file.seal_path else ()))


def digests_of(document: OfdFile) -> dict[str, bytes]:
    """SM3 of every part, once for all signatures; raises AlgorithmUnavailable."""
    return {path: sm3(body) for path, body in document.parts.items()}


def _named(document: OfdFile, free: set[str | None]) -> set[str]:
    """Every location content names. Signature parts name their own files; the list is named by OFD.xml alone."""
    named: set[str] = set()
    for path in document.trees:
        if path not in free:
            named |= locations(document, path)
    return named - {document.list_path or ""}


def _inside(stamp: StampPlace, page: tuple[float, float]) -> bool:
    """A tenth of a millimetre is rounding."""
    x, y, width, height = stamp.box
    slack = 0.1
    return -slack <= x and -slack <= y and x + width <= page[0] + slack and y + height <= page[1] + slack


def _digest(value: str) -> bytes:
    try:
        found = b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return found if b64encode(found).decode() == value else b""
