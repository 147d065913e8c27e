"""Where a text may be broken into lines: between Chinese characters, between words, and by 避头尾 (GB/T 15834).

No line begins with a closing mark and none ends with an opening one; a number or a Latin word stays whole unless it
is longer than a line. Joined lines are the text again, character by character.
"""

import itertools
from collections.abc import Callable, Sequence

NO_START = frozenset("。，、；：？！．）】》〉」』〕］｝”’…—～·%‰℃㎡,.;:?!)]}")
NO_END = frozenset("（【《〈「『〔［｛“‘([{￥$#")

Width = Callable[[str], float]


def break_lines(text: str, room: float, width: Width) -> tuple[str, ...]:
    """Lines no wider than `room`; spaces at a line's end may hang over.

    Args:
        text: not empty.
        room: width of a line.
        width: width of one character, in the unit of `room`.
    """
    lines: list[str] = []
    line, used = "", 0.0
    for piece in _pieces(text):
        for part in _chopped(piece, room, width):
            if line and used + _ink(part, width) > room:
                lines.append(line)
                line, used = "", 0.0
            line += part
            used += sum(map(width, part))
    return (*lines, line)


def _pieces(text: str) -> Sequence[str]:
    """The text cut at every place where a line may end."""
    pieces = [text[0]]
    for before, char in itertools.pairwise(text):
        if _together(before, char):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _together(before: str, char: str) -> bool:
    if char == " " or char in NO_START or before in NO_END:
        return True
    return _latin(before) and _latin(char)


def _latin(char: str) -> bool:
    return char.isascii() and not char.isspace()


def _ink(piece: str, width: Width) -> float:
    return sum(map(width, piece.rstrip(" ")))


def _chopped(piece: str, room: float, width: Width) -> list[str]:
    """The piece itself, or parts of it when it is longer than a line."""
    if _ink(piece, width) <= room:
        return [piece]
    parts, used = [""], 0.0
    for char in piece:
        if parts[-1] and used + width(char) > room:
            parts.append("")
            used = 0.0
        parts[-1] += char
        used += width(char)
    return parts
