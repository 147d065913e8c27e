"""docs/limits.md is the one place where limits are written down: it must say what the code does, and leave none out."""

import ast
import importlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from certs.crypto.strict_json import loads_strict
from certs.errors import CertsError
from certs.evidence.note import parse_note
from certs.evidence.proof import parse_proof
from certs.evidence.trust import decode_trust
from certs.layout.operations import Box
from certs.layout.photo import read_photo
from certs.ofd.strict_xml import read_xml
from certs.pdf.signing_revisions import read_revisions
from certs.pki.cms_reader import parse_signed_data
from certs.pki.crl import parse_crl
from certs.pki.x509 import parse_certificate
from certs.sdjwt import SdJwtPolicy, parse_and_check
from certs.seals.seal import read_seal
from certs.seals.signature import read_stamp
from certs.type_catalogue import parse_type
from tests.certs.world import NOW

ROOT = Path(__file__).parents[3]
ROW = re.compile(r"^\| [^|]+ \| ([\d,]+)( [KM]iB)? \| `([\w.]+)\.(_?MAX\w*)` \|$", re.MULTILINE)
UNITS = {"": 1, " KiB": 1 << 10, " MiB": 1 << 20}
ROWS = {
    f"{module}.{name}": int(number.replace(",", "")) * UNITS[unit]
    for number, unit, module, name in ROW.findall((ROOT / "docs" / "limits.md").read_text("utf-8"))
}
# Named like limits, and none on what is read.
OTHERS = {
    "certs.copies.terms.MAX_DAYS",  # how long a copy may be good
    "certs.evidence.audit.MAX_FINDINGS",  # how many findings an audit lists
    "certs.evidence.receipt.MAX_DELAY",
    "certs.evidence.receipt.MAX_CLOCK_SKEW",
    "certs.crypto.times.MAX_LEEWAY",
    "certs.status_evidence.MAX_AGE",
}


def public_limits() -> set[str]:
    """Every module constant of the certificate library whose name begins with MAX."""
    found = set()
    for path in sorted((ROOT / "certs").rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            target = node.target if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [None])[0]
            if isinstance(target, ast.Name) and target.id.startswith("MAX_"):
                found.add(".".join((*path.relative_to(ROOT).with_suffix("").parts, target.id)))
    return found


@pytest.mark.parametrize("constant", ROWS)
def test_the_page_says_what_the_code_does(constant: str) -> None:
    module, _, name = constant.rpartition(".")
    assert getattr(importlib.import_module(module), name) == ROWS[constant]


def test_no_limit_is_left_out() -> None:
    assert public_limits() - ROWS.keys() - OTHERS == set(), "write it into docs/limits.md"


READERS: Mapping[str, Callable[[int], object]] = {
    "certs.crypto.strict_json.MAX_BYTES": lambda n: loads_strict(b'"' + b"x" * n + b'"'),
    "certs.crypto.jws.MAX_TOKEN_BYTES": lambda n: _presented("x" * n * 2),
    "certs.pki.x509._MAX_BYTES": lambda n: parse_certificate(b"\x30" * (n + 1)),
    "certs.pki.cms_reader.MAX_BYTES": lambda n: parse_signed_data(b"\x30" * (n + 1)),
    "certs.pki.der_reader.MAX_BYTES": lambda n: parse_crl(b"\x30" * (n + 1)),
    "certs.seals.seal.MAX_SEAL_BYTES": lambda n: read_seal(b"\x30" * (n + 1)),
    "certs.seals.signature._MAX_BYTES": lambda n: read_stamp(b"\x30" * (n + 1)),
    "certs.ofd.strict_xml.MAX_BYTES": lambda n: read_xml(b"<a>" + b" " * n + b"</a>"),
    "certs.pdf.signing_revisions.MAX_BYTES": lambda n: read_revisions(b"%" * (n + 1)),
    "certs.evidence.note.MAX_NOTE_BYTES": lambda n: parse_note("x" * (n + 1)),
    "certs.evidence.proof.MAX_PROOF_BYTES": lambda n: parse_proof("x" * (n + 1)),
    "certs.evidence.trust.MAX_TRUST_BYTES": lambda n: decode_trust(b" " * (n + 1)),
    "certs.type_catalogue.MAX_TYPE_CHARS": lambda n: parse_type("#" * (n + 1), "large"),
    "certs.layout.photo.MAX_BYTES": lambda n: read_photo(b"\xff\xd8\xff" + b"\0" * n + b"\xff\xd9", Box(0, 0, 1, 1)),
}


def _presented(text: str) -> object:
    return parse_and_check(f"{text}~", lambda kid, alg: None, now=NOW, policy=SdJwtPolicy())  # type: ignore[arg-type,return-value]  # never reached


@pytest.mark.parametrize("constant", READERS)
def test_what_is_larger_is_refused(constant: str) -> None:
    with pytest.raises(CertsError, match=r"more than|exceeds|too large|at most|larger|over \d+"):
        READERS[constant](ROWS[constant])
