"""What is kept of a verification of many documents: never without a row that ends it, never too many, nobody else's."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.errors import BatchRefusedError
from exchange.model import Principal, Role
from exchange.service.verification_intake import MOST_AT_ONCE, UPLOADING
from exchange.service.verification_uploads import Upload, Uploads
from tests.exchange.http.conftest import PASSWORD, Site

PATH = "/api/v1/verifications"
AUDITOR = Principal(Role.AUDITOR, "审计员")


async def _content() -> bytes:
    return b"somebody's papers"


async def _lost() -> bytes:
    raise ConnectionResetError


FILE = Upload("文件", _content)


async def test_an_auditor_of_the_same_name_finds_nothing(site: Site) -> None:
    """Neither has a work number: the account tells them apart."""
    await site.hub.access.register_person("auditor-2", PASSWORD, AUDITOR)
    _, other = await site.hub.access.login("auditor-2", PASSWORD, address="test")
    files = [("file", ("a.txt", b"one")), ("file", ("b.txt", b"two"))]
    location = (await site.http.post(PATH, files=files, headers=site.as_("auditor"))).headers["location"]
    assert (await site.http.get(location, headers=site.as_("auditor"))).status_code == 200
    headers = {"authorization": f"Bearer {other}"}
    assert (await site.http.get(location, headers=headers)).status_code == 404
    assert (await site.http.get(PATH, headers=headers)).json() == {"items": []}


async def test_an_operators_key_is_not_another_operators(site: Site) -> None:
    await site.hub.access.register_person("operator-2", PASSWORD, Principal(Role.OPERATOR, "运维"))
    _, other = await site.hub.access.login("operator-2", PASSWORD, address="test")
    answers = []
    for headers, kind in ((site.as_("operator"), "household"), ({"authorization": f"Bearer {other}"}, "marriage")):
        answers.append(
            await site.http.post(
                "/api/v1/sealing-jobs", json={"type": kind}, headers=headers | {"idempotency-key": "the-first-order"}
            )
        )
    assert [answer.status_code for answer in answers] == [202, 202]


async def test_an_upload_that_breaks_off_leaves_nothing(site: Site) -> None:
    intake, put, kept_there = site.hub.documents.intake, [], dict[str, bytes]()

    class Blobs:
        """Remembers what was stored, and what of it is there."""

        async def put(self, name: str, data: bytes) -> None:
            put.append(name)
            kept_there[name] = data

        async def get(self, name: str) -> bytes | None:
            return kept_there.get(name)

        async def delete(self, name: str) -> None:
            kept_there.pop(name, None)

    kept = replace(intake, uploads=Uploads(Blobs(), intake.uploads.sealer))
    with pytest.raises(ConnectionResetError):
        await kept.submit(AUDITOR, [FILE, Upload("zwei", _lost)], at=None)
    assert put
    assert not kept_there, "nothing of the first file is left"
    assert await site.hub.documents.batches.mine(AUDITOR) == ()


async def test_of_many_at_the_same_time_only_so_many_are_taken(site: Site) -> None:
    async def attempt() -> str:
        try:
            return (await site.hub.documents.intake.submit(AUDITOR, [FILE], at=None)).state.value
        except BatchRefusedError as error:
            return error.reason

    found = Counter(await asyncio.gather(*(attempt() for _ in range(12))))
    assert found == {"waiting": MOST_AT_ONCE, "running": 12 - MOST_AT_ONCE}


async def test_what_a_crash_left_without_a_job_gets_one(site: Site) -> None:
    class Dead:
        """The process dies before it can say what to do."""

        async def verify(self, _batch: object) -> int | None:
            raise SystemError

    intake = site.hub.documents.intake
    with pytest.raises(SystemError):
        await replace(intake, queue=Dead()).submit(AUDITOR, [FILE], at=None)
    assert await intake.resume() == 0, "somebody may be uploading still"
    later = site.hub.now() + UPLOADING + timedelta(minutes=1)
    later_units = replace(intake.units, now=lambda: later)
    assert await replace(intake, units=later_units).resume() == 1
