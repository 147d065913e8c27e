"""A verification collected in several requests: what was added is verified, what was refused or lost is not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest

from certs.verifier.model import MAX_BYTES
from exchange.errors import BatchNotFoundError, BatchStartedError
from exchange.model import Principal, Role
from exchange.repo import verification_additions as additions
from exchange.service.verification_intake import COLLECTING, KEPT, MOST_AT_ONCE, UPLOADING, VerificationIntake
from exchange.service.verification_uploads import Upload, Uploads
from tests.exchange.http.conftest import PASSWORD, Site
from tests.exchange.http.test_queries_http import assert_problem
from tests.exchange.http.test_verifications import PATH, zip_of

AUDITOR = Principal(Role.AUDITOR, "审计员")


def parts(*names: str) -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", (f"{name}.txt", name.encode())) for name in names]


def file(name: str) -> Upload:
    async def read() -> bytes:
        return name.encode()

    return Upload(f"{name}.txt", read)


async def opened(site: Site, who: str = "auditor", **params: str) -> str:
    answer = await site.http.post(PATH, params={"collect": "true", **params}, headers=site.as_(who))
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def add(site: Site, location: str, *names: str, who: str = "auditor") -> httpx2.Response:
    return await site.http.post(f"{location}/files", files=parts(*names), headers=site.as_(who))


async def start(site: Site, location: str, who: str = "auditor") -> httpx2.Response:
    return await site.http.post(f"{location}/start", headers=site.as_(who))


def id_of(location: str) -> UUID:
    return UUID(location.rpartition("/")[2])


async def names(site: Site, location: str) -> list[str]:
    """Run what was started, and name what was verified."""
    await site.hub.documents.batches.run(id_of(location))
    found = await site.http.get(f"{location}/results", headers=site.as_("auditor"), params={"limit": 100})
    return [item["name"] for item in found.json()["items"]]


async def sql(site: Site, statement: str) -> None:
    async with site.hub.reads() as conn:
        await conn.exec_driver_sql(statement)


async def test_what_several_requests_added_is_verified_together(site: Site) -> None:
    location = await opened(site)
    assert (await site.http.get(location, headers=site.as_("auditor"))).json()["state"] == "collecting"
    assert (await add(site, location, "a", "b")).json()["uploads"] == 2
    assert (await add(site, location, "c")).json()["uploads"] == 3
    archive = zip_of({"d.txt": b"d", "e.txt": b"e"})
    assert (await site.http.post(f"{location}/files", content=archive, headers=site.as_("auditor"))).json()[
        "total"
    ] == 4
    before = site.hub.now()
    begun = await start(site, location)
    assert (begun.status_code, begun.json()["state"]) == (202, "waiting")
    assert begun.json()["at"] >= before.isoformat(), "without a time it is asked about that of the start"
    assert await names(site, location) == ["a.txt", "b.txt", "c.txt", "document/d.txt", "document/e.txt"]
    status = (await site.http.get(location, headers=site.as_("auditor"))).json()
    assert (status["state"], status["done"], status["total"]) == ("done", 5, 5)
    assert (await site.http.get(f"{location}/report", headers=site.as_("auditor"))).status_code == 200
    assert await site.hub.trust.blobs.get(f"verifications/{id_of(location)}/1") is None


async def test_it_may_begin_with_files_and_as_of_a_time(site: Site) -> None:
    params = {"collect": "true", "at": "2025-06-01T00:00:00Z"}
    answer = await site.http.post(PATH, params=params, files=parts("a"), headers=site.as_("clerk"))
    assert (answer.status_code, answer.json()["uploads"]) == (201, 1)
    begun = await start(site, answer.headers["location"], "clerk")
    assert begun.json()["at"] == "2025-06-01T00:00:00+00:00"


async def test_starting_twice_changes_nothing(site: Site) -> None:
    location = await opened(site)
    assert_problem(await start(site, location), 422, "document-refused")
    await add(site, location, "a")
    first = (await start(site, location)).json()
    assert (await start(site, location)).json() == first
    assert await names(site, location) == ["a.txt"]
    ended = (await start(site, location)).json()
    assert (ended["state"], ended["done"]) == ("done", 1)


async def test_nothing_is_added_after_the_start_or_the_end(site: Site) -> None:
    location = await opened(site)
    await add(site, location, "a")
    await start(site, location)
    assert_problem(await add(site, location, "b"), 409, "batch-started")
    assert await names(site, location) == ["a.txt"]
    assert_problem(await add(site, location, "b"), 409, "batch-started")
    whole = await site.http.post(PATH, files=parts("a", "b"), headers=site.as_("auditor"))
    assert_problem(await add(site, whole.headers["location"], "c"), 409, "batch-started")


async def test_of_a_request_that_is_one_too_many_nothing_is_kept(site: Site) -> None:
    location = await opened(site)
    id_ = id_of(location)
    await add(site, location, "a")
    await sql(site, f"UPDATE exchange_verification_batch SET uploads = 9998, reserved = 9998 WHERE id = '{id_}'")
    await sql(site, f"UPDATE exchange_verification_addition SET count = 9998 WHERE batch_id = '{id_}'")
    assert_problem(await add(site, location, "b", "c", "d"), 422, "batch-full")
    assert await site.hub.trust.blobs.get(f"verifications/{id_}/9998") is None
    assert (await add(site, location, "b", "c")).json()["uploads"] == 10_000
    assert_problem(await add(site, location, "d"), 422, "batch-full")


async def test_two_at_the_same_time_fill_it_once_and_overwrite_nothing(site: Site) -> None:
    location = await opened(site)
    id_ = id_of(location)
    answers = await asyncio.gather(*(add(site, location, f"{n}-1", f"{n}-2") for n in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    async with site.hub.reads() as conn:
        found = await additions.of(conn, id_)
    assert sorted(number for one in found for number in one.numbers) == list(range(16))
    await sql(site, f"UPDATE exchange_verification_addition SET count = 9985 WHERE batch_id = '{id_}' AND first = 0")
    last = await asyncio.gather(*(add(site, location, f"last {n}") for n in range(4)))
    assert sorted(answer.status_code for answer in last) == [200, 422, 422, 422]
    await sql(site, f"UPDATE exchange_verification_addition SET count = 2 WHERE batch_id = '{id_}' AND first = 0")
    await start(site, location)
    verified = await names(site, location)
    assert len(verified) == 17
    assert {f"{n}-{k}.txt" for n in range(8) for k in (1, 2)} < set(verified)


class Dies:
    """An object store that ends the process at the second file of a request: nothing is cleaned up after it."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads, self.count = uploads, 0

    async def put(self, batch: UUID, number: int, one: Upload) -> None:
        self.count += 1
        if self.count > 1:
            raise SystemError
        await self._uploads.put(batch, number, one)

    async def erase(self, *_: object) -> None:
        raise SystemError


def dying(intake: VerificationIntake) -> VerificationIntake:
    return replace(intake, uploads=Dies(intake.uploads))  # type: ignore[arg-type]  # the two methods intake uses


async def test_a_crash_loses_the_addition_it_hit_and_nothing_else(site: Site) -> None:
    intake = site.hub.documents.intake
    location = await opened(site)
    await add(site, location, "a")
    with pytest.raises(SystemError):
        await dying(intake).add(await _auditor(site), id_of(location), [file("lost 1"), file("lost 2")])
    await add(site, location, "b")
    assert (await start(site, location)).json()["total"] == 2
    assert await names(site, location) == ["a.txt", "b.txt"], "numbers nothing was stored under are no documents"


async def _auditor(site: Site) -> Principal:
    found = await site.hub.access.session(site.sessions["auditor"])
    assert found is not None
    return found


async def test_room_a_crash_took_is_free_again_when_no_request_can_last_that_long(site: Site) -> None:
    intake, who = site.hub.documents.intake, await _auditor(site)
    location = await opened(site)
    with pytest.raises(SystemError):
        await dying(intake).add(who, id_of(location), [file("lost 1"), file("lost 2")])
    await sql(site, "UPDATE exchange_verification_addition SET count = 10000")
    assert_problem(await add(site, location, "a"), 422, "batch-full")
    await sql(site, f"UPDATE exchange_verification_addition SET begun_at = begun_at - interval '{UPLOADING}'")
    assert (await add(site, location, "a")).json()["uploads"] == 1


async def test_an_addition_that_fails_leaves_nothing(site: Site) -> None:
    async def lost() -> bytes:
        raise ConnectionResetError

    location, who = await opened(site), await _auditor(site)
    with pytest.raises(ConnectionResetError):
        await site.hub.documents.intake.add(who, id_of(location), [file("a"), Upload("b", lost)])
    assert await site.hub.trust.blobs.get(f"verifications/{id_of(location)}/0") is None
    async with site.hub.reads() as conn:
        assert await additions.of(conn, id_of(location)) == ()


async def test_what_is_started_while_something_is_added_goes_without_it(site: Site) -> None:
    intake, who = site.hub.documents.intake, await _auditor(site)
    location = await opened(site)
    await add(site, location, "a")

    async def slow() -> bytes:
        await intake.start(who, id_of(location))
        return b"late"

    with pytest.raises(BatchStartedError):
        await intake.add(who, id_of(location), [Upload("late", slow)])
    assert await names(site, location) == ["a.txt"]
    assert await site.hub.trust.blobs.get(f"verifications/{id_of(location)}/1") is None


async def test_what_is_left_is_forgotten_with_its_files(site: Site) -> None:
    hub = site.hub
    location = await opened(site)
    until = (await add(site, location, "a secret text")).json()["expires_at"]
    assert until <= (hub.now() + COLLECTING).isoformat()
    intake = hub.documents.intake
    assert await intake.forget_expired() == 0
    later = hub.now() + COLLECTING + timedelta(minutes=1)
    aged = replace(intake, units=replace(intake.units, now=lambda: later))
    assert await aged.forget_expired() == 1
    assert await hub.trust.blobs.get(f"verifications/{id_of(location)}/0") is None
    for answer in (await add(site, location, "b"), await start(site, location)):
        assert_problem(answer, 404, "not-found")


async def test_additions_keep_it_alive_no_longer_than_a_day(site: Site) -> None:
    location = await opened(site)
    hours = "asked_at = asked_at - interval '23 hours', expires_at = expires_at - interval '110 minutes'"
    await sql(site, f"UPDATE exchange_verification_batch SET {hours}")
    until = (await add(site, location, "a")).json()["expires_at"]
    assert site.hub.now() + timedelta(minutes=50) < datetime.fromisoformat(until)
    assert until <= (site.hub.now() + KEPT - timedelta(hours=23)).isoformat()


async def test_what_is_collected_counts_among_those_at_a_time_until_its_time_is_over(site: Site) -> None:
    for _ in range(MOST_AT_ONCE):
        await opened(site)
    refused = await site.http.post(PATH, params={"collect": "true"}, headers=site.as_("auditor"))
    assert_problem(refused, 422, "document-refused")
    await sql(site, "UPDATE exchange_verification_batch SET expires_at = now() - interval '1 second'")
    await opened(site)
    assert len((await site.http.get(PATH, headers=site.as_("auditor"))).json()["items"]) == 1


async def test_what_is_given_up_makes_room_and_leaves_nothing(site: Site) -> None:
    headers, intake, who = site.as_("auditor"), site.hub.documents.intake, await _auditor(site)
    locations = [await opened(site) for _ in range(MOST_AT_ONCE)]
    await add(site, locations[0], "a secret text")
    assert (await site.http.delete(locations[0], headers=headers)).status_code == 204
    assert await site.hub.trust.blobs.get(f"verifications/{id_of(locations[0])}/0") is None
    assert_problem(await site.http.get(locations[0], headers=headers), 404, "not-found")
    assert_problem(await site.http.delete(locations[0], headers=headers), 404, "not-found")

    async def slow() -> bytes:
        await intake.discard(who, id_of(locations[1]))
        return b"late"

    with pytest.raises(BatchNotFoundError):
        await intake.add(who, id_of(locations[1]), [Upload("late", slow)])
    assert await site.hub.trust.blobs.get(f"verifications/{id_of(locations[1])}/0") is None
    await add(site, await opened(site), "b")


async def test_what_runs_is_not_given_up_and_what_ended_is(site: Site) -> None:
    headers, location = site.as_("auditor"), await opened(site)
    await add(site, location, "a")
    await start(site, location)
    assert_problem(await site.http.delete(location, headers=headers), 409, "conflict")
    assert await names(site, location) == ["a.txt"]
    assert (await site.http.delete(location, headers=headers)).status_code == 204
    async with site.hub.reads() as conn:
        left = await conn.exec_driver_sql("SELECT count(*) FROM exchange_verification_result")
        assert left.scalar_one() == 0


async def test_nobody_else_sees_adds_or_starts(site: Site) -> None:
    """BOLA: another auditor, clerks of other departments, people and strangers."""
    await site.hub.access.register_person("auditor-2", PASSWORD, AUDITOR)
    _, other = await site.hub.access.login("auditor-2", PASSWORD, address="test")
    location = await opened(site)
    await add(site, location, "a")
    everybody = [(site.as_(who), 404, "not-found") for who in ("clerk", "police")]
    everybody += [({"authorization": f"Bearer {other}"}, 404, "not-found")]
    everybody += [(site.as_(who), 403, "not-allowed") for who in ("applicant", "operator")]
    everybody += [({}, 401, "token-invalid")]
    for headers, status, code in everybody:
        for path in (location, f"{PATH}/{uuid4()}"):
            if (status, path) != (404, location) and status == 404:
                continue
            assert_problem(await site.http.get(path, headers=headers), status, code)
            answer = await site.http.post(f"{path}/files", files=parts("x"), headers=headers)
            assert_problem(answer, status, code)
            assert_problem(await site.http.post(f"{path}/start", headers=headers), status, code)
            assert_problem(await site.http.delete(path, headers=headers), status, code)
    status_now = (await site.http.get(location, headers=site.as_("auditor"))).json()
    assert (status_now["state"], status_now["uploads"]) == ("collecting", 1)


async def test_without_a_file_nothing_is_added(site: Site) -> None:
    location = await opened(site)
    headers = site.as_("auditor")
    assert_problem(await site.http.post(f"{location}/files", headers=headers), 422, "document-refused")
    wrong = await site.http.post(f"{location}/files", files={"other": ("a", b"1")}, headers=headers)
    assert_problem(wrong, 400, "bad-request")


async def test_who_may_not_collect_is_told_so(site: Site) -> None:
    params = {"collect": "true"}
    assert_problem(await site.http.post(PATH, params=params), 401, "token-invalid")
    for who in ("applicant", "operator"):
        assert_problem(await site.http.post(PATH, params=params, headers=site.as_(who)), 403, "not-allowed")


async def test_an_archive_alone_in_a_form_is_opened(site: Site) -> None:
    archive = [("file", ("all.zip", zip_of({"a.txt": b"1", "b.txt": b"2"})))]
    answer = await site.http.post(PATH, files=archive, headers=site.as_("auditor"))
    assert await names(site, answer.headers["location"]) == ["all.zip/a.txt", "all.zip/b.txt"]


class Body:
    """A body that says how much of it was read."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks, self.read = chunks, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            self.read += len(chunk)
            yield chunk


def head(name: str) -> bytes:
    return f'--b\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("applicant", 403), ("operator", 403)])
async def test_who_may_send_one_document_is_stopped_at_the_second(site: Site, who: str | None, status: int) -> None:
    body = Body(head("a"), b"1\r\n", head("b"), *[b"x" * 65536] * 64, b"\r\n--b--\r\n")
    headers = {"content-type": "multipart/form-data; boundary=b"} | (site.as_(who) if who else {})
    answer = await site.http.post(PATH, content=body, headers=headers)
    assert answer.status_code == status, answer.text


async def test_who_may_send_one_document_sends_no_more_than_that_takes(site: Site) -> None:
    """By its length before anything is read, or where it is cut; an auditor's form may be longer."""
    chunk = b"x" * 2**20
    form = {"content-type": "multipart/form-data; boundary=b"}
    said = {"content-length": str(200 * 2**20)}
    body = Body(head("a"), *[chunk] * 200)
    refused = await site.http.post(PATH, content=body, headers=site.as_("applicant") | form | said)
    assert_problem(refused, 413, "body-too-large")
    chunks = [head("a"), *[chunk] * (MAX_BYTES // 2**20 + 1), b"\r\n--b--\r\n"]
    assert_problem(
        await site.http.post(PATH, content=Body(*chunks), headers=site.as_("applicant") | form), 413, "body-too-large"
    )
    two = [head("a"), *[chunk] * 40, b"\r\n", head("b"), *[chunk] * 40, b"\r\n--b--\r\n"]
    taken = await site.http.post(PATH, content=Body(*two), headers=site.as_("auditor") | form)
    assert taken.status_code == 202, taken.text
