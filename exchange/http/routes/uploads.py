"""The files of one request: the parts called `file`, or the whole body; one, or as many as their sender may send."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from certs.verifier.model import MAX_BYTES
from exchange.errors import NotAllowedError, TokenRefusedError
from exchange.http.faults import Fault
from exchange.http.guard import MAX_BATCH_BYTES, limited
from exchange.model import Principal
from exchange.service.verification_askers import may_ask
from exchange.service.verification_intake import MAX_UPLOADS
from exchange.service.verification_uploads import Upload
from exchange.spooling import FormUnreadable, Spool, TooManyFiles

BODY: Final = "document"  # the name of a file that is the whole body
_FRAMING: Final = 64 * 1024  # what a form adds to its one file
_FILE: Final = {"type": "string", "format": "binary"}


def _described(file: Mapping[str, object]) -> dict[str, object]:
    """How the description of the API says it: the parts called `file`, or the whole body."""
    form = {"type": "object", "required": ["file"], "properties": {"file": file}}
    content = {"application/octet-stream": {"schema": _FILE}, "multipart/form-data": {"schema": form}}
    return {"requestBody": {"required": True, "content": content}}


UPLOAD: Final = _described(_FILE)
UPLOADS: Final = _described({"type": "array", "minItems": 1, "items": _FILE})


async def uploaded(request: Request) -> bytes:
    """The one file of a request whose size the guard has bounded.

    Raises:
        Fault: `bad-request`: a form that cannot be read, with no file or with several.
    """
    if not _is_form(request):
        return await request.body()
    with Spool() as spool:
        (file,) = _files(await _form(spool, request, 1))
        return await file.read()


@asynccontextmanager
async def given(request: Request, who: Principal | None) -> AsyncIterator[list[Upload]]:
    """The files, to be read one after another.

    Raises:
        Fault: `body-too-large`, `bad-request`.
        TokenRefusedError, NotAllowedError: a second file of somebody who may send one; nothing more is read.
    """
    many = who is not None and may_ask(who)
    bounded = _bounded(request, MAX_BATCH_BYTES if many else MAX_BYTES + _FRAMING)
    if not _is_form(request):
        yield [Upload(BODY, partial(same, await _body(bounded)))]
        return
    with Spool() as spool:
        yield _files(await _form(spool, bounded, MAX_UPLOADS if many else 1, None if many else _refusal(who)))


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("multipart/form-data")


async def _form(spool: Spool, request: Request, most: int, too_many: Exception | None = None) -> FormData:
    try:
        return await spool.form(request, max_files=most, max_fields=2)
    except TooManyFiles:
        raise too_many or Fault("bad-request", f"more than {most} {'files' if most > 1 else 'file'}") from None
    except FormUnreadable as error:
        raise Fault("bad-request", str(error)) from None


def somebody(who: Principal | None) -> Principal:
    """Who asks. Raises TokenRefusedError."""
    if who is None:
        raise TokenRefusedError("missing")
    return who


def _refusal(who: Principal | None) -> Exception:
    return TokenRefusedError("missing") if who is None else NotAllowedError(who.role)


def _bounded(request: Request, cap: int) -> Request:
    """The same request, its body cut at the cap; what says beforehand that it is longer is not read at all."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length[:20]) > cap:
        raise Fault("body-too-large", headers={"connection": "close"})
    return Request(request.scope, limited(request.receive, cap))


def _files(form: FormData) -> list[Upload]:
    parts = [part for part in form.getlist("file") if isinstance(part, UploadFile)]
    if not parts:
        raise Fault("bad-request", "the part `file` is missing")
    if any((part.size or 0) > MAX_BYTES for part in parts):
        raise Fault("body-too-large")
    return [Upload(part.filename or BODY, part.read) for part in parts]


async def _body(request: Request) -> bytes:
    """The body, held in memory only up to the size of one document."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BYTES:
            raise Fault("body-too-large", headers={"connection": "close"})
        parts.append(part)
    return b"".join(parts)


async def same(content: bytes) -> bytes:
    """What was read already."""
    return content
