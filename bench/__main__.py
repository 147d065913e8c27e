"""`python -m bench [--only NAME] [--quick] [--rounds N] [--rows N]`: measure, print, write `bench/results.json`."""

import argparse
import json
import os
import platform
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from rich.console import Console
from rich.table import Table

from bench.endurance import documents_memory
from bench.issuing import issue_bulk
from bench.parallel import documents_parallel
from bench.pull import pull
from bench.query import query, query_grown
from bench.receipts import receipts
from bench.rounds import Options, Result
from bench.sealing import sealed_ofd, sealed_pdf
from bench.status import status_list
from bench.tokens import certificate_verify, sdjwt_issue, sdjwt_verify
from bench.verifying import verify_sealed_ofd

RESULTS = Path(__file__).with_name("results.json")
BENCHMARKS: Mapping[str, Callable[[Options], list[Result]]] = MappingProxyType(
    {
        "query": query,
        "query-grown": query_grown,
        "sdjwt-issue": sdjwt_issue,
        "sdjwt-verify": sdjwt_verify,
        "certificate-verify": certificate_verify,
        "receipts": receipts,
        "status-list": status_list,
        "pull": pull,
        "issue-bulk": issue_bulk,
        "sealed-ofd": sealed_ofd,
        "sealed-pdf": sealed_pdf,
        "verify-ofd": verify_sealed_ofd,
        "documents-memory": documents_memory,
        "documents-parallel": documents_parallel,
    }
)
LONG = frozenset({"query-grown", "documents-memory"})
"""Run only when named: millions of rows come first, or 100,000 documents are drawn and sealed."""


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; 1 when a bar was missed."""
    given = _parser().parse_args(arguments)
    options = Options(quick=given.quick, rounds=given.rounds, rows=given.rows)
    names = [given.only] if given.only else [name for name in BENCHMARKS if name not in LONG]
    console, results = Console(), []
    for name in names:
        with console.status(name):
            fresh = BENCHMARKS[name](options)
        write(given.out, fresh, options)  # after each: a run that is stopped keeps what it measured
        results += fresh
        console.print(f"{name}: done")
    console.print(table(results))
    console.print(f"Medians (lowest–highest) of rounds run in turns; compare ratios, not rates. Written to {given.out}")
    return int(any(result.met is False for result in results) and not options.quick)


def table(results: list[Result]) -> Table:
    """The report for people."""
    lines = Table("benchmark", "what", "floor", "measured", "ratio, spread", "bar", "", title="design §10")
    for one in results:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f} ({one.spread[0]:.2f}–{one.spread[1]:.2f})"
        bar = "" if one.bar is None else f"{'≤' if one.at_most else '≥'} {one.bar:g}"
        mark = {True: "met", False: "missed", None: "for information"}[one.met]
        floor = "" if one.floor is None else f"{one.floor:,.4g} {one.unit}\n{one.against}"
        lines.add_row(one.name, one.what, floor, f"{one.measured:,.4g} {one.unit}", ratio, bar, mark)
    return lines


def write(path: Path, results: list[Result], options: Options) -> None:
    """Keep the newest line of every benchmark."""
    found = json.loads(path.read_text(encoding="utf-8"))["results"] if path.exists() else []
    fresh = {result.name for result in results}
    kept = [line for line in found if line["name"] not in fresh]
    stamp = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "quick": options.quick,
    }
    lines = kept + [result.as_json() | stamp for result in results]
    path.write_text(json.dumps({"results": lines}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, help="run this one")
    parser.add_argument("--quick", action="store_true", help="one tiny round: does it run at all")
    parser.add_argument("--rounds", type=int, help="rounds to measure, after a warm-up")
    parser.add_argument("--rows", type=int, help="rows to work on (query, query-grown, pull, issue-bulk)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results go")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
