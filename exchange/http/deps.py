"""What routes get from a request: the hub, the caller, and JSON answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, TypeVar

import orjson
from fastapi import Depends, Header, Path, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from exchange.app import App
from exchange.errors import TokenRefusedError
from exchange.http.cursor import Cursors
from exchange.http.faults import Fault
from exchange.http.limits import Limiter
from exchange.http.metrics import RequestMetrics
from exchange.model import Principal

_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9._~+/-]{1,8192}=*)")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{8,80}")
_YEARS = range(1900, 9001)
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the HTTP side owns besides the hub itself."""

    app: App
    cursors: Cursors
    clients: Limiter
    people: Limiter
    addresses: Limiter
    metrics: RequestMetrics


def frame_of(request: Request) -> Frame:
    """The frame `create_app` put on the application."""
    frame: Frame = request.app.state.frame
    return frame


def hub_of(request: Request) -> App:
    """The hub's services."""
    return frame_of(request).app


def address_of(request: Request) -> str:
    """The caller's network address; behind a proxy the server has put the true one here, from trusted hops only."""
    return request.client.host if request.client else "local"


async def caller(request: Request) -> Principal:
    """Who calls: an access token of a department's system, or a session token of a person.

    Raises:
        TokenRefusedError: neither, or no longer good.
        Fault: `rate-limited`.
    """
    frame, token = frame_of(request), bearer(request)
    try:
        principal = await _principal(frame.app, token)
    except TokenRefusedError:
        limit_caller(request, frame.addresses, address_of(request))
        raise
    limit_principal(request, principal)
    return principal


async def visitor(request: Request) -> None:
    """Nobody in particular: limited by address."""
    limit_caller(request, frame_of(request).addresses, address_of(request))


def idempotency_key(given: Annotated[str, Header(alias="Idempotency-Key")] = "") -> str:
    """The Idempotency-Key of a write.

    Raises:
        Fault: `request-id-missing`: there is none, or it is not well formed.
    """
    if not _REQUEST_ID.fullmatch(given):
        raise Fault("request-id-missing", "8 to 80 characters of A-Z a-z 0-9 . _ : -")
    return given


Key = Annotated[str, Depends(idempotency_key)]
Hub = Annotated[App, Depends(hub_of)]
Caller = Annotated[Principal, Depends(caller)]
Visitor = Depends(visitor)
Limit = Annotated[int, Query(ge=1, le=100)]
Number = Annotated[str, Path(pattern=r"^[0-9A-Za-z_][0-9A-Za-z_.:-]{0,39}$")]


def bearer(request: Request) -> str:
    """The bearer token of the Authorization header.

    Raises:
        TokenRefusedError: there is none, or not exactly one.
    """
    found = _BEARER.fullmatch(request.headers.get("authorization", ""))
    if found is None:
        raise TokenRefusedError("missing")
    return found[1]


def limit_caller(request: Request, limiter: Limiter, who: str) -> None:
    """Take a token for this request; the answer will say what is left.

    Raises:
        Fault: `rate-limited`, with Retry-After.
    """
    standing = request.scope["yzt.standing"] = limiter.take(who)
    if not standing.allowed:
        raise Fault("rate-limited", headers={"retry-after": str(standing.wait)})


def limit_principal(request: Request, principal: Principal) -> None:
    """Limit a department's system by client, a person by who they are."""
    frame = frame_of(request)
    if principal.client:
        limit_caller(request, frame.clients, principal.client)
    else:
        limit_caller(request, frame.people, f"{principal.department}/{principal.officer}/{principal.subject}")


def parsed(request: Request, model: type[Model]) -> Model:
    """The JSON body the guard already read, as this model.

    Raises:
        Fault: `media-type`: it was not sent as application/json.
        RequestValidationError: it does not fit.
    """
    if "yzt.json" not in request.scope:
        raise Fault("media-type", "application/json")
    try:
        return model.model_validate(request.scope["yzt.json"])
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in found]) from None


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of dataclasses, mappings, ids and aware times (RFC 3339)."""
    return Response(orjson.dumps(value, default=_plain), status, dict(headers or {}), "application/json")


def with_etag(request: Request, value: object) -> Response:
    """An answer with a strong ETag of its bytes; 304 when the caller has it."""
    data = orjson.dumps(value, default=_plain)
    etag = f'"{sha256(data).hexdigest()[:32]}"'
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    headers = {"etag": etag, "cache-control": "private, no-cache", "vary": "authorization"}
    if etag in known:
        return Response(status_code=304, headers=headers)
    return Response(data, 200, headers, "application/json")


def instant(text: str | None, name: str) -> datetime | None:
    """An RFC 3339 instant with offset, or None.

    Raises:
        Fault: `bad-request`: another form, or no offset.
    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Fault("bad-request", f"{name} is not an RFC 3339 time") from error
    if at.tzinfo is None:
        raise Fault("bad-request", f"{name} needs an offset")
    if at.year not in _YEARS:  # beyond, conversions overflow
        raise Fault("bad-request", f"{name} is outside the years 1900 to 9000")
    return at


async def _principal(app: App, token: str) -> Principal:
    if token.count(".") == 2:
        return await app.access.authenticate(token)
    principal = await app.access.session(token)
    if principal is None:
        raise TokenRefusedError("session")
    return principal


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value)
