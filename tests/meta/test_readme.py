"""The front pages say what is so: commands, options, targets, settings, links, and both languages the same."""

import itertools
import re
import shlex
from pathlib import Path

import pytest
import typer.main
from pydantic_core import PydanticUndefined

from exchange.cli import app
from exchange.settings import Settings
from tests.support.command import ROOT, YZT, run

README, CHINESE, CHANGELOG = ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CHANGELOG.md"
PAGES = [README, CHINESE]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CJK = "\u3400-\u9fff"


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(path: Path, language: str) -> list[str]:
    return [body for found, body in _BLOCK.findall(text(path)) if found == language]


def prose(path: Path) -> str:
    return _BLOCK.sub("", text(path))


def shell_lines(path: Path) -> list[str]:
    lines = [line.partition("#")[0].strip() for block in blocks(path, "sh") for line in block.splitlines()]
    return [part.strip() for line in lines for part in line.split("&&") if part.strip()]


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_help_shown_is_the_help_given(path: Path) -> None:
    assert blocks(path, "text") == [run([YZT, "--help"]).out]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_exists_with_its_options(path: Path) -> None:
    shown = [shlex.split(line.rstrip("&")) for line in shell_lines(path) if line.startswith("yzt ")]
    assert len(shown) >= 8
    for words in shown:
        command = typer.main.get_command(app)
        rest = words[1:]
        while hasattr(command, "commands") and rest:
            assert rest[0] in command.commands, words
            command, rest = command.commands[rest[0]], rest[1:]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options, words


@pytest.mark.parametrize("path", [*PAGES, ROOT / "deploy" / "README.md"], ids=str)
def test_every_inline_command_names_a_verb(path: Path) -> None:
    root = typer.main.get_command(app)
    named = re.findall(r"`yzt ([a-z]+)[^`]*`", prose(path))
    assert set(named) <= set(getattr(root, "commands", {}))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_target_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", "\n".join(shell_lines(path)))) | set(
        re.findall(r"`make ([a-z-]+)`", prose(path))
    )
    assert {"demo", "test", "bench"} <= named <= targets


@pytest.mark.parametrize("path", [*PAGES, CHANGELOG, ROOT / "docs" / "problems.md"], ids=lambda path: path.name)
def test_every_link_leads_to_a_page_and_a_heading(path: Path) -> None:
    for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", prose(path)):
        page = (path.parent / target) if target else path
        assert page.exists(), target
        if heading:
            assert heading in {anchor(line) for line in re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)}, heading


def test_both_languages_have_the_same_sections_and_the_same_examples() -> None:
    levels = [[len(marks) for marks in re.findall(r"^(#+) ", prose(path), re.MULTILINE)] for path in PAGES]
    assert levels[0] == levels[1]
    for language in ("toml", "python", "text", ""):
        assert blocks(README, language) == blocks(CHINESE, language)
    assert shell_lines(README) == [line.replace("目录", "dir") for line in shell_lines(CHINESE)]
    links = [re.findall(r"\]\(([^)]+)\)", prose(path).partition("\n## ")[2]) for path in PAGES]
    # the Chinese page leads to the Chinese text of a document where there is one
    there = [link.replace(".md", ".zh-CN.md") for link in links[0]]
    chinese = [zh if (ROOT / zh).is_file() else link for zh, link in zip(there, links[0], strict=True)]
    assert sorted(chinese) == sorted(links[1])
    rows = [len(re.findall(r"^\|", prose(path), re.MULTILINE)) for path in PAGES]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_table_of_settings_is_complete_and_its_defaults_are_true(path: Path) -> None:
    told = dict(re.findall(r"^\| `(YZT_[A-Z0-9_]+)` \| .* \| ([^|]+) \|$", text(path), re.MULTILINE))
    assert list(told) == [f"YZT_{name.upper()}" for name in Settings.model_fields]
    for name, field in Settings.model_fields.items():
        nothing = field.default is PydanticUndefined or field.default in (None, ())
        wanted = "–" if nothing else f"`{str(field.default).lower()}`"
        assert told[f"YZT_{name.upper()}"].lower() == wanted.lower(), name


def test_chinese_is_set_as_chinese() -> None:
    page = re.sub(r"`[^`]*`", "`", prose(CHINESE))
    assert re.findall(rf"[{_CJK}][,;:!?()][{_CJK} \n]", page) == []  # half-width punctuation between characters
    assert re.findall(rf"[{_CJK}] [{_CJK}]", page) == []
    assert re.findall(rf"[{_CJK}][A-Za-z]|[A-Za-z][{_CJK}]", re.sub(r"`[^`]*`|\[[^]]*\]\([^)]*\)", " ", page)) == []
    paragraphs = [line for line in page.splitlines() if not line.startswith("|")]
    broken = [one for one, two in itertools.pairwise(paragraphs) if one and two and two[0] not in "0123456789-#|"]
    assert broken == []  # a line end inside a Chinese sentence would be shown as a space


def test_english_lines_do_not_run_on() -> None:
    assert [line for line in prose(README).splitlines() if len(line) > 120 and not line.startswith("|")] == []


def test_the_limits_are_stated_in_both_languages() -> None:
    assert "no certified" in text(README).replace("**", "")
    assert "Synthetic data only" in text(README)
    assert "未经任何符合性认证" in text(CHINESE)
    assert "只有合成数据" in text(CHINESE)


def test_the_changelog_keeps_its_form() -> None:
    page = text(CHANGELOG)
    version = re.search(r'^version = "([^"]+)"', text(ROOT / "pyproject.toml"), re.MULTILINE)
    assert version
    heads = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert heads[0].startswith(f"[{version.group(1)}]")
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - (Unreleased|\d{4}-\d{2}-\d{2})", head) for head in heads)
    kinds = set(re.findall(r"^### (.+)$", page, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert kinds
