"""Cases 41 and 42: files made to cost, crash or call out. Bounded in time and memory, nothing opened, never 有效."""

import sys
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from certs.model import Verdict
from tests.certs.pdf.judged import appended, codes, hanko_signed, hub_pdf, judge, plain_page, raw_pdf, stream, verdict
from tests.certs.pdf.test_verify_foreign import ACTIVE

MOST_SECONDS, MOST_BYTES = 6, 256 * 1024 * 1024
_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "urllib.", "ctypes.dlopen")
_events: list[str] | None = None


def _hear(event: str, _arguments: object) -> None:
    if _events is not None and event.startswith(_FORBIDDEN):
        _events.append(event)


sys.addaudithook(_hear)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Every socket, process and library the interpreter is asked for meanwhile."""
    global _events  # noqa: PLW0603 - an audit hook cannot be taken away again, only silenced
    heard: list[str] = []
    _events = heard
    try:
        yield heard
    finally:
        _events = None


def test_the_guard_hears_sockets() -> None:
    import socket

    with listening() as heard:
        socket.socket().close()
    assert heard


def squeezed(size: int, layers: int = 1) -> bytes:
    data = zlib.compressobj(9)
    out = b"".join([*(data.compress(bytes(1 << 20)) for _ in range(size >> 20)), data.flush()])
    for _ in range(layers - 1):
        out = zlib.compress(out, 9)
    return out


def xref_stream(data: bytes, entries: bytes) -> bytes:
    head = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n"
    body = stream(data, b"/Type/XRef/W[1 4 2]/Root 1 0 R" + entries)
    return head + b"2 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (body, len(head))


def deep(count: int) -> bytes:
    return b"[" * count + b"]" * count


def object_stream(data: bytes, entries: bytes, count: int = 1) -> bytes:
    """One object in an object stream."""
    head = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = [len(head)]
    head += b"1 0 obj\n%b\nendobj\n" % stream(data, b"/Type/ObjStm/N %d/First 4%b" % (count, entries))
    places.append(len(head))
    rows = bytes(7) + b"\x01" + places[0].to_bytes(4) + bytes(2) + b"\x01" + places[1].to_bytes(4) + bytes(2)
    rows += b"\x02" + (1).to_bytes(4) + bytes(2)
    head += b"2 0 obj\n%b\nendobj\n" % stream(rows, b"/Type/XRef/W[1 4 2]/Size 4/Root 3 0 R")
    return bytes(head) + b"startxref\n%d\n%%%%EOF\n" % places[1]


LAUGHS = b"".join(b'<!ENTITY l%d "%b">' % (i, b"&l%d;" % (i - 1) * 10 if i else b"lol") for i in range(10))
XMP = b"<?xpacket?><!DOCTYPE x [%b]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&l9;</x:xmpmeta>" % LAUGHS

BOMBS = {
    "a cross-reference stream of 256 megabytes": lambda: xref_stream(squeezed(1 << 28), b"/Size 9/Filter/FlateDecode"),
    "an object stream of 256 megabytes": lambda: object_stream(squeezed(1 << 28), b"/Filter/FlateDecode"),
    "Flate in Flate": lambda: object_stream(squeezed(1 << 28, 3), b"/Filter[/FlateDecode/FlateDecode/FlateDecode]"),
    "LZW": lambda: object_stream(b"\x80\x0b\x60\x50" * 1000, b"/Filter/LZWDecode"),
    "run lengths": lambda: object_stream(b"\x81\x00" * 100_000, b"/Filter/RunLengthDecode"),
    "predictors of a gigabyte wide": lambda: xref_stream(
        squeezed(1 << 20), b"/Size 9/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 999999999>>"
    ),
    "huge size": lambda: plain_page().replace(b"/Size 5", b"/Size 99999999999999999999"),
    "size of millions": lambda: plain_page().replace(b"/Size 5", b"/Size 999999999"),
    "a size of 5000 digits": lambda: plain_page().replace(b"/Size 5", b"/Size " + b"9" * 5000),
    "a table of millions": lambda: plain_page().replace(b"xref\n0 5", b"xref\n0 99999999"),
    "an index of millions": lambda: xref_stream(b"", b"/Size 99999999/Index[0 99999999]"),
    "sixty thousand objects": lambda: raw_pdf([b"<</Type/Catalog>>", *[b"null"] * 60_000]),
    "brackets 100,000 deep": lambda: plain_page(deep(100_000)),
    "dictionaries 100,000 deep": lambda: plain_page(b"<</A" * 100_000 + b" 1" + b">>" * 100_000),
    "a million numbers": lambda: plain_page(b"[" + b"1 " * 1_000_000 + b"]"),
    "a string of brackets": lambda: plain_page(b"(" * 1_000_000),
    "escapes": lambda: plain_page(b"(" + b"\\\\" * 1_000_000 + b")"),
    "comments": lambda: plain_page(b"%x\n" * 1_000_000 + b"1"),
    "a chain of references": lambda: plain_page(*(b"%d 0 R" % (n + 6) for n in range(20_000)), b"1"),
    "a reference to itself": lambda: plain_page(b"5 0 R", catalog=b"/AcroForm 5 0 R/Names 5 0 R"),
    "lengths that need lengths": lambda: plain_page(
        *(b"<</Length %d 0 R>>stream\nx\nendstream" % (n + 6) for n in range(50))
    ),
    "revisions in a circle": lambda: plain_page().replace(b"/Size 5", b"/Prev 9/Size 5"),
    "entities in metadata": lambda: plain_page(stream(XMP, b"/Type/Metadata/Subtype/XML"), catalog=b"/Metadata 5 0 R"),
    "outlines in a circle": lambda: plain_page(
        b"<</Type/Outlines/First 6 0 R/Last 6 0 R>>",
        b"<</Title(a)/Parent 5 0 R/Next 7 0 R/Prev 7 0 R>>",
        b"<</Title(b)/Parent 5 0 R/Next 6 0 R/Prev 6 0 R>>",
        catalog=b"/Outlines 5 0 R",
    ),
    "fields in a circle": lambda: plain_page(
        b"<</FT/Sig/T(a)/Kids[6 0 R]>>", b"<</FT/Sig/T(b)/Kids[5 0 R]>>", catalog=b"/AcroForm<</Fields[5 0 R 6 0 R]>>"
    ),
    "names in a circle": lambda: plain_page(b"<</Kids[5 0 R]>>", catalog=b"/Names<</EmbeddedFiles 5 0 R>>"),
    "thousands of signatures": lambda: plain_page(*[b"<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>"] * 5000),
    "sixty-five revisions": lambda: many_revisions(65),
    "40 megabytes": lambda: plain_page(stream(bytes(40 * 1024 * 1024))),
}


def many_revisions(count: int) -> bytes:
    data = plain_page()
    for _ in range(count):
        data = appended(data, {4: stream(b"0 0 5 5 re f")})
    return data


# Whose memory is looked at as well, which makes them several times slower.
LARGE = ("megabytes", "Flate", "comments", "wide", "references", "millions", "objects")


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_in_a_verdict(name: str) -> None:
    """Case 41, in this process; the limits of the child process come on top of it."""
    data = BOMBS[name]()
    begin = time.process_time()  # of this process: the computer may be busy with others
    assert verdict(data) is not Verdict.VALID
    assert time.process_time() - begin < MOST_SECONDS
    if not name.endswith(LARGE):
        return
    tracemalloc.start()
    try:
        judge(data)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["outlines in a circle", "names in a circle", "fields in a circle"])
def test_bombs_that_are_signed(name: str) -> None:
    """What does not stand in the way of reading is signed by an honest signer and examined to the end."""
    data = hanko_signed(BOMBS[name]())
    begin = time.process_time()
    assert codes(data)[7] == "signature-good"
    assert time.process_time() - begin < MOST_SECONDS


def test_nothing_is_opened_run_or_loaded() -> None:
    """Case 42: 0 sockets, 0 processes, whatever the file asks for."""
    files = [hanko_signed(plain_page(*more, **where)) for where, more in ACTIVE.values()]
    verdict(hub_pdf())  # libraries are loaded by now
    with listening() as heard:
        found = [verdict(data) for data in files]
        assert verdict(hub_pdf(level="B-LTA")) is Verdict.VALID
    assert set(found) == {Verdict.INDETERMINATE}
    assert heard == []
