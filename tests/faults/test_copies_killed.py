"""A hub that makes copies dies by SIGKILL at any moment: no copy is doubled, none is out without its evidence."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.city import City
from tests.support.copies import built_town, make_and_fetch, town
from tests.support.killing import kill, settings_file, start

__all__ = ["built_town", "town"]
COPIES = 40


async def rows(city: City, sql: str) -> list[Any]:
    async with city.app.reads() as conn:
        return list((await conn.execute(text(sql))).all())


async def copies_are_whole(city: City) -> int:
    """Per copy its event, one use of the seal, and either the waiting file or the event of its download."""
    stored = {str(row.id): row for row in await rows(city, "SELECT * FROM exchange_copy")}
    assert len({row.purpose for row in stored.values()}) == len(stored), "one copy per key"
    waiting = {str(row.copy_id) for row in await rows(city, "SELECT copy_id FROM exchange_copy_file")}
    made = [str(e.detail["copy"]) for e in await city.entries("copy:made")]
    fetched = [str(e.detail["copy"]) for e in await city.entries("copy:downloaded")]
    assert sorted(made) == sorted(stored)
    assert sorted(fetched) == sorted(id_ for id_, row in stored.items() if row.downloaded_at is not None)
    assert waiting == stored.keys() - set(fetched)
    assert len(await rows(city, "SELECT 1 FROM seal_use")) == len(stored)
    shown = "SELECT 1 FROM exchange_use WHERE use = 'copy-downloaded'"
    assert len(await rows(city, shown)) == len(fetched)
    return len(stored)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_copies_survive_kills_between_making_and_download(town: City, tmp_path: Path) -> None:
    random, settings, kills = Random(339900), settings_file(town, tmp_path), 0
    for _ in range(6):
        kills += await kill(await start("copies", town, settings), random.uniform(0.2, 2.0))
        await copies_are_whole(town)
    assert kills >= 3
    found = await make_and_fetch(town.app, COPIES)
    assert len(set(found)) == COPIES == await copies_are_whole(town)
    assert await rows(town, "SELECT 1 FROM exchange_copy_file") == []
    again = await make_and_fetch(town.app, COPIES)
    assert again == found
    assert await copies_are_whole(town) == COPIES
