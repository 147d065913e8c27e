import json
from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from adapters.manifest import parse_manifest
from adapters.mapping import Mapped, Mapper
from tests.adapters.world import citizen_id, persons

TODAY = date(2026, 11, 22)
COLUMNS = ("sfzh", "xm", "xb", "csrq")


def apply(*cells: tuple[str | None, ...]) -> Mapped:
    frame = pl.DataFrame(list(cells), schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    return Mapper(persons()).apply(frame, TODAY)


def refusal(mapped: Mapped) -> tuple[str, str]:
    assert mapped.good.height == 0
    (found,) = mapped.refused
    return found.violations[0].rule, found.violations[0].item


GOOD = (citizen_id(1), "\u3000甲 ", "1", "19800101")


def test_a_sound_row_becomes_items() -> None:
    row = apply(GOOD).good.to_dicts()[0]
    assert json.loads(row["~body"]) == {
        "citizen_id": GOOD[0],
        "name": "甲",
        "sex": "男",
        "birth_date": "1980-01-01",
    }
    assert row["~key"] == GOOD[0]


def test_each_defect_is_named() -> None:
    assert refusal(apply((citizen_id(1)[:-1] + "5", *GOOD[1:]))) == ("id18", "citizen_id")
    assert refusal(apply((GOOD[0], " ", *GOOD[2:]))) == ("required", "name")
    assert refusal(apply((GOOD[0], "甲", "9", GOOD[3]))) == ("code", "sex")
    assert refusal(apply((GOOD[0], "甲", "1", "19800230"))) == ("date", "birth_date")
    assert refusal(apply((None, "甲", "1", GOOD[3]))) == ("key", "citizen_id")
    assert refusal(apply((GOOD[0], "甲\ufdd0ff", "1", GOOD[3]))) == ("encoding", "name")
    assert refusal(apply((GOOD[0], "甲\ufffd", "1", GOOD[3]))) == ("encoding", "name")
    assert refusal(apply((GOOD[0], "甲\x00", "1", GOOD[3]))) == ("control_character", "name")
    assert refusal(apply((GOOD[0], "\ufdd1123", "1", GOOD[3]))) == ("number_cell", "name")


def test_a_refused_row_keeps_its_raw_form_and_all_violations() -> None:
    (found,) = apply((GOOD[0], "甲\ufdd0ff\x00", "9", "x")).refused
    assert {(broken.rule, broken.item) for broken in found.violations} >= {
        ("encoding", "name"),
        ("control_character", "name"),
        ("code", "sex"),
        ("date", "birth_date"),
    }
    assert found.raw["xm"] == "甲\\xff\\x00"
    assert found.key == GOOD[0]


def test_old_private_use_characters_become_current() -> None:
    assert apply((GOOD[0], "\ue863\ue81e", "1", GOOD[3])).good["name"][0] == "䶮\u9fb4"


def test_doubles_of_a_key_are_all_refused_unless_identical() -> None:
    same = apply(GOOD, GOOD)
    assert (same.good.height, same.repeats, same.refused) == (1, 1, ())
    other = apply(GOOD, (GOOD[0], "乙", *GOOD[2:]))
    assert other.good.height == 0
    assert [found.violations[0].rule for found in other.refused] == ["duplicate_key"] * 2


def test_numbers_keep_every_digit_and_have_one_form() -> None:
    manifest = parse_manifest(b"""
        adapter = 1
        resource = "x.y"
        key = ["a", "b"]
        subjects = ["a"]
        [source]
        type = "relational"
        connection = "c"
        table = "t"
        [map]
        a = "a"
        b = "b"
        n = { number = "n" }
        z = { concat = ["a", "b"], separator = "-" }
        [[rules]]
        rule = "number_range"
        item = "n"
        min = 0
    """)
    given_ = ["1,234,567.1000", "0012", "12345678901234567890.123456789", "-0.0", "1e5", "12,34", None, "-5"]
    frame = pl.DataFrame({"a": [f"{n}|" for n in range(8)], "b": ["\\"] * 8, "n": given_})
    mapped = Mapper(manifest).apply(frame, TODAY)
    assert mapped.good["n"].to_list() == ["1234567.1", "12", "12345678901234567890.123456789", "0", None]
    assert '"n":12345678901234567890.123456789}' in mapped.good["~body"][2]
    assert mapped.good["~key"][0] == "0\\||\\\\"
    assert [found.violations[0].rule for found in mapped.refused] == ["number", "number", "number_range"]


cell = st.one_of(st.none(), st.sampled_from(["", " ", *GOOD, "2", citizen_id(2)]), st.text(max_size=20))
rows = st.lists(st.tuples(st.sampled_from([*map(citizen_id, range(4)), "", "x"]), cell, cell, cell), max_size=30)


@given(rows)
def test_nothing_is_lost_or_made_up_whatever_comes(cells: list[tuple[str | None, ...]]) -> None:
    encodable = [tuple(c.encode("utf-8", "replace").decode() if c else c for c in row) for row in cells]
    mapped = apply(*encodable)
    assert mapped.good.height + mapped.repeats + len(mapped.refused) == mapped.read == len(cells)
    for row in mapped.good.iter_rows(named=True):
        assert not {"\ufffd", "\ufdd0", "\x00"} & set(row["~body"])
        assert json.loads(row["~body"])["citizen_id"] == row["~key"]
    assert mapped.good["~key"].is_unique().all()
