"""What the tests of this package share: units that keep their events, a department's database, manifests."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.manifest import parse_manifest
from adapters.model import Manifest
from adapters.ports import Connection, Secrets, Unit
from adapters.pull import Pull
from adapters.tables import metadata

T = TypeVar("T")


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class OpenUnit:
    conn: AsyncConnection
    now: datetime
    events: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    def record(self, kind: str, detail: Mapping[str, object], **_who: str | None) -> UUID:
        self.events.append((kind, detail))
        return uuid4()


@dataclass
class RealUnits:
    """A transaction per unit on a real database; events count only when it commits."""

    engine: AsyncEngine
    events: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    async def run(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        async with self.engine.begin() as conn:
            unit = OpenUnit(conn, now())
            result = await work(unit)
        assert unit.events, "a unit without an event"
        self.events += unit.events
        return result


async def create_tables(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.run_sync(metadata.create_all)


def citizen_id(serial: int, day: str = "19800101") -> str:
    """A citizen id of the invented region 339900 with a right check digit."""
    body = f"339900{day}{serial % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def person_id(n: int) -> str:
    return citizen_id(n % 1000, f"19{50 + n // 1000 % 40:02d}0{1 + n // 40000}01")


PERSONS = """
adapter = 1
resource = "psb.household"
key = ["citizen_id"]
subjects = ["citizen_id"]
{more}
[source]
type = "relational"
connection = "psb"
table = "ry_jbxx"
{source}
[map]
citizen_id = {{ upper = "sfzh" }}
name = {{ trim = "xm" }}
sex = {{ code = "xb", table = {{ "1" = "男", "2" = "女" }} }}
birth_date = {{ date = "csrq", format = "%Y%m%d" }}
[[rules]]
rule = "id18"
item = "citizen_id"
[[rules]]
rule = "required"
items = ["name", "birth_date"]
[quarantine]
stop_above = "{stop}"
"""


def persons(more: str = "", source: str = "", stop: str = "50%", after: str = "") -> Manifest:
    return parse_manifest(persons_text(more, source, stop, after).encode())


def persons_text(more: str = "", source: str = "", stop: str = "50%", after: str = "") -> str:
    return PERSONS.format(more=more, source=source, stop=stop) + after


CURSOR = '[cursor]\ncolumn = "gxsj"\ndelay = "{delay}"\nhorizon = "{horizon}"\n'


class Department:
    """The police's own PostgreSQL database, reached by psycopg."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, autocommit=True)
        self.do(
            "CREATE TABLE ry_jbxx (sfzh varchar(30), xm text, xb text, csrq text,"
            " gxsj timestamptz DEFAULT now(), sc text)"
        )

    def do(self, statement: str, *values: Any) -> None:
        self._connection.execute(statement, values or None)

    def add(self, first: int, last: int) -> None:
        rows = [(person_id(n), f"甲{n}", "1" if n % 2 else "2", person_id(n)[6:14]) for n in range(first, last)]
        with self._connection.cursor().copy("COPY ry_jbxx (sfzh, xm, xb, csrq) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def close(self) -> None:
        self._connection.close()


def pull_of(engine: AsyncEngine, manifest: Manifest, **connections: Connection) -> Pull:
    return Pull(engine, manifest, Secrets(connections, {"id": "hub", "secret": "s3cret"}), now, uuid4)


async def rows(engine: AsyncEngine, query: str, **values: object) -> list[tuple[Any, ...]]:
    async with engine.connect() as conn:
        return [tuple(row) for row in await conn.execute(text(query), values)]


async def one(engine: AsyncEngine, query: str, **values: object) -> Any:
    return (await rows(engine, query, **values))[0][0]
