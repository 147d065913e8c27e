"""Certificates issued in bulk from records: identifier, journal, signature, faces, storing, evidence."""

import asyncio
import time

from bench.hub import Home, prepare, running_at, server
from bench.rounds import Options, Result
from exchange.service.keys import KeyRole
from exchange.wiring import open_app

COUNT, FEW = 5000, 20
PSB = "11339900MB9000015P"


def issue_bulk(options: Options) -> list[Result]:
    """Certificates per second through `issuing.bulk` on one process, for information."""
    count = options.rows_or(COUNT, FEW)
    with server() as (root, url):
        found = asyncio.run(_issue(prepare(root / "hub", url, count), count))
    return [
        Result(
            name="issue-bulk",
            what=f"issue {count:,} certificates from records, signed, stored and logged",
            unit="1/s",
            measured=found,
            spread=(found, found),
            rounds=1,
        )
    ]


async def _issue(home: Home, count: int) -> float:
    async with open_app(home.settings(), database=running_at(home.url)) as app:
        await app.keys.generate(KeyRole.ISSUER, PSB)
        began = time.perf_counter()
        report = await app.issuing.bulk("household")
        seconds = time.perf_counter() - began
    if report.issued != count:
        raise RuntimeError(f"{report.issued} of {count} were issued: {report.refused[:1]}")
    return count / seconds
