"""Whoever makes a copy is told in their own language why the department cannot seal it now."""

import html
from typing import Any

import pytest

from certs.seals.errors import SealUseRefused
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
