"""Every benchmark runs and writes well-formed results; how fast is for `make bench`, never for a test."""

import json
from pathlib import Path

import pytest

from bench.__main__ import BENCHMARKS, LONG, main
from bench.rounds import Pairs, alone, side_by_side

MEMBERS = {
    "name", "what", "against", "unit", "measured", "floor", "ratio", "spread", "bar", "at_most", "rounds", "detail",
    "met", "at", "cores", "python", "quick",
}  # fmt: skip
BUDGETED = {
    "query": 0.75, "query-grown": 0.9, "sdjwt-issue": 0.5, "sdjwt-verify": 0.5, "pull": 1.5, "pull-memory": 300.0,
    "status-list": 2.0, "status-list-size": 150.0, "receipts": 0.3, "sealed-ofd": 0.5, "sealed-pdf": 0.5,
    "verify-ofd": 0.3, "documents-memory": 1.05, "documents-parallel": 3.0,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")  # WeasyPrint leaves its profile open
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_quick_run_writes_a_well_formed_line(name: str, tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    assert main(["--only", name, "--quick", "--out", str(out)]) == 0
    lines = json.loads(out.read_text(encoding="utf-8"))["results"]
    assert lines
    for line in lines:
        assert line.keys() == MEMBERS
        assert line["name"].startswith(name)
        assert line["quick"] is True
        assert line["measured"] > 0
        assert line["rounds"] >= 1
        assert line["bar"] == BUDGETED.get(line["name"])
        assert (line["met"] is None) == (line["bar"] is None)
        assert (line["floor"] is None) == (line["ratio"] is None)
        low, high = line["spread"]
        assert low <= (line["ratio"] if line["floor"] is not None else line["measured"]) <= high
        if line["floor"] is not None:
            assert line["floor"] > 0
            assert line["against"]


def test_a_run_replaces_its_own_lines_only(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    out.write_text(json.dumps({"results": [{"name": "query", "ratio": 0.1}, {"name": "receipts", "ratio": 0.2}]}))
    main(["--only", "receipts", "--quick", "--out", str(out)])
    lines = {line["name"]: line for line in json.loads(out.read_text(encoding="utf-8"))["results"]}
    assert lines.keys() == {"query", "receipts"}
    assert lines["query"] == {"name": "query", "ratio": 0.1}
    assert lines["receipts"].keys() == MEMBERS


def test_sides_take_turns_and_the_warm_up_does_not_count() -> None:
    order: list[str] = []

    def side(name: str, values: list[float]) -> float:
        order.append(name)
        return values[order.count(name) - 1]

    floor, measured = [99.0, 10.0, 20.0, 40.0], [1.0, 5.0, 20.0, 10.0]
    pairs = side_by_side(lambda: side("f", floor), lambda: side("m", measured), 3)
    assert pairs == Pairs((10.0, 20.0, 40.0), (5.0, 20.0, 10.0))
    assert all(set(order[at : at + 2]) == {"f", "m"} for at in range(0, 8, 2))
    assert order[0::2].count("f") not in (0, 4), "never the same side first"
    result = pairs.result(name="n", what="w", against="a", unit="1/s", bar=0.5)
    assert (result.floor, result.measured, result.ratio, result.spread) == (20.0, 10.0, 0.5, (0.25, 1.0))
    assert result.met is True


@pytest.mark.parametrize(("at_most", "met"), [(True, False), (False, True)])
def test_a_bar_without_a_floor_is_about_the_value_itself(at_most: bool, met: bool) -> None:
    values = iter([50.0, 1.0, 3.0, 9.0])
    result = alone(lambda: next(values), 3, name="n", what="w", unit="s", bar=2.0, at_most=at_most)
    assert (result.measured, result.spread, result.met) == (3.0, (1.0, 9.0), met)


def test_only_long_benchmarks_are_left_out_of_a_plain_run() -> None:
    assert {"query-grown", "documents-memory"} == LONG
    assert BENCHMARKS.keys() > LONG
