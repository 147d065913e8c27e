"""Keep a sealed PDF provable beyond the life of its certificates: PAdES B-LTA (ETSI EN 319 142-1 §5.5, §6).

Each archive revision adds the certificates and revocation lists that judge what is there, and a document time-stamp
over everything. Repeated before the last time-stamp's certificate expires, by any later machine: the file is enough.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from certs.pdf.signing import RESERVE, SealedPdf
from certs.pdf.signing_check import SealCheck, check_sealed_pdf
from certs.pdf.signing_dict import entries, reference
from certs.pdf.signing_faces import STAMP_ENTRIES, Store, archived_catalog, archived_page, fields_of, stamp_field
from certs.pdf.signing_revisions import current, read_revisions
from certs.pdf.signing_update import Update, signature_body
from certs.pki.cms import Stamp
from certs.pki.crl import Crl
from certs.pki.x509 import Certificate


def archive_pdf(
    data: bytes,
    *,
    certificates: Sequence[Certificate],
    crls: Sequence[Crl],
    stamp: Stamp,
    reserve: int = RESERVE,
) -> SealedPdf:
    """The file with one more archive revision.

    Args:
        data: a sealed file, archived already or not.
        certificates: what the paths of signer and time-stamps were judged with; what is there is not repeated.
        crls: likewise.
        stamp: from `certs.pki.stamping.stamping`; it is given the whole file.
        reserve: bytes kept for the token.

    Raises:
        What `certs.pdf.signing_check.check_sealed_pdf` raises: only what holds is archived.
        ReserveTooSmall: the token does not fit.
    """
    check, revisions = check_sealed_pdf(data), read_revisions(data)
    objects, last = current(revisions), revisions[-1]
    catalog = objects[last.root]
    page = reference(entries(objects[fields_of(catalog)[0]])[b"/P"])
    update = Update(data, last)
    signature, field = update.reserve(), update.reserve()
    added = _add_material(update, check, certificates, crls)
    update.put(last.root, archived_catalog(catalog, added, field))
    update.put(page, archived_page(objects[page], field))
    update.put(field, stamp_field(signature, page, len(revisions) - 1))
    update.put(signature, signature_body(STAMP_ENTRIES, reserve))
    archived = update.finish_signed(signature, lambda before, after: stamp(before + after), reserve)
    return SealedPdf(archived, sha256(archived).digest())


def _add_material(update: Update, check: SealCheck, certificates: Sequence[Certificate], crls: Sequence[Crl]) -> Store:
    known = {*(item.der for item in check.certificates), *(item.der for item in check.crls)}

    def add(items: Iterable[bytes]) -> tuple[int, ...]:
        return tuple(update.add(_stream(item)) for item in dict.fromkeys(items) if item not in known)

    return Store(add(item.der for item in certificates), add(item.der for item in crls))


def _stream(data: bytes) -> bytes:
    return b"<</Length %d>>stream\n%b\nendstream" % (len(data), data)
