"""A department's table pulled into the hub with mapping and rules, against COPY out piped to COPY in of its rows."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from bench.hub import citizen, new_database, plain, server, vacuum
from bench.rounds import Options, Result, side_by_side
from exchange.migrate import upgrade

ROWS, FEW = 1_000_000, 2_000
BAD_EVERY = 100
_TABLE = (
    "CREATE TABLE {} (gmsfhm text PRIMARY KEY, xm text, xb text, mz text, csrq text, zz text, hh text, yhzgx text,"
    " djrq text, gxsj timestamptz NOT NULL)"
)


def pull(options: Options) -> list[Result]:
    """The whole pull (read, map, 8 rules, quarantine, store, index, note changes, log) as a multiple of COPY."""
    rows = options.rows_or(ROWS, FEW)
    with server() as (_, url):
        source, target = plain(new_database(url, "source")), new_database(url, "target")
        fill(source, rows)
        upgrade(target)
        peaks: list[float] = []

        def copy() -> float:
            _empty(target)
            return _seconds("copy", source, plain(target))

        def hub() -> float:
            _empty(target)
            found = _child("pull", source, target)
            if (found["read"], found["quarantined"]) != (rows, rows // BAD_EVERY):
                raise RuntimeError(f"another result than expected: {found}")
            peaks.append(float(found["peak_mb"]))
            return float(found["seconds"])

        pairs = side_by_side(copy, hub, options.rounds_or(5))
        hub()
        apart = {"second_pull_s": _second(source, target), "copy_into_own_tables_s": _own_tables(target)}
    what = f"pull {rows:,} rows with mapping, 8 rules and quarantine, stored and logged"
    detail = {"rows": rows, "quarantined": rows // BAD_EVERY, "rows_per_s": round(rows / min(pairs.measured)), **apart}
    memory = Result(
        name="pull-memory",
        what="peak memory of the pulling process",
        unit="MB",
        measured=max(peaks),
        spread=(min(peaks), max(peaks)),
        bar=300.0,
        at_most=True,
        rounds=len(peaks),
    )
    against = "COPY out | COPY in, text, into a table with its key"
    return [
        pairs.result(name="pull", what=what, against=against, unit="s", bar=1.5, at_most=True, detail=detail),
        memory,
    ]


def fill(source: str, rows: int) -> None:
    """The department's table; one row in a hundred has a wrong check digit."""
    with psycopg.connect(source, autocommit=True) as conn:
        conn.execute(_TABLE.format("ry_jbxx").encode())
        with conn.cursor().copy("COPY ry_jbxx FROM STDIN") as copy:
            for index in range(rows):
                copy.write_row(_person(index))
    vacuum(source)


def _person(index: int) -> tuple[str, ...]:
    number = citizen(index)
    sex = "1" if int(number[16]) % 2 else "2"
    if index % BAD_EVERY == 0:
        number = number[:17] + ("0" if number[17] != "0" else "1")
    address = f"339900市示例区测试街道{index % 997}号{index % 31}幢{index % 17}单元"
    return (number, f"测试{index:07d}", sex, "01", number[6:14], address, f"{index // 3:09d}", "02", "20100504", _AT)


_AT = "2026-01-01 00:00:00+08"


def _empty(target: str) -> None:
    tables = "adapter_record, adapter_record_subject, adapter_record_change, adapter_quarantine, adapter_run, log_entry"
    with psycopg.connect(plain(target), autocommit=True) as conn:
        conn.execute("DROP TABLE IF EXISTS ry_jbxx")
        conn.execute(_TABLE.format("ry_jbxx").encode())
        conn.execute(f"TRUNCATE {tables}".encode())
        conn.execute("CHECKPOINT")


def _second(source: str, target: str) -> float:
    """Seconds of one more pull of everything, after a row in a hundred has changed."""
    with psycopg.connect(source, autocommit=True) as conn:
        conn.execute("UPDATE ry_jbxx SET zz = zz || '甲' WHERE hh LIKE '%07'")
    return round(_seconds("pull", source, target), 2)


def _own_tables(target: str) -> float:
    """Seconds of COPY alone, on one connection, of what a pull has stored into the tables it stores it in."""
    tables = ("adapter_record", "adapter_record_subject", "adapter_record_change")
    with tempfile.TemporaryDirectory() as directory, psycopg.connect(plain(target), autocommit=True) as conn:
        for table in tables:
            with (Path(directory) / table).open("wb") as file, conn.cursor().copy(f"COPY {table} TO STDOUT") as out:
                file.writelines(out)
        _empty(target)
        began = time.perf_counter()
        for table in tables:
            with (Path(directory) / table).open("rb") as file, conn.cursor().copy(f"COPY {table} FROM STDIN") as into:
                while block := file.read(1024 * 1024):
                    into.write(block)
        return round(time.perf_counter() - began, 2)


def _seconds(verb: str, source: str, target: str) -> float:
    return float(_child(verb, source, target)["seconds"])


def _child(verb: str, source: str, target: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.pulling", verb, source, target]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(run.stdout.strip().splitlines()[-1])
    return found
