"""The two catalogue files agree with each other, with the pages and with the code."""

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

import exchange.console
import exchange.errors
from adapters.model import RuleKind
from catalog.onceonly import Lack
from certs.model import Outcome, State, Verdict
from certs.seals.history import SealState
from certs.seals.registry import Act, Origin
from exchange.console import problems
from exchange.console.render import MENUS
from exchange.console.words import load_words, prefer
from exchange.model import CaseState, MaterialState, PresentationState, Role, Use
from exchange.model_copies import CopyState
from exchange.model_sealing import JobState
from exchange.model_verifications import BatchState
from exchange.repo.authorities import AuthorityKind
from exchange.service.keys import KeyRole

HERE = Path(exchange.console.__file__).parent
ZH, EN = load_words()["zh"], load_words()["en"]
FAMILIES: dict[str, type[StrEnum]] = {
    "verdict": Verdict,
    "verify.conclusion": Verdict,
    "verify.next": Verdict,
    "outcome": Outcome,
    "state": State,
    "case-state": CaseState,
    "material-state": MaterialState,
    "show.state": PresentationState,
    "wait.state": PresentationState,
    "wait.text": PresentationState,
    "use.kind": Use,
    "copies.state": CopyState,
    "authority-kind": AuthorityKind,
    "copies.means": CopyState,
    "batches.state": BatchState,
    "role": Role,
    "reason": Lack,
    "key-role": KeyRole,
    "seal-state": SealState,
    "sealing-state": JobState,
    "seal-act": Act,
    "seal-means": Act,
    "seal-origin": Origin,
}
# Refusals nobody meets on a page: they belong to the API, the command line or start-up.
_NOT_ON_PAGES = {
    "exchange-error",
    "settings-invalid",
    "unaudited-write",
    "unknown-event",
    *("schema-outdated", "database-not-started"),
    "not-initialised",
    "tile-not-found",
    "sealing-stopped",
    "access-error",
    "token-invalid",
    "client-refused",
    "officer-refused",
    "token-request-invalid",
    "registration-refused",
    "issuer-unknown",
    *("authority-not-found", "authority-refused", "department-unknown"),  # the command line's alone
    *("key-needed", "key-not-found", "key-still-trusted", "key-unfit"),
}


def templates() -> list[Path]:
    return sorted((HERE / "templates").rglob("*.html"))


def used_keys() -> Iterator[str]:
    for path in templates():
        text = path.read_text("utf-8")
        yield from re.findall(r"""\bt\((?:"([^"]+)"|'[^']+')[,)]""", text)
        yield from re.findall(r"""\bt\('([^']+)'[,)]""", text)
        yield from re.findall(r'parts\.nothing\("([^"]+)"\)', text)
    for path in HERE.rglob("*.py"):
        yield from re.findall(r'note="([a-z-]+)"', path.read_text("utf-8").replace('note="', 'note="note.')) or ()
        yield from (f"note.{note}" for note in re.findall(r'note="([a-z-]+)"', path.read_text("utf-8")))
    yield from (f"{nav}.{word}" for menu in MENUS.values() for _, word in menu for nav in ("nav", "nav-short"))


def test_both_languages_have_the_same_keys_and_no_empty_text() -> None:
    assert ZH.texts.keys() == EN.texts.keys()
    assert not [key for words in (ZH, EN) for key, text in words.texts.items() if not text.strip(" ") and key != "x"]


def test_both_languages_fill_the_same_places() -> None:
    places = re.compile(r"\{(\w+)\}")
    for key in ZH.texts:
        assert set(places.findall(ZH.texts[key])) == set(places.findall(EN.texts[key])), key


def test_chinese_is_chinese_and_english_is_english() -> None:
    han = re.compile("[\u4e00-\u9fff]")
    assert not [key for key, text in EN.texts.items() if han.search(text)]
    punctuation = {"comma", "semicolon", "colon", "keys.days"}
    assert not [key for key, text in ZH.texts.items() if not han.search(text) and key not in punctuation]


def test_every_key_a_page_uses_exists() -> None:
    used = {key for key in used_keys() if key}
    assert len(used) > 150
    assert used <= ZH.texts.keys(), used - ZH.texts.keys()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_value_of_a_family_has_words(family: str) -> None:
    missing = [value for value in FAMILIES[family] if not ZH.has(f"{family}.{value}")]
    assert not missing


def test_every_quality_rule_has_words() -> None:
    assert not [rule for rule in RuleKind if not ZH.has(f"reason.{rule}")]


def test_every_ended_state_is_explained() -> None:
    assert all(ZH.has(f"state-means.{state}") for state in State if state is not State.VALID)


def test_every_refusal_a_person_can_meet_has_its_own_words() -> None:
    own = [kind for kind in vars(exchange.errors).values() if isinstance(kind, type)]
    pages = [
        kind for kind in vars(problems).values() if isinstance(kind, type) and issubclass(kind, problems.PageError)
    ]
    codes = {getattr(kind, "code", "") for kind in (*own, *pages)} - {""} - _NOT_ON_PAGES
    for code in codes:
        assert all(ZH.has(f"problem.{code}.{part}") for part in ("title", "cause", "next")), code


def test_no_word_is_left_unused() -> None:
    text = "".join(path.read_text("utf-8") for path in (*templates(), *HERE.rglob("*.py")))
    open_families = (
        "health.check",
        "sealing-reason",
        "key-role",
        "verify.kind",
        "stated",
        "source-state",
        "by-kind",
        "show.ended",
        "state-means",
        "copies.says",
        "copies.wrong",
        "copies.hint",
        "copies.form",
        "copies.get",
    )
    families = (*FAMILIES, *open_families, "problem", "note", "start", "about", "nav")
    loose = [key for key in ZH.texts if key.rpartition(".")[0] not in families and f'"{key}"' not in text]
    assert not [key for key in loose if f"'{key}'" not in text and not key.startswith(families)]


@pytest.mark.parametrize(
    ("header", "lang"),
    [("", "zh"), ("en-GB,en", "en"), ("zh-CN", "zh"), ("fr", "zh"), ("fr,en;q=0.1", "en"), ("\x00,;;", "zh")],
)
def test_preferred_language(header: str, lang: str) -> None:
    assert prefer(header) == lang


def test_a_missing_text_is_an_error_and_never_a_key_on_a_page() -> None:
    with pytest.raises(KeyError):
        ZH.t("no.such.key")


def views() -> list[tuple[str, ast.AsyncFunctionDef | ast.FunctionDef]]:
    trees = [(path.name, ast.parse(path.read_text("utf-8"))) for path in (HERE / "views").glob("*.py")]
    return [
        (name, node)
        for name, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.decorator_list
    ]


def test_views_stay_thin() -> None:
    assert len(views()) > 35
    for name, node in views():
        body = node.body[1:] if ast.get_docstring(node) else node.body
        length = body[-1].end_lineno - body[0].lineno + 1 if body and body[-1].end_lineno else 0
        assert length <= 12, f"{name}: {node.name} has {length} lines"


def test_every_view_says_what_it_shows() -> None:
    assert not [f"{name}:{node.name}" for name, node in views() if not ast.get_docstring(node)]
