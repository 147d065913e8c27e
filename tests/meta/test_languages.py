"""A page of docs/ that is there in Chinese has the parts and commands of the English one, and they link each other."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
CHINESE = sorted(DOCS.glob("*.zh-CN.md"))


def test_what_operators_and_verifiers_need_is_there_in_chinese() -> None:
    assert {path.name.removesuffix(".zh-CN.md") for path in CHINESE} >= {"keys", "seals", "verification"}


@pytest.mark.parametrize("chinese", CHINESE, ids=lambda path: path.name)
def test_both_languages_have_the_same_parts(chinese: Path) -> None:
    english = chinese.with_name(chinese.name.replace(".zh-CN", ""))
    here, there = chinese.read_text("utf-8"), english.read_text("utf-8")
    assert f"[{english.name}]({english.name})" in here
    assert f"[{chinese.name}]({chinese.name})" in there
    assert [len(mark) for mark in re.findall(r"^(#+) ", here, re.MULTILINE)] == [
        len(mark) for mark in re.findall(r"^(#+) ", there, re.MULTILINE)
    ]
    assert len(re.findall(r"^\|", here, re.MULTILINE)) == len(re.findall(r"^\|", there, re.MULTILINE))
    assert _blocks(here) == _blocks(there)
    assert _words(here) == _words(there)


def _blocks(text: str) -> list[list[str]]:
    """The blocks of commands, without comments, what a command says in words, and spaces."""
    blocks = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    return [[re.sub(r"#.*|[^\x00-\x7f].*|\s", "", line) for line in block.splitlines()] for block in blocks]


def _words(text: str) -> set[str]:
    """Everything in code type: names, addresses, options. What has Chinese in it is text."""
    inline = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return {" ".join(word.split()) for word in inline if not re.search("[\u4e00-\u9fff]", word)}
