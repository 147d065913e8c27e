"""Strict dates: a closed set of `strftime` directives, fixed widths, no leniency about blanks or signs."""

import re

import polars as pl

_WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_LOOSE = {"f": r"(?:\.[0-9]{1,9})?", "z": r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)"}
_DIRECTIVE = re.compile(r"%(.)|([^%])", re.DOTALL)


def pattern_of(format_: str) -> str:
    """The regular expression of exactly the texts that `format_` describes.

    %Y %m %d %H %M %S have fixed widths; behind the day, %f is an optional fraction with its point and %z an offset.

    Raises:
        ValueError: another directive, one of the first three missing, or any repeated.
    """
    found: list[str] = []
    parts: list[str] = []
    for match in _DIRECTIVE.finditer(format_):
        directive, literal = match.groups()
        if directive is None:
            parts.append(re.escape(literal))
            continue
        found.append(directive)
        if directive in _WIDTHS:
            parts.append(rf"[0-9]{{{_WIDTHS[directive]}}}")
        elif directive in _LOOSE and {"Y", "m", "d"} <= set(found):
            parts.append(_LOOSE[directive])
        else:
            raise ValueError(f"knows %Y %m %d %H %M %S, and behind the day %f %z; not %{directive} here")
    if not {"Y", "m", "d"} <= set(found) or len(found) != len(set(found)) or format_.endswith("%"):
        raise ValueError("must name %Y, %m and %d once each")
    return "^" + "".join(parts) + "$"


def iso_date(text: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """`YYYY-MM-DD` of the first format that fits and is a day of the calendar; null otherwise."""
    return pl.coalesce([_one(text, format_) for format_ in formats])


def _one(text: pl.Expr, format_: str) -> pl.Expr:
    shaped = pl.when(text.str.contains(pattern_of(format_))).then(text)
    day_format, separators = _day_part(format_)
    days = shaped.str.slice(separators[0], separators[1]) if separators else shaped
    parsed = days.str.to_date(day_format, strict=False)
    return parsed.dt.to_string("%Y-%m-%d")


def _day_part(format_: str) -> tuple[str, tuple[int, int] | None]:
    """The part of the format up to the day, so that a time of day never makes a date unreadable."""
    end = max(format_.index(directive) for directive in ("%Y", "%m", "%d")) + 2
    if end == len(format_):
        return format_, None
    head = format_[:end]
    width = sum(_WIDTHS[m[1]] if m[1] else 1 for m in _DIRECTIVE.finditer(head))
    return head, (0, width)
