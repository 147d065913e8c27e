"""One pull, or one COPY, in a process of its own: `python -m bench.pulling pull|copy SOURCE TARGET`.

Prints seconds (without start-up) and the peak resident memory of this process in MB as one JSON line.
"""

import asyncio
import json
import secrets
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.manifest import parse_manifest
from adapters.ports import Connection, Secrets
from adapters.pull import Pull
from certs.journal.append import Journal
from certs.journal.subjects import SubjectKeys
from exchange.uow import LogGate, Units, watch_writes

MANIFEST = """
adapter = 1
resource = "psb.household"
key = ["citizen_id"]
subjects = ["citizen_id"]
rules = [
  {rule = "required", items = ["citizen_id", "name", "sex", "birth_date", "address", "household_no"]},
  {rule = "id18", item = "citizen_id"},
  {rule = "agree", id = "citizen_id", birth_date = "birth_date", sex = "sex"},
  {rule = "date_range", item = "birth_date", min = 1900-01-01, max = "today"},
  {rule = "date_range", item = "registered_on", min = 1949-10-01, max = "today"},
  {rule = "length", item = "name", min = 2, max = 30},
  {rule = "pattern", item = "household_no", pattern = "^[0-9]{9}$"},
  {rule = "in", item = "relation", values = ["户主", "配偶", "子", "女"]},
]
[source]
type = "relational"
connection = "psb"
table = "ry_jbxx"
[map]
citizen_id = {upper = "gmsfhm"}
name = {trim = "xm"}
sex = {code = "xb", table = {1 = "男", 2 = "女"}}
ethnicity = {code = "mz", table = {01 = "汉族"}}
birth_date = {date = "csrq", format = "%Y%m%d"}
address = {trim = "zz"}
household_no = "hh"
relation = {code = "yhzgx", table = {02 = "户主"}}
registered_on = {date = "djrq", format = "%Y%m%d"}
[quarantine]
stop_above = "2%"
"""


def peak_mb() -> float:
    """Peak resident memory of this process since it was started (not what its parent had)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


async def pull(source: str, target: str) -> Mapping[str, float]:
    """Pull everything through the adapters, in units of the hub's own kind."""
    engine = create_async_engine(target)
    watch_writes(engine)
    journal = Journal("11339900MB90000585", SubjectKeys(secrets.token_bytes(32), secrets.token_bytes(32)))
    now = lambda: datetime.now(UTC)  # noqa: E731
    units = Units(engine, journal, LogGate(), now, uuid4)
    secret = Secrets({"psb": Connection(source)})
    work = Pull(engine, parse_manifest(MANIFEST.encode()), secret, now, uuid4)
    began = time.perf_counter()
    report = await work.run(units)
    seconds = time.perf_counter() - began
    await engine.dispose()
    return {"seconds": seconds, "read": report.counts.read, "quarantined": report.counts.quarantined}


def copy(source: str, target: str) -> Mapping[str, float]:
    """The floor: the same rows as text from one server process to the other."""
    with psycopg.connect(source) as out, psycopg.connect(target) as into:
        began = time.perf_counter()
        with (
            out.cursor().copy("COPY ry_jbxx TO STDOUT") as reading,
            into.cursor().copy("COPY ry_jbxx FROM STDIN") as writing,
        ):
            for block in reading:
                writing.write(block)
        into.commit()
        return {"seconds": time.perf_counter() - began}


if __name__ == "__main__":
    verb, given = sys.argv[1], sys.argv[2:]
    found = asyncio.run(pull(*given)) if verb == "pull" else copy(*given)
    sys.stdout.write(json.dumps({**found, "peak_mb": peak_mb()}) + "\n")
