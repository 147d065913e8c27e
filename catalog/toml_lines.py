"""Line numbers for a TOML file: `tomllib` gives values only, a steward needs the line to mend.

A light scan, not a second parser: it runs after `tomllib` accepted the text and follows table headers, keys at the
start of a line, and inline tables that stand on a line of their own inside an array. A key deeper than that gets
the line of its nearest known parent.
"""

import re
from collections.abc import Iterator

from catalog.findings import Path

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+|\"[^\"]+\")\s*=")
_ENTRY = re.compile(r"^\s*\{")
_FENCE = re.compile(r'"""|\'\'\'')


def key_lines(text: str) -> dict[Path, int]:
    """Map the path of every table and key found to its 1-based line."""
    lines: dict[Path, int] = {}
    arrays: dict[Path, int] = {}
    table: Path = ()
    array: Path = ()
    entry = 0
    for number, line in _outside_strings(text):
        header = _HEADER.match(line)
        if header:
            table = _table_path(header[2], arrays, is_array=header[1] == "[[")
            lines[table] = number
        elif _ENTRY.match(line) and array:
            lines[(*array, entry)] = number
            entry += 1
        elif key := _KEY.match(line):
            array, entry = (*table, key[1].strip('"')), 0
            lines[array] = number
    return lines


def line_of(path: Path, lines: dict[Path, int]) -> int | None:
    """Line of the longest known prefix of `path`, or `None` when not even its first part is known."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def _table_path(name: str, arrays: dict[Path, int], *, is_array: bool) -> Path:
    path: Path = ()
    parts = [part.strip().strip('"') for part in name.split(".")]
    for depth, part in enumerate(parts):
        path = (*path, part)
        if is_array and depth == len(parts) - 1:
            arrays[path] = arrays.get(path, -1) + 1
        if path in arrays:
            path = (*path, arrays[path])
    return path


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            yield number, line
        if len(_FENCE.findall(line)) % 2:
            inside = not inside
