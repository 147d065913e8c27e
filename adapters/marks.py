"""Marks that sources leave in a cell they could not take as plain text, for the mapping to quarantine.

The marks are Unicode noncharacters (U+FDD0..U+FDD2), which no sound text contains; a source that does contain one
ends in quarantine all the same. U+FDD0 stands before the two hex digits of a byte that begins no character, so the
original bytes can be read back.
"""

DAMAGED = "\ufdd0"
NUMBER_CELL = "\ufdd1"
WRONG_SHAPE = "\ufdd2"


def decode(data: bytes, encoding: str) -> str:
    """Text of `data`; every undecodable byte becomes a mark and two hex digits."""
    parts: list[str] = []
    rest = data
    while rest:
        try:
            parts.append(rest.decode(encoding))
            break
        except UnicodeDecodeError as error:
            parts.append(rest[: error.start].decode(encoding))
            parts.append(f"{DAMAGED}{rest[error.start]:02x}")
            rest = rest[error.start + 1 :]
    return "".join(parts)


def plain(text: str) -> str:
    r"""The text with marks written out (`\xNN`), fit for storing and showing."""
    shown = text.replace(DAMAGED, "\\x").replace(NUMBER_CELL, "").replace(WRONG_SHAPE, "")
    return shown.replace("\x00", "\\x00").replace("\ufffd", "\\ufffd")
