"""Whoever verifies a purpose-marked copy is told first of all that it is one: for whom, for what, until when."""

import re

import pytest

from exchange.console.text import stated, told
from exchange.console.words import load_words
from tests.exchange.console.conftest import Visit
from tests.support.console_world import HOSTILE


def headline(visit: Visit, content: bytes, lang: str) -> tuple[str, str]:
    """The block of the conclusion, and what comes after it."""
    visitor = visit(lang=lang)
    visitor.get("/verify")
    html = visitor.send("/verify", files={"file": ("a.pdf", content)}).text
    block = re.search(r'<section class="card banner.*?</section>', html, re.DOTALL)
    assert block is not None
    return block[0], html[block.end() :]


@pytest.mark.parametrize(
    ("lang", "title", "said"),
    [
        ("zh", "有效 · 加注件</h2>", ("这是一份加注件，不是证照原件", "使用单位", "办理事项", "有效期至（含当日）")),
        (
            "en",
            "Valid · Purpose-marked copy</h2>",
            ("This is a purpose-marked copy, not the certificate itself", "For whom", "Matter", "Good until"),
        ),
    ],
)
def test_a_copy_says_in_the_headline_what_it_is_for(visit: Visit, lang: str, title: str, said: tuple[str, ...]) -> None:
    block, rest = headline(visit, b"copy-in-force", lang)
    assert title in block
    for words in (*said, "示例银行", "个人住房贷款审批", "核实户籍", "2026-12-31", "2026-11-22 09:02:03"):
        assert words in block, words
    assert HOSTILE not in block, "what the holder wrote is text, not markup"
    assert "示例银行" not in rest, "the terms stand in one place"
    texts = load_words()["zh" if lang == "zh" else "en"]
    assert texts.t("copies.says.in-force") in block
    assert texts.t("verify.next.valid") not in block, "a copy is not good for everything"


@pytest.mark.parametrize(
    ("code", "zh", "en"),
    [
        ("copy-withdrawn", "无效 · 加注件：已撤回", "Invalid · Purpose-marked copy: Withdrawn"),
        ("copy-over", "无效 · 加注件：已过期", "Invalid · Purpose-marked copy: Expired"),
        ("copy-not-yet-made", "无效 · 加注件：制作时间有误", "Invalid · Purpose-marked copy: Made later than that"),
    ],
)
def test_a_copy_that_is_no_longer_good_says_why_there(visit: Visit, code: str, zh: str, en: str) -> None:
    for lang, title in (("zh", zh), ("en", en)):
        block, _ = headline(visit, code.encode(), lang)
        assert f"{title}</h2>" in block
        state = {"copy-over": "expired"}.get(code, code.removeprefix("copy-"))
        assert load_words()["zh" if lang == "zh" else "en"].t(f"copies.says.{state}") in block


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_other_documents_are_not_called_copies(visit: Visit, lang: str) -> None:
    block, _ = headline(visit, b"valid", lang)
    assert load_words()["zh" if lang == "zh" else "en"].t("copies.title") not in block


@pytest.mark.parametrize(
    ("lang", "open_end", "size"), [("zh", "长期", "1,234,567 字节"), ("en", "further notice", "1,234,567 bytes")]
)
def test_what_a_document_states_is_written_for_people(visit: Visit, lang: str, open_end: str, size: str) -> None:
    block, rest = headline(visit, b"copy-in-force", lang)
    stated = re.sub(r"<[^>]+>", "", rest)
    assert "1790000000" not in stated
    assert "2026-09-21 22:13:20" in stated, "an instant in China"
    assert "None" not in stated
    assert open_end in stated
    assert size in stated
    assert "到 2026-11-22 09:02:03 为止" in stated, "also inside a sentence"
    assert ("中国标准时间" if lang == "zh" else "China Standard Time") in block


@pytest.mark.parametrize("claim", [10**18, -(10**18), 253402300799])
def test_a_time_beyond_every_calendar_stays_as_it_is(claim: int) -> None:
    assert stated("issued_at", claim, "") == claim


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "2026-13-01T00:00:00+00:00"])
def test_what_is_no_time_in_a_sentence_stays_as_it_is(at: str) -> None:
    assert told(f"<b>{at}", "en") == f"&lt;b&gt;{at}"
