"""Attack case 61: formulas in exports.

The hub gives people no spreadsheet: what it exports is JSON (results, reports, catalogue), ZIP of JSON and text
(evidence), PDF and OFD. This test keeps it so: whoever adds a CSV or workbook for people meets it here and has to write
cells that begin with = + - @ TAB or CR as text.
"""

import ast
import re
from pathlib import Path

import pytest

from certs.crypto.strict_json import canonical, loads_strict
from certs.evidence.bundle import decode_bundle
from tests.certs.attacks.artefacts import ARTEFACTS

ROOT = Path(__file__).parents[3]
SHIPPED = ("exchange", "certs", "catalog", "adapters")
# Where tables are written, and why nobody opens them in a spreadsheet.
KNOWN = {
    "adapters/repo/copying.py": "COPY into the hub's own database",
    "exchange/demo/departments/samr.py": "the demonstration's bureau, which the hub reads; synthetic data",
}
WRITES = re.compile(
    r"\bcsv\.(?:writer|DictWriter)\b|\.write_csv\(|\.to_csv\(|\.write_excel\(|\bWorkbook\(|xlsxwriter|text/csv|"
    r"spreadsheetml|vnd\.ms-excel|\.(?:csv|xlsx)\"'"
)
FORMULAS = ("=1+1", '=HYPERLINK("http://x")', "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "＝1")


def sources() -> list[Path]:
    return [path for name in SHIPPED for path in sorted((ROOT / name).rglob("*.py"))]


def writes_tables(path: Path) -> bool:
    """In code, not in comments: docstrings and comments may speak of CSV."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    return bool(WRITES.search(ast.unparse(tree)))


def test_61_the_hub_writes_no_spreadsheets_for_people() -> None:
    found = {str(path.relative_to(ROOT)) for path in sources() if writes_tables(path)}
    assert found == set(KNOWN), "a new table is written: escape formulas in its cells, then add it with its reason"


def test_61_no_route_or_template_offers_one() -> None:
    pages = [p for p in (ROOT / "exchange").rglob("*") if p.suffix in {".html", ".js"}]
    assert pages
    for page in pages:
        assert not re.search(r"text/csv|\.csv\b|\.xlsx\b|spreadsheetml", page.read_text("utf-8")), page


@pytest.mark.parametrize("text", FORMULAS)
def test_61_json_carries_such_values_as_the_text_they_are(text: str) -> None:
    assert loads_strict(canonical({"name": text})) == {"name": text}
    assert canonical({"name": text}).startswith(b'{"name":"')


def test_61_the_evidence_bundle_holds_json_and_text_only() -> None:
    bundle = decode_bundle(ARTEFACTS["evidence-bundle"]().data)
    assert all(body.startswith(b"{") for body in bundle.entries.values())
    assert all(token.isascii() and token.count(".") == 2 for token in bundle.receipts.values())
