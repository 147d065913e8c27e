"""A process that issues until somebody kills it: python -m tests.certs.killed_issuer <database url> <how many>."""

import asyncio
import sys

from sqlalchemy.ext.asyncio import create_async_engine

from certs.bulk import BulkIssuance
from exchange.uow import LogGate, Units, watch_writes
from tests.certs.world import NOW, ListJournal, World, issuance, new_id, request_of


async def run(url: str, count: int) -> None:
    engine = create_async_engine(url)
    watch_writes(engine)
    units = Units(engine, ListJournal(), LogGate(), lambda: NOW, new_id)
    bulk = BulkIssuance(units, issuance(), World().signing(), chunk=7)
    sys.stdout.write("started\n")
    sys.stdout.flush()
    await bulk.run(request_of("household", f"k{n}") for n in range(count))
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2])))
