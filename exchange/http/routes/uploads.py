"""One uploaded file of a request: the part called `file`, or the whole body."""

from typing import Final

from starlette.datastructures import UploadFile
from starlette.requests import Request

from exchange.http.faults import Fault

_FILE: Final = {"type": "string", "format": "binary"}
UPLOAD: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": _FILE},
            "multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": {"file": _FILE}}},
        },
    }
}


async def uploaded(request: Request) -> bytes:
    """The file; raises Fault `bad-request` when a form has none."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    async with request.form(max_files=1, max_fields=2) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Fault("bad-request", "the part `file` is missing")
        return await file.read()
