"""The list of events is closed: what the code records, what `exchange.events` lists and what the paper says agree."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from exchange.events import EVENTS

ROOT = Path(__file__).parents[2]
KIND = re.compile(r"[a-z]+(?:-[a-z]+)*:[a-z]+(?:-[a-z]+)*")
NOUNS = {kind.partition(":")[0] for kind in EVENTS}
PAPER = ROOT / "docs" / "events.md"


def sources() -> Iterator[Path]:
    for package in ("exchange", "certs", "adapters", "catalog"):
        yield from (path for path in (ROOT / package).rglob("*.py") if path.name != "events.py")


def named(path: Path) -> set[str]:
    """Every text of a file that looks like a kind of event: a known noun, or given to something called record."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KIND.fullmatch(node.value):
            found |= {node.value} if node.value.partition(":")[0] in NOUNS else set()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
            first = node.args[0] if node.args else None
            texts = [part.value for part in ast.walk(first) if isinstance(part, ast.Constant)] if first else []
            found |= {text for text in texts if isinstance(text, str) and KIND.fullmatch(text)}
    return found


def test_every_kind_that_is_recorded_is_listed_and_every_listed_kind_is_recorded() -> None:
    recorded = {kind: path for path in sources() for kind in named(path)}
    assert {kind: str(path) for kind, path in recorded.items() if kind not in EVENTS} == {}
    assert set(EVENTS) - set(recorded) == set()


def test_kinds_are_nouns_and_what_happened() -> None:
    assert all(KIND.fullmatch(kind) for kind in EVENTS)
    assert all(meaning.endswith(".") and meaning[0].isupper() for meaning in EVENTS.values())


def test_the_paper_lists_exactly_these_kinds_with_these_meanings() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", PAPER.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == list(EVENTS.items())
