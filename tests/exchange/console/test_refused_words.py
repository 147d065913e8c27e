"""Whoever makes a copy is told in their own language why the department cannot seal it now."""

import html
from typing import Any

import pytest

from certs.journal.errors import LogMissing
from certs.seals.errors import SealUseRefused
from exchange.console.visit import MAX_FILE
from exchange.console.words import Lang, load_words
from exchange.errors import KeyUncertifiedError, RequestReusedError, SealUnavailableError
from exchange.service.keys import NoSignerError
from tests.exchange.console.conftest import Visit
from tests.exchange.console.test_copies import FILLED, FORM

PSB = "11339900MB9000015P"
Refusal = NoSignerError | SealUnavailableError | KeyUncertifiedError | SealUseRefused | RequestReusedError
REFUSALS: list[Refusal] = [
    NoSignerError(f"seal-pdf {PSB}"),
    SealUnavailableError(PSB, "it has no seal on file"),
    KeyUncertifiedError("seal", PSB),
    SealUseRefused("ES1", "3 of 3 uses of today are spent"),
    RequestReusedError(),
]


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_keeps_a_copy_from_being_made_has_words(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, error: Refusal, lang: Lang
) -> None:
    async def refuse(*_: Any, **__: Any) -> None:
        raise error

    holder = visit("holder", lang=lang)
    holder.get(FORM)
    monkeypatch.setattr(type(holder.app.documents.copies), "make", refuse)
    answer = holder.send(FORM, None, **FILLED)
    assert answer.status_code == 400, "what the table of the API says; not an unexpected fault"
    words = dict(load_words())[lang]
    for part in ("title", "next"):
        assert words.t(f"problem.{error.code}.{part}") in html.unescape(answer.text)


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "第一个检查点还没有发布"), ("en", "its first checkpoint is still to come")]
)
def test_a_log_that_is_not_published_yet_is_no_fault(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, lang: Lang, said: str
) -> None:
    async def nothing(*_: Any) -> None:
        raise LogMissing

    auditor = visit("auditor", lang=lang)
    monkeypatch.setattr(type(auditor.app.evidence), "head", nothing)
    assert said in auditor.get("/audit").text


@pytest.mark.parametrize(("path", "most"), [("/verify", "10 MB")])
def test_a_file_that_is_too_large_is_told_the_limit_it_met(visit: Visit, path: str, most: str) -> None:
    visitor = visit()
    visitor.get(path)
    answer = visitor.send(path, files={"file": ("a.pdf", b"0" * (MAX_FILE + 1))})
    assert (answer.status_code, most in answer.text) == (413, True)
