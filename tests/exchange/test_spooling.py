"""Many files of one form lie in one file of the disk, and each reads as it was sent."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message

from exchange.spooling import FormUnreadable, Spool, TooManyFiles

BOUNDARY = b"b"


def body_of(files: list[tuple[str, bytes]]) -> bytes:
    parts = [
        b'--b\r\ncontent-disposition: form-data; name="file"; filename="%s"\r\n\r\n%s\r\n' % (name.encode(), data)
        for name, data in files
    ]
    token = b'--b\r\ncontent-disposition: form-data; name="token"\r\n\r\nabc\r\n'
    return b"".join((*parts, token, b"--b--\r\n"))


def request_of(body: bytes, size: int) -> Request:
    pieces = iter([body[at : at + size] for at in range(0, len(body), size)])

    async def receive() -> Message:
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    headers = [(b"content-type", b"multipart/form-data; boundary=" + BOUNDARY)]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def descriptors() -> int:
    """How many files this process holds open; where that cannot be seen, none."""
    seen = Path("/proc/self/fd")
    return len(list(seen.iterdir())) if seen.exists() else 0


async def read(parts: list[UploadFile]) -> AsyncIterator[bytes]:
    for part in parts:
        yield await part.read()


@pytest.mark.parametrize("size", [7, 1000, 1 << 20])
async def test_files_read_as_they_were_sent_in_any_order_and_twice(size: int) -> None:
    dice = random.Random(size)
    files = [(f"文件{n}", dice.randbytes(dice.choice([0, 1, 999, 5000]))) for n in range(30)]
    with Spool() as spool:
        form = await spool.form(request_of(body_of(files), size), max_files=30, max_fields=1)
        parts = [part for part in form.getlist("file") if isinstance(part, UploadFile)]
        assert form["token"] == "abc"
        assert [(part.filename, part.size) for part in parts] == [(name, len(data)) for name, data in files]
        assert [data async for data in read(parts[::-1])] == [data for _, data in files[::-1]]
        await parts[3].seek(0)
        assert [await parts[3].read(1), await parts[3].read()] == [files[3][1][:1], files[3][1][1:]]


async def test_a_thousand_files_need_one_descriptor() -> None:
    files = [(str(n), b"x" * 3000) for n in range(1000)]
    with Spool() as spool:
        before = descriptors()
        await spool.form(request_of(body_of(files), 1 << 16), max_files=1000, max_fields=1)
        assert descriptors() <= before


async def test_one_file_too_many_and_what_is_no_form_are_told_apart() -> None:
    with Spool() as spool:
        with pytest.raises(TooManyFiles):
            await spool.form(request_of(body_of([("a", b"1"), ("b", b"2")]), 1000), max_files=1, max_fields=1)
        for body in (b"--c\r\n", b"--b\r\ncontent-disposition: form-data\r\n\r\n"):
            with pytest.raises(FormUnreadable) as caught:
                await spool.form(request_of(body, 1000), max_files=1, max_fields=1)
            assert not isinstance(caught.value, TooManyFiles)
