import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.layout.lines import NO_END, NO_START, break_lines

TEXTS = st.text("市测试路号。，、；：（）《》“”ABC 0123456789-/", min_size=1, max_size=60)


def width(char: str) -> float:
    return 0.5 if char.isascii() else 1.0


def ink(line: str) -> float:
    return sum(map(width, line.rstrip(" ")))


@given(TEXTS, st.integers(1, 30))
def test_lines_joined_are_the_text_and_none_is_too_wide(text: str, room: int) -> None:
    lines = break_lines(text, room, width)
    assert "".join(lines) == text
    assert all(lines)
    assert all(ink(line) <= room for line in lines)


@given(
    st.lists(st.sampled_from(["测", "试路", "，测", "。“试”", "（号）", "《路》、", "A1"]), min_size=1),
    st.integers(5, 30),
)
def test_no_line_begins_or_ends_with_the_wrong_mark(parts: list[str], room: int) -> None:
    lines = break_lines("测" + "".join(parts) + "测", room, width)
    if any(len(part) > room for part in _unbreakable(lines)):
        return
    assert not any(line[0] in NO_START for line in lines)
    assert not any(line[-1] in NO_END for line in lines[:-1])


def _unbreakable(lines: tuple[str, ...]) -> list[str]:
    """Stretches that may not be broken: marks with what they belong to."""
    text, stretches = "".join(lines), [""]
    for i, char in enumerate(text):
        joined = i and (char in NO_START or text[i - 1] in NO_END or (char + text[i - 1]).isascii())
        if not joined:
            stretches.append("")
        stretches[-1] += char
    return stretches


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("测试测试", 2, ("测试", "测试")),
        ("测试，测试", 2, ("测", "试，", "测试")),  # the comma takes the character before it along
        ("测（试）", 3, ("测", "（试）")),
        ("第1234567号", 3, ("第", "123456", "7号")),  # longer than a line: broken where the line is full
        ("测AB测", 2, ("测AB", "测")),
        ("AB CD EF", 3, ("AB CD ", "EF")),  # a space may hang over the edge
        ("测试。”测", 3, ("测", "试。”", "测")),
    ],
)
def test_shapes(text: str, room: int, lines: tuple[str, ...]) -> None:
    assert break_lines(text, room, width) == lines
