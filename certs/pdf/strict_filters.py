"""Unpacking streams (ISO 32000-2, 7.4) within limits. Only what structures are packed with: Flate and its predictors.

Images and fonts are never unpacked here; a filter that is not read leaves the verdict open, it never decides it.
"""

import zlib
from typing import Final

from certs.pdf.errors import PdfIrregular, PdfNotUnderstood
from certs.pdf.strict_values import Budget, Name, Stream, Value

_PNG: Final = range(10, 16)
_MAX_COLUMNS: Final = 64  # rows of a cross-reference stream; predictors are for those alone
_MAX_PREDICTED: Final = 4 * 1024 * 1024


def unpacked(stream: Stream, budget: Budget) -> bytes:
    """The bytes of a stream.

    Raises:
        PdfNotUnderstood: another filter than FlateDecode, several of them, or an unusual predictor.
        PdfIrregular: the packed data is damaged or followed by more.
        PdfTooCostly: it unpacks to more than the budget has left.
    """
    names, parameters = _single(stream.entries.get("Filter")), _single(stream.entries.get("DecodeParms"))
    if "F" in stream.entries:
        raise PdfNotUnderstood("the bytes of a stream are in another file")
    if names is None:
        budget.inflate(len(stream.data))
        return stream.data
    if names != Name("FlateDecode"):
        raise PdfNotUnderstood(f"filter {str(names)[:20]}")
    if parameters is not None and not isinstance(parameters, dict):
        raise PdfNotUnderstood("parameters of a filter that are no dictionary")
    return _unpredicted(inflated(stream.data, budget), parameters or {})


def _single(value: Value) -> Value:
    """The one filter of an array of one; several in a row are how small files become huge ones."""
    if not isinstance(value, tuple):
        return value
    if len(value) > 1:
        raise PdfNotUnderstood(f"{len(value)} filters in a row")
    return value[0] if value else None


def inflated(data: bytes, budget: Budget) -> bytes:
    """Flate data unpacked; raises PdfIrregular, PdfTooCostly as `unpacked`."""
    machine = zlib.decompressobj()
    try:
        out = machine.decompress(data, budget.inflated + 1)
    except zlib.error as error:
        raise PdfIrregular("a packed stream is damaged") from error
    budget.inflate(len(out))
    if not machine.eof or machine.unused_data.strip(b"\r\n"):
        raise PdfIrregular("a packed stream is cut short, or something follows it")
    return out


def _unpredicted(data: bytes, parameters: dict[str, Value]) -> bytes:
    predictor, columns = parameters.get("Predictor", 1), parameters.get("Columns", 1)
    if predictor == 1:
        return data
    plain = (parameters.get("Colors", 1), parameters.get("BitsPerComponent", 8)) == (1, 8)
    if predictor not in _PNG or not isinstance(columns, int) or not 1 <= columns <= _MAX_COLUMNS or not plain:
        raise PdfNotUnderstood("an unusual predictor")
    if len(data) % (columns + 1) or len(data) > _MAX_PREDICTED:
        raise PdfIrregular("predicted rows are incomplete or too many")
    out, above = bytearray(), bytes(columns)
    for start in range(0, len(data), columns + 1):
        above = _row(data[start], data[start + 1 : start + 1 + columns], above)
        out += above
    return bytes(out)


def _row(kind: int, row: bytes, above: bytes) -> bytes:
    """One row of the PNG predictors None, Sub and Up; the others are never used for numbers."""
    if kind == 0:
        return row
    if kind == 2:
        return bytes((a + b) & 0xFF for a, b in zip(row, above, strict=True))
    if kind == 1:
        out, left = bytearray(), 0
        for byte in row:
            left = (left + byte) & 0xFF
            out.append(left)
        return bytes(out)
    raise PdfNotUnderstood("an unusual predictor")
