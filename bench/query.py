"""The record query (共享查询) over HTTP: authorised, decided, durably logged, signed; and the same on a grown hub."""

import asyncio
import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from uuid import UUID

import psycopg

from bench.hub import (
    CASES,
    NR,
    OFFICER,
    TRANSFER,
    Home,
    citizen,
    new_database,
    plain,
    prepare,
    running_at,
    server,
    vacuum,
)
from bench.load import Load, access_token, press, served, tool, write_lines
from bench.rounds import Options, Result, side_by_side
from certs.evidence.entry import EventFacts, encode_entry
from certs.evidence.merkle import leaf_hash
from exchange.wiring import open_app

RECORDS = 10_000
SECONDS, QUICK_SECONDS = 5, 1
_QUESTION = {
    "resource": "psb.household",
    "fields": ["name", "citizen_id", "address", "relation", "household_no"],
    "service_item": TRANSFER,
    "legal_basis": "国令716第七条",
}


class Side:
    """One server under load, and what the rounds gave."""

    def __init__(self, run: Callable[[], Load]) -> None:
        self._run = run
        self.loads: list[Load] = []

    def __call__(self) -> float:
        """One round; answers per second."""
        self.loads.append(self._run())
        return self.loads[-1].rate

    def latency(self) -> dict[str, float]:
        """Medians of the rounds' own percentiles, milliseconds."""
        return {f"p{q}": round(median(getattr(load, f"p{q}") for load in self.loads), 2) for q in (50, 99)}

    def answered(self) -> int:
        """Answers of all rounds."""
        return sum(load.requests for load in self.loads)


def questions(cases: int) -> list[str]:
    """A query body for every open case."""
    return [
        json.dumps(
            _QUESTION | {"subject": {"id_type": "citizen_id", "id": citizen(n)}, "case_number": f"B-{n}"},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for n in range(cases)
    ]


def query(options: Options) -> list[Result]:
    """The hub against FastAPI + asyncpg with one SELECT by primary key, on the same database server."""
    records = options.rows_or(RECORDS, 100)
    seconds = QUICK_SECONDS if options.quick else SECONDS
    with ExitStack() as stack:
        root, url = stack.enter_context(server())
        home = prepare(root / "hub", url, records)
        paths = write_lines(root / "paths", [f"/records/{citizen(n)}" for n in range(records)])
        bodies = write_lines(root / "bodies", questions(min(CASES, records)))
        plain_server = stack.enter_context(served("floor", url))
        hub = stack.enter_context(served("hub", url, home.path))
        floor = Side(lambda: press(plain_server, "get", paths, seconds))
        measured = Side(lambda: press(hub, "query", bodies, seconds, access_token(hub, home)))
        pairs = side_by_side(floor, measured, options.rounds_or(5))
        logged = _logged(url)
        detail = {
            "hub_ms": measured.latency(),
            "floor_ms": floor.latency(),
            "load": f"{tool()}, 32 connections",
            "records": records,
            "answers": measured.answered(),
            "entries": logged,
        }
    if logged < measured.answered():
        raise RuntimeError(f"{measured.answered()} answers, but only {logged} entries: an answer left before its row")
    about = "authorised, signed, durably logged record query"
    against = "FastAPI + asyncpg primary-key SELECT"
    return [pairs.result(name="query", what=about, against=against, unit="req/s", bar=0.75, detail=detail)]


def query_grown(options: Options) -> list[Result]:
    """The hub with many records, entries and uses against itself with few."""
    few, many = (50, 200) if options.quick else (RECORDS, options.rows or 1_000_000)
    seconds = QUICK_SECONDS if options.quick else SECONDS
    with ExitStack() as stack:
        root, url = stack.enter_context(server())
        sides = []
        for name, rows in (("few", few), ("many", many)):
            home = prepare(root / name, new_database(url, name), rows)
            grow(home, rows)
            bodies = write_lines(root / f"{name}-bodies", questions(min(CASES, few)))
            base = stack.enter_context(served("hub", home.url, home.path))
            sides.append(Side(partial(_ask, base, home, bodies, seconds)))
        pairs = side_by_side(sides[0], sides[1], options.rounds_or(5))
        detail = {"few_ms": sides[0].latency(), "many_ms": sides[1].latency(), "load": tool()}
    return [
        pairs.result(
            name="query-grown",
            what=f"the query at {many:,} log entries, uses and records",
            against=f"itself at {few:,}",
            unit="req/s",
            bar=0.9,
            detail=detail,
        )
    ]


def _ask(base: str, home: Home, bodies: Path, seconds: int) -> Load:
    return press(base, "query", bodies, seconds, access_token(base, home))


def _logged(url: str) -> int:
    with psycopg.connect(plain(url)) as conn:
        row = conn.execute("SELECT count(*) FROM exchange_use WHERE released").fetchone()
    assert row is not None
    return int(row[0])


def grow(home: Home, rows: int) -> None:
    """Past: so many answered queries in the log (placed by the sequencer itself) and in 用证记录."""
    now = datetime.now(UTC)
    with psycopg.connect(plain(home.url)) as conn:
        cursor = conn.cursor()
        with cursor.copy("COPY log_entry (id, body, leaf_hash) FROM STDIN") as copy:
            for number in range(rows):
                body = _entry(number, now)
                copy.write_row((UUID(int=number), body, leaf_hash(body)))
        columns = "event_id, at, use, subject, department, officer, purpose, case_number, what, fields, released"
        with cursor.copy(f"COPY exchange_use ({columns}) FROM STDIN") as copy:
            for number in range(rows):
                who = (citizen(number), NR, OFFICER, TRANSFER, f"B-{number % CASES}", "psb.household")
                copy.write_row((UUID(int=number), now, "record-queried", *who, "{name}", False))
    vacuum(home.url)
    asyncio.run(_sequence(home))
    vacuum(home.url)


def _entry(number: int, now: datetime) -> bytes:
    detail: dict[str, object] = {"fields": _QUESTION["fields"], "resource": "psb.household", "service_item": TRANSFER}
    facts = EventFacts(UUID(int=number), "query:answered", now, NR, NR, OFFICER, detail=detail)
    return encode_entry(facts, None)


async def _sequence(home: Home) -> None:
    async with open_app(home.settings(), database=running_at(home.url)) as app:
        for _ in count():
            if not (await app.sequencer.sequence_once(50_000)).sequenced:
                return
