import csv
import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]  # ships no types

from exchange.demo.changes import Event, change, conveyed, renamed
from exchange.demo.defects import PLANTED
from exchange.demo.departments.mca import CivilAffairs
from exchange.demo.departments.nr import BROKEN as NR_BROKEN
from exchange.demo.departments.nr import NaturalResources
from exchange.demo.departments.psb import PublicSecurity
from exchange.demo.departments.samr import BROKEN as SAMR_BROKEN
from exchange.demo.departments.samr import HEADINGS, MarketSupervision
from exchange.demo.world import Firm, Resource, World

ROOT = Path(__file__).parents[3]
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def planted(resource: Resource) -> int:
    return sum(PLANTED[resource].values())


@pytest.fixture(scope="module")
def psb(server_url: str, world: World) -> Iterator[PublicSecurity]:
    department = PublicSecurity(server_url, f"psb_{os.urandom(6).hex()}")
    department.create(world)
    yield department
    department.drop()


@pytest.fixture
def mca(tmp_path: Path, world: World) -> Iterator[CivilAffairs]:
    department = CivilAffairs(tmp_path / "mca")
    department.create(world)
    with department:
        yield department


def ask(url: str, token: str = "", form: dict[str, str] | None = None) -> tuple[int, dict[str, object]]:
    data = urllib.parse.urlencode(form).encode() if form else None
    request = urllib.request.Request(url, data=data)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def token_of(mca: CivilAffairs) -> str:
    client_id, secret = mca.client()
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    status, body = ask(f"{mca.url}/oauth/token", form=form)
    assert status == 200
    return str(body["access_token"])


def test_the_household_register_keeps_codes_and_eight_digit_dates(psb: PublicSecurity, world: World) -> None:
    assert psb.count() == len(world.people) + planted(Resource.HOUSEHOLD)
    with psycopg.connect(psb.url) as conn:
        row = conn.execute(
            "SELECT xm, xb, mz, csrq, yhzgx FROM ry_jbxx WHERE gmsfhm = %s", [world.hero.spouse_id]
        ).fetchone()
        padded = conn.execute("SELECT count(*) FROM ry_jbxx WHERE xm LIKE '_%%  '").fetchone()
    assert row == ("李㛃", "1", "01", "19860720", "10")
    assert padded is not None
    assert padded[0] > len(world.people) // 30


def test_the_household_register_writes_exactly_the_changed_rows(psb: PublicSecurity, world: World) -> None:
    _, changes = change(world, 7)
    psb.apply(changes, AT)
    with psycopg.connect(psb.url) as conn:
        rows = conn.execute("SELECT gmsfhm, zz FROM ry_jbxx WHERE gxsj = %s", [AT]).fetchall()
    expected = {c.key: getattr(c.after, "address", "") for c in changes if c.resource is Resource.HOUSEHOLD}
    assert dict(rows) == expected
    assert psb.count() == len(world.people) + planted(Resource.HOUSEHOLD)


def test_the_marriage_register_asks_for_a_token(mca: CivilAffairs) -> None:
    assert ask(f"{mca.url}/health") == (200, {"status": "UP"})
    assert ask(f"{mca.url}/v1/marriages")[0] == 401
    assert ask(f"{mca.url}/v1/marriages", token="guessed")[0] == 401
    form = {"grant_type": "client_credentials", "client_id": "yizhengtong-hub", "client_secret": "guessed"}
    assert ask(f"{mca.url}/oauth/token", form=form)[0] == 401
    assert ask(f"{mca.url}/oauth/token", form={"grant_type": "password"})[0] == 400


def test_tokens_of_the_marriage_register_expire(tmp_path: Path, world: World) -> None:
    department = CivilAffairs(tmp_path, token_seconds=0.5)
    department.create(world)
    with department:
        token = token_of(department)
        assert ask(f"{department.url}/v1/marriages?size=1", token)[0] == 200
        time.sleep(0.6)
        assert ask(f"{department.url}/v1/marriages?size=1", token)[0] == 401


def test_the_marriage_register_pages_through_every_row_once(mca: CivilAffairs, world: World) -> None:
    token, numbers, page, pages = token_of(mca), [], 1, 1
    while page <= pages:
        _, body = ask(f"{mca.url}/v1/marriages?page={page}&size=100", token)
        data = body["data"]
        assert isinstance(data, dict)
        pages = data["totalPages"]
        numbers += [row["jhzzh"] for row in data["rows"]]
        page += 1
    assert pages == 7
    assert len(numbers) == len(set(numbers)) == len(world.marriages) + planted(Resource.MARRIAGE) == mca.count()


@pytest.mark.parametrize(
    "query", ["page=0", "size=-1", "page=x", "updated_after=yesterday", "updated_after=2026-11-21T09:30:00"]
)
def test_the_marriage_register_refuses_bad_questions(mca: CivilAffairs, query: str) -> None:
    assert ask(f"{mca.url}/v1/marriages?{query}", token_of(mca))[0] == 400


def test_the_marriage_register_shows_changes_of_an_interval(mca: CivilAffairs, world: World) -> None:
    _, changes = change(world, 7)
    mca.apply(changes, AT)
    exactly = urllib.parse.quote(AT.isoformat())
    _, body = ask(f"{mca.url}/v1/marriages?updated_after={exactly}", token_of(mca))
    data = body["data"]
    assert isinstance(data, dict)
    assert {row["jhzzh"] for row in data["rows"]} == {c.key for c in changes if c.resource is Resource.MARRIAGE}
    states = {c.key: "40" if c.event is Event.DIVORCED else "20" for c in changes if c.resource is Resource.MARRIAGE}
    assert {row["jhzzh"]: row["hyzt"] for row in data["rows"]} == states
    nothing = f"{mca.url}/v1/marriages?updated_after={exactly}&updated_before={exactly}"
    assert "'total': 0" in str(ask(nothing, token_of(mca))[1])


def test_the_marriage_register_answers_for_one_person(mca: CivilAffairs, world: World) -> None:
    for marriage in (world.marriages[0], world.marriages[4]):
        _, body = ask(f"{mca.url}/v1/marriages?sfzh={marriage.spouse_b_id}", token_of(mca))
        data = body["data"]
        assert isinstance(data, dict)
        assert [row["jhzzh"] for row in data["rows"]] == [marriage.marriage_no]


def test_stopping_ends_only_the_own_service(tmp_path: Path, world: World) -> None:
    first, second = CivilAffairs(tmp_path / "a"), CivilAffairs(tmp_path / "b")
    first.create(world)
    second.create(world)
    with second:
        first.start()
        pid = first.pid
        assert pid is not None
        assert pid != os.getpid()
        first.stop()
        first.stop()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert ask(f"{second.url}/health")[0] == 200


def test_the_service_ends_with_the_process_that_started_it(tmp_path: Path, world: World) -> None:
    CivilAffairs(tmp_path).create(world)
    code = (
        "import pathlib, sys, time; from exchange.demo.departments.mca import CivilAffairs;"
        "d = CivilAffairs(pathlib.Path(sys.argv[1])); d.start(); print(d.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        os.kill(pid, 0)
        starter.kill()
    for _ in range(100):
        if not _alive(pid):
            return
        time.sleep(0.1)
    raise AssertionError(f"process {pid} is still there")


def _alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text(encoding="utf-8")


def test_a_service_that_cannot_start_says_so(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with code"):
        CivilAffairs(tmp_path).start()


def test_only_the_owner_reads_the_client_secret(mca: CivilAffairs) -> None:
    assert mca.credentials.stat().st_mode & 0o077 == 0
    shown = Path(f"/proc/{mca.pid}/cmdline").read_text(encoding="utf-8")
    assert mca.client()[1] not in shown


def test_licences_are_dropped_in_three_forms(tmp_path: Path, world: World) -> None:
    samr = MarketSupervision(tmp_path)
    samr.create(world)
    names = sorted(path.name for path in tmp_path.iterdir())
    stem = "yyzz_20261101020000"
    files = [f"{stem}.xlsx", f"{stem}_gb18030.csv", f"{stem}_utf8.csv"]
    assert names == sorted(files + [f"{name}.ok" for name in files])
    assert (tmp_path / files[2]).read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(UnicodeDecodeError):
        (tmp_path / files[1]).read_bytes().decode("gb18030")
    assert (tmp_path / files[1]).read_bytes().count(SAMR_BROKEN) == 2
    with (tmp_path / files[2]).open(encoding="utf-8-sig", newline="") as text:
        utf8 = list(csv.reader(text))
    with (tmp_path / files[1]).open(encoding="gb18030", errors="replace", newline="") as text:
        gb = list(csv.reader(text))
    sheet = load_workbook(tmp_path / files[0]).active
    book = list(sheet.iter_rows(values_only=True))
    assert utf8[0] == gb[0] == list(book[0]) == list(HEADINGS)
    assert len(utf8) + len(gb) + len(book) - 3 == samr.count() == len(world.firms) + planted(Resource.LICENCE)
    assert isinstance(book[1][6], date)
    assert isinstance(book[1][0], str)
    assert {row[7] for row in utf8[1:]} > {"长期"}


def test_a_later_drop_holds_the_changed_firms_only(tmp_path: Path, world: World) -> None:
    samr = MarketSupervision(tmp_path)
    samr.create(world)
    firm = world.firms[5]
    samr.apply(renamed(firm, "示例市新名建筑工程有限公司", date(2026, 11, 20)), AT)
    later = tmp_path / "yyzz_20261121093000_utf8.csv"
    assert (tmp_path / f"{later.name}.ok").exists()
    rows = list(csv.reader(later.read_text(encoding="utf-8-sig").splitlines()))
    assert [row[:2] for row in rows[1:]] == [[firm.uscc, "示例市新名建筑工程有限公司"]]


def test_the_old_system_keeps_bytes_and_private_use_characters(tmp_path: Path, world: World) -> None:
    nr = NaturalResources(tmp_path / "bdc.sqlite")
    nr.create(world)
    assert nr.count() == len(world.properties) + planted(Resource.REAL_ESTATE)
    with closing(sqlite3.connect(nr.path)) as conn:
        rows = conn.execute("SELECT qlrmc, djsj, typeof(qlrmc), typeof(mj) FROM bdc_zsxx").fetchall()
    assert {(kind, number) for _, _, kind, number in rows} == {("blob", "real")}
    assert sum(name == NR_BROKEN for name, *_ in rows) == 3
    texts = [name.decode("gb18030", errors="replace") for name, *_ in rows]
    old = [text for text in texts if any("\ue000" <= character <= "\uf8ff" for character in text)]
    assert len(old) >= 2
    assert "张\ue863" in old


def test_a_sold_home_cancels_one_certificate_and_adds_another(tmp_path: Path, world: World) -> None:
    nr = NaturalResources(tmp_path / "bdc.sqlite")
    nr.create(world)
    before = nr.count()
    title, buyer = world.properties[3], world.people[0]
    nr.apply(conveyed(title, buyer, 700_001, date(2026, 11, 20)), AT)
    with closing(sqlite3.connect(nr.path)) as conn:
        rows = conn.execute("SELECT qlrzjh, qszt FROM bdc_zsxx WHERE gxsj = '2026-11-21 09:30:00'").fetchall()
    assert sorted(rows) == sorted([(title.owner_id.encode(), b"2"), (buyer.citizen_id.encode(), b"1")])
    assert nr.count() == before + 1


def test_every_field_of_a_firm_has_a_heading() -> None:
    assert len(HEADINGS) == len(fields(Firm))
