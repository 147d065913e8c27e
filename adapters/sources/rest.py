"""A JSON list behind HTTP, page by page.

JSON values become text: numbers keep their digits, `true`/`false` their words; lists and objects where a plain
value belongs are marked and end in quarantine. Page numbers are only safe while the list stands still, so the total
is watched and a pull over moving pages starts over instead of losing rows.
"""

import re
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import datetime

import aiohttp
import polars as pl
from yarl import URL

from adapters.errors import SourceDriftedError, SourceGarbageError, SourceSchemaError
from adapters.marks import WRONG_SHAPE
from adapters.model import Manifest, NextLink, PageNumbers, RestSource
from adapters.ports import Chunk, Connection, Position, SecretLookup, Window
from adapters.sources.bounds import bound_as_text
from adapters.sources.http import Call, Limits, UnauthorizedError, exchange, open_session

CHUNK_ROWS = 5_000
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class RestList:
    """See the module."""

    def __init__(
        self,
        manifest: Manifest,
        source: RestSource,
        connection: Connection,
        secrets: SecretLookup,
        now: Callable[[], datetime],
    ) -> None:
        self._manifest, self._source, self._connection = manifest, source, connection
        self._secrets, self._now = secrets, now
        self._limits = Limits(source.timeout, source.retries, source.max_bytes)
        self._bearer: str | None = None

    async def columns(self) -> tuple[str, ...]:
        """The names in the first page's records, each once."""
        async with open_session(self._connection) as session:
            records, _ = await self._page(session, self._first(Window()))
        return tuple(dict.fromkeys(name for record in records for name in record))

    async def upper_bound(self) -> str | None:
        """The hub's clock minus the delay, in the cursor's format."""
        cursor = self._manifest.cursor
        return None if cursor is None else bound_as_text(cursor, self._now())

    async def chunks(self, window: Window, position: Position | None) -> AsyncGenerator[Chunk, None]:
        """See `Source`."""
        place = dict(position) if position else self._first(window)
        held: list[Mapping[str, object]] = []
        async with open_session(self._connection) as session:
            while not place.get("end"):
                records, place = await self._page(session, place, window)
                held += records
                enough = len(held) >= (window.limit or CHUNK_ROWS)
                if held and (enough or place.get("end")):
                    yield Chunk(self._frame(held), place)
                    held = []

    async def committed(self, position: Position) -> None:
        """Nothing to do."""

    def _first(self, _window: Window) -> dict[str, object]:
        return {"page": 1} if isinstance(self._source.paging, PageNumbers) else {"next": None}

    async def _page(
        self, session: aiohttp.ClientSession, place: Mapping[str, object], window: Window | None = None
    ) -> tuple[list[Mapping[str, object]], dict[str, object]]:
        """The records at `place`, and the place behind them."""
        content = await self._get(session, self._address(place, window or Window()))
        found = _at(content, self._source.records)
        if not isinstance(found, list):
            raise SourceGarbageError(f"no list at {self._source.records!r}")
        records = [record if isinstance(record, Mapping) else {} for record in found]
        paging = self._source.paging
        if isinstance(paging, NextLink):
            following = _at(content, paging.path)
            if following is not None and not isinstance(following, str):
                raise SourceGarbageError(f"no link or cursor at {paging.path!r}")
            if following and following == place.get("next"):
                raise SourceGarbageError("the next page is the same page again")
            return records, {"next": following} if following else {"end": True}
        return records, _following(content, paging, place, len(records))

    def _address(self, place: Mapping[str, object], window: Window) -> URL:
        base = URL(self._connection.url)
        own = base.with_path(base.path.rstrip("/") + self._source.path)
        query = dict(self._source.params)
        bounds = {self._source.since: window.lower, self._source.until: window.upper}
        query |= {name: bound for name, bound in bounds.items() if name is not None and bound is not None}
        paging, token = self._source.paging, place.get("next")
        if isinstance(paging, PageNumbers):
            query |= {paging.page: str(place["page"]), paging.size: str(paging.rows)}
        elif token is not None and paging.param is not None:
            query[paging.param] = str(token)
        elif token is not None:
            return own.join(URL(str(token)))
        return own.with_query(query)

    async def _get(self, session: aiohttp.ClientSession, url: URL) -> object:
        try:
            return await self._send(session, url)
        except UnauthorizedError:
            if self._source.token is None:
                raise
        self._bearer = None
        return await self._send(session, url)

    async def _send(self, session: aiohttp.ClientSession, url: URL) -> object:
        headers = await self._authorization(session)
        return await exchange(session, Call(url, headers), connection=self._connection, limits=self._limits)

    async def _authorization(self, session: aiohttp.ClientSession) -> dict[str, str]:
        if self._source.bearer is not None:
            return {"Authorization": f"Bearer {self._secrets.value(self._source.bearer)}"}
        if self._source.token is None:
            return {}
        if self._bearer is None:
            self._bearer = await self._fetch_token(session)
        return {"Authorization": f"Bearer {self._bearer}"}

    async def _fetch_token(self, session: aiohttp.ClientSession) -> str:
        endpoint = self._source.token
        assert endpoint is not None
        base = URL(self._connection.url)
        form = {
            "grant_type": "client_credentials",
            "client_id": self._secrets.value(endpoint.client_id),
            "client_secret": self._secrets.value(endpoint.client_secret),
        }
        url = base.with_path(base.path.rstrip("/") + endpoint.path)
        call = Call(url, {}, "POST", form)
        answer = await exchange(session, call, connection=self._connection, limits=self._limits)
        token = _at(answer, "access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise SourceGarbageError("the token endpoint gave no access_token")
        return token

    def _frame(self, records: list[Mapping[str, object]]) -> pl.DataFrame:
        wanted = self._manifest.source_columns()
        top = {name for record in records for name in record}
        missing = [name for name in wanted if name.partition(".")[0] not in top]
        if missing:
            raise SourceSchemaError(missing, sorted(top))
        cells = {name: [_text(_at(record, name)) for record in records] for name in wanted}
        return pl.DataFrame(cells, schema=dict.fromkeys(wanted, pl.String))


def _following(content: object, paging: PageNumbers, place: Mapping[str, object], count: int) -> dict[str, object]:
    total = _at(content, paging.total) if paging.total else None
    if paging.total and not (isinstance(total, str) and total.isdigit()):
        raise SourceGarbageError(f"no total at {paging.total!r}")
    if "total" in place and place["total"] != total:
        raise SourceDriftedError(f"the total changed from {place['total']} to {total} between pages")
    number, before = place["page"], place.get("rows", 0)
    assert isinstance(number, int)
    assert isinstance(before, int)
    rows = before + count
    if isinstance(total, str):
        if count == 0 and rows != int(total):
            raise SourceDriftedError(f"{rows} of {total} announced rows were sent")
        ended = rows >= int(total)
        return {"page": number + 1, "total": total, "rows": rows, **({"end": True} if ended else {})}
    # Without a total only an empty page is a sure end: a service may cap the page size below what was asked.
    return {"page": number + 1, "rows": rows, **({"end": True} if count == 0 else {})}


def _at(value: object, path: str) -> object:
    """The value at a dotted path (`data.rows`, with or without a leading `$.`), or None."""
    for name in path.removeprefix("$.").removeprefix("$").split("."):
        if not name:
            continue
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _text(value: object) -> str | None:
    """Text of a JSON value. A lone surrogate is no character: U+FFFD stands for it until quarantine."""
    if value is None:
        return None
    if isinstance(value, str):
        return value if value.isascii() else _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{WRONG_SHAPE}{value!r}"[:200]
