"""A city whose departments can seal, and copies its residents make."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from certs.model import FaceKind
from exchange.app import App
from exchange.model import Principal, Role
from exchange.model_copies import CopyFile, CopyView, CopyWish
from exchange.wiring import open_app
from tests.support.city import MCA, PSB, START, Built, City, Clock, running_at
from tests.support.city import WORLD as PEOPLE

ENROLLED = START + timedelta(minutes=30)


@contextmanager
def enrolled(built: Built, directory: Path) -> Iterator[Built]:
    """A copy of a city whose police and civil affairs are ready to seal."""

    async def work() -> None:
        async with open_app(settings, now=Clock(ENROLLED), database=running_at(url)) as app:
            await app.documents.development.init()
            for owner in (PSB, MCA):
                await app.documents.enrolment.enrol(owner)

    with built.copied(directory) as (settings, url):
        asyncio.run(work())
        name = url.partition("?")[0].rpartition("/")[2]
        yield replace(built, database=name, directory=directory)


@pytest.fixture(scope="session")
def built_town(built_city: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The city that can seal, which everybody copies."""
    with enrolled(built_city, tmp_path_factory.mktemp("town")) as built:
        yield built


@pytest.fixture
async def town(built_town: Built, tmp_path: Path) -> AsyncIterator[City]:
    """A city of the test's own that can seal, some time after it was made ready.

    A stamp states whole seconds: it must not seem older than the activation of its seal.
    """
    clock = Clock(START + timedelta(hours=1))
    with built_town.copied(tmp_path) as (settings, url):
        async with open_app(settings, now=clock, database=running_at(url)) as app:
            yield City(app, clock, settings, url, PEOPLE)


def wish(identifier: str, **changed: Any) -> CopyWish:
    """What the hero asks for: a copy for a bank."""
    asked = CopyWish(identifier, FaceKind.OFD, "申请住房贷款", "个人住房贷款审批", "339900测试银行")
    return replace(asked, **changed)


async def made(city: City, kind: str = "household", by: Principal | None = None, **changed: Any) -> CopyView:
    """A copy that waits to be downloaded."""
    who = by or city.citizen()
    asked = wish(await city.identifier(kind, who.subject), **changed)
    return await city.app.documents.copies.make(who, asked, key=uuid4().hex)


async def handed_out(city: City, kind: str = "household", **changed: Any) -> tuple[CopyView, CopyFile]:
    """A copy that its maker downloaded."""
    copy = await made(city, kind, **changed)
    file = await city.app.documents.copies.download(city.citizen(), copy.id)
    return await city.app.documents.copies.get(city.citizen(), copy.id), file


async def make_and_fetch(app: App, count: int) -> list[UUID]:
    """The hero makes so many copies, each under a key of its own, and downloads every one that still waits."""
    who = Principal(Role.APPLICANT, "办事人", subject=PEOPLE.hero.citizen_id)
    copies, found = app.documents.copies, []
    identifier = next(c.identifier for c in await app.certificates.mine(who) if c.type_id == "household")
    for number in range(count):
        copy = await copies.make(who, wish(identifier, purpose=f"第{number}次"), key=f"copy-{number:04}")
        found.append(copy.id)
        if copy.state == "waiting":
            await copies.download(who, copy.id)
    return found


DAY = date(2026, 12, 22)
"""The default last day of a copy made on the first day of the city."""

__all__ = ["DAY", "built_town", "enrolled", "handed_out", "made", "town", "wish"]
