"""Which certificates lack their documents: said by their rows, found without reading the others."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from certs import repo, repo_documents
from certs.model import FaceKind, MadeFace, State
from tests.certs.conftest import Hub
from tests.certs.test_service import issue
from tests.certs.world import NOW, kind_of, request_of

TODAY = date(2026, 11, 22)
HOUSEHOLD = kind_of("household").code
BOTH = (FaceKind.OFD, FaceKind.PDF)


async def households(hub: Hub, count: int) -> list[str]:
    """So many certificates, by identifier."""
    made = [await issue(hub, request_of("household", f"k{number}")) for number in range(count)]
    return sorted(str(item.certificate.identifier) for item in made)


async def attach(hub: Hub, *faces: tuple[str, FaceKind]) -> None:
    made = [MadeFace(identifier, kind, b"signed", "K1") for identifier, kind in faces]
    await hub.units.run(lambda unit: hub.issuance.attach_faces(unit, made))


async def missing(hub: Hub, *, on: date = TODAY, limit: int = 100) -> list[str]:
    async with hub.reads() as conn:
        return sorted(await repo_documents.missing(conn, HOUSEHOLD, on=on, limit=limit))


async def refuse(hub: Hub, identifier: str, *, for_good: bool) -> None:
    async with hub.engine.begin() as conn:
        await repo_documents.lock(conn, [identifier])
        await repo_documents.note_refused(conn, [identifier], for_good=for_good)


async def set_state(hub: Hub, identifier: str, state: State) -> None:
    async with hub.engine.begin() as conn:
        await repo.set_state(conn, identifier, state)


async def test_what_is_issued_lacks_documents_until_both_are_on_file(hub: Hub) -> None:
    one, two, three = await households(hub, 3)
    assert await missing(hub) == [one, two, three]
    assert len(await missing(hub, limit=2)) == 2
    await attach(hub, (one, FaceKind.OFD), (one, FaceKind.QR), (two, FaceKind.PDF), (two, FaceKind.OFD))
    assert await missing(hub) == [one, three]
    await attach(hub, (one, FaceKind.OFD), (one, FaceKind.PDF))
    assert await missing(hub) == [three]
    async with hub.reads() as conn:
        assert await repo_documents.without(conn, HOUSEHOLD, on=TODAY, after="", limit=9) == (three,)
        assert await repo_documents.missing(conn, "other", on=TODAY, limit=9) == ()


async def test_the_second_document_completes_it_when_two_are_filed_at_once(hub: Hub) -> None:
    (name,) = await households(hub, 1)
    async with hub.engine.begin() as conn:
        await repo.add_faces(conn, [MadeFace(name, FaceKind.OFD, b"signed", "K1")], NOW)
        other = asyncio.create_task(attach(hub, (name, FaceKind.PDF)))
        await asyncio.wait([other], timeout=0.5)
        assert not other.done(), "it would see its own document alone, did it not wait"
    await other
    assert await missing(hub) == []


async def test_only_what_is_in_force_and_in_its_term_is_missing(hub: Hub) -> None:
    one, two, three = await households(hub, 3)
    await set_state(hub, one, State.SUSPENDED)
    async with hub.engine.begin() as conn:
        for name, day in ((two, "2026-11-21"), (three, "2026-11-22")):
            statement = "UPDATE cert_certificate SET valid_until = CAST(:d AS text)::date WHERE identifier = :i"
            await conn.execute(text(statement), {"d": day, "i": name})
    assert await missing(hub) == [three], "it is valid to its last day"
    assert await missing(hub, on=date(2026, 11, 23)) == []
    await set_state(hub, one, State.VALID)
    assert await missing(hub, on=date(2026, 11, 23)) == [one], "reinstated"


async def test_what_was_refused_for_good_waits_for_a_person_and_is_complete_once_it_is_sealed(hub: Hub) -> None:
    one, two = await households(hub, 2)
    await refuse(hub, one, for_good=True)
    await refuse(hub, two, for_good=False)
    assert await missing(hub) == [two]
    async with hub.reads() as conn:
        assert await repo_documents.without(conn, HOUSEHOLD, on=TODAY, after="", limit=9) == (one, two)
        assert await repo_documents.without(conn, HOUSEHOLD, on=TODAY, after=one, limit=9) == (two,)
    await refuse(hub, one, for_good=False)
    assert await missing(hub) == [one, two], "a person asked again, and it was suspended then"
    await refuse(hub, one, for_good=True)
    await attach(hub, *((one, kind) for kind in BOTH))
    await refuse(hub, one, for_good=True)
    async with hub.reads() as conn:
        assert await repo_documents.without(conn, HOUSEHOLD, on=TODAY, after="", limit=9) == (two,), "it has them"


_MANY = """
INSERT INTO cert_certificate (identifier, intent_id, type_code, resource, key, version, record_digest, issuer_code,
    issued_at, valid_until, state, status_list, status_index, documents)
SELECT :name || lpad(g::text, 9, '0'), gen_random_uuid(), :code, 'psb.household', :name || g, 1, '', 'x',
    now(), CAST(CAST(:until AS text) AS date), 'valid', gen_random_uuid(), g, :documents
FROM generate_series(1, :count) g
"""


@pytest.mark.parametrize("lacking", [0, 5])
async def test_a_look_reads_what_is_missing_and_nothing_else(hub: Hub, lacking: int) -> None:
    groups = [
        ("done", None, "complete", 20_000),
        ("over", "2026-01-01", "missing", 999),
        ("now", None, "missing", lacking),
    ]
    async with hub.engine.begin() as conn:
        await conn.execute(text("SET LOCAL session_replication_role = replica"))  # no intents needed for this
        for name, until, documents, count in groups:
            row = {"name": name, "code": HOUSEHOLD, "until": until, "documents": documents, "count": count}
            await conn.execute(text(_MANY), row)
    async with hub.engine.connect() as conn:
        await conn.execution_options(isolation_level="AUTOCOMMIT")
        await conn.execute(text("VACUUM ANALYZE cert_certificate"))
        query = repo_documents._missing(HOUSEHOLD, TODAY, 100).compile(
            hub.engine, compile_kwargs={"literal_binds": True}
        )
        plan = (await conn.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}"))).scalar_one()
    assert len(await missing(hub)) == lacking
    assert rows_read(plan[0]["Plan"]) == lacking


def rows_read(plan: Mapping[str, Any]) -> int:
    """Rows that the scans of a plan took into their hands."""
    below = sum(map(rows_read, plan.get("Plans", ())))
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) if "Scan" in plan["Node Type"] else 0
    return below + (0 if plan["Node Type"] == "Subquery Scan" else int(own))
