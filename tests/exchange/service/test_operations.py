"""What an operator sees and starts: sources with their freshness, quarantine without names, health without excuses."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.errors import SourceError
from catalog.samples import sample_catalogue
from exchange.app import App
from exchange.errors import ManifestMissingError, NotAllowedError
from exchange.model import Principal, Role
from exchange.model_views import HealthReport
from exchange.wiring import open_app
from tests.support.city import WORLD, City, running_at
from tests.support.dropping import MANIFEST, drop_files, people, pulling

OPERATOR = Principal(Role.OPERATOR, "运维", officer="OP0001")


@pytest.fixture
async def town(city: City, tmp_path: Path) -> AsyncIterator[City]:
    """The city with a household register that drops files."""
    with_files = pulling(city, tmp_path)
    async with open_app(with_files.settings, now=city.clock, database=running_at(city.url)) as app:
        yield replace(with_files, app=app)


async def test_a_source_is_never_run_fresh_stale_and_failed(town: City, tmp_path: Path) -> None:
    async def state() -> str:
        (source,) = await town.app.operations.sources()
        assert (source.name_zh, source.department_name) == ("户籍人口信息", "公安局")
        return source.state

    assert await state() == "never-run"
    drop_files(tmp_path / "dropped", people(30), 10)
    report = await town.app.pulls.run("psb.household")
    assert report.counts.stored == 30
    assert await state() == "fresh"
    town.clock.forward(hours=25)
    assert await state() == "stale"
    shutil.rmtree(tmp_path / "dropped")
    with pytest.raises(SourceError):
        await town.app.pulls.run("psb.household")
    assert await state() == "failed"


async def test_bad_rows_are_shown_without_what_they_say(town: City, tmp_path: Path) -> None:
    bad = dict(people(1)[0]) | {"name": "", "address": "示例市秘密路1号"}
    drop_files(tmp_path / "dropped", [*people(60)[1:], bad], 60)
    await town.app.pulls.run("psb.household")
    (row,) = await town.app.operations.quarantine("psb.household", 10)
    assert (row.reason, row.item) == ("required", "name")
    shown = repr(row)
    assert str(bad["citizen_id"]) not in shown
    assert "示例市秘密路1号" not in shown
    (again,) = await town.app.operations.quarantine("psb.household", 10)
    assert again.id == row.id


async def test_a_manifest_without_rules_pulls(city: City, tmp_path: Path) -> None:
    plain = pulling(city, tmp_path, MANIFEST.partition("[[rules]]")[0])
    drop_files(tmp_path / "dropped", people(30), 30)
    async with open_app(plain.settings, now=city.clock, database=running_at(city.url)) as app:
        assert (await app.pulls.run("psb.household")).counts.stored == 30


async def test_only_operators_start_pulls_and_only_of_connected_systems(town: City) -> None:
    for other in (town.clerk(), town.citizen(), town.auditor()):
        with pytest.raises(NotAllowedError):
            await town.app.operations.run(other, "psb.household")
    assert await town.entries("operator:action-taken") == []
    with pytest.raises(ManifestMissingError):
        await town.app.operations.run(OPERATOR, "mca.marriage")
    job = await town.app.operations.run(OPERATOR, "psb.household")
    assert isinstance(job, int)
    (act,) = await town.entries("operator:action-taken")
    assert (act.detail["resource"], act.officer) == ("psb.household", "OP0001")


async def test_health_is_bad_while_the_hub_cannot_sign_store_or_reach_its_database(city: City) -> None:
    operations = city.app.operations
    assert (await operations.health()).ok

    async def no_objects() -> bool:
        return False

    def bad(report: HealthReport) -> list[str]:
        return [check.name for check in report.checks if not check.ok]

    assert bad(await replace(operations, objects_answer=no_objects).health()) == ["objects"]
    receipt = next(row for row in city.app.keys.rows if row.role == "receipt")
    await city.app.keys.retire(receipt.kid)
    report = await operations.health()
    assert (report.ok, bad(report)) == (False, ["signing"])
    assert WORLD.hero.name not in repr(report)


async def test_a_source_that_was_never_pulled_is_queued_once(hub: App) -> None:
    assert await hub.operations.keep_fresh() == 0, "what the catalogue does not know has no update cycle"
    await hub.catalogue.import_file(sample_catalogue(), source="sample")
    assert await hub.operations.keep_fresh() == len(hub.pulls.manifests)
    assert await hub.operations.keep_fresh() == 0, "one waits already"
