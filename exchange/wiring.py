"""The composition root: the only place where settings become collaborators, and where clock and randomness enter.

`open_app` is one context manager; leaving it closes everything it opened, in reverse order.
"""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import adapters
import catalog
import certs
import exchange
from adapters.blobs.s3 import S3Blobs
from catalog.model import Region
from certs.bulk import Signing
from certs.decisions import StatusLists
from certs.identifiers import random_serial
from certs.journal.append import Journal
from certs.journal.memory import CheckpointFile
from certs.journal.proofs import LogReader
from certs.journal.sequencer import Sequencer
from certs.journal.subjects import SubjectKeys
from certs.seals import repo as seals
from certs.service import Issuance
from certs.type_catalogue import BUILT_IN, load_types
from certs.verifier.process import Pool as ChildPool
from exchange.app import App, HubInfo
from exchange.connections import load_connections
from exchange.errors import NotInitialisedError, StoreOutdatedError
from exchange.migrate import current, newest, upgrade
from exchange.repo.queries import Pool
from exchange.sealing import Sealer, derive
from exchange.service.access import Access
from exchange.service.authorities import Authorities
from exchange.service.cascade import Cascade
from exchange.service.case_evidence import CaseEvidence
from exchange.service.case_release import CaseRelease
from exchange.service.cases import Cases
from exchange.service.catalogue import Catalogue
from exchange.service.children import Children
from exchange.service.evidence import Evidence
from exchange.service.held import Held
from exchange.service.issuing import Issuing
from exchange.service.jobs import Jobs, queue_on
from exchange.service.key_opening import KeyOpener
from exchange.service.keys import HubKeys, KeyRole, issuer_key
from exchange.service.log_keys import HubLogKeys
from exchange.service.log_watch import LogWatch
from exchange.service.materials import Materials
from exchange.service.operations import Operations
from exchange.service.outcomes import Outcomes
from exchange.service.presentations import Presentations
from exchange.service.pulls import Pulls, load_manifests
from exchange.service.queries import Queries
from exchange.service.receipts import Receipts
from exchange.service.trust import Trust
from exchange.service.verification import Verification
from exchange.service.wallet import Wallet
from exchange.settings import Profile, Settings
from exchange.stores import POOL, Blobs, Database, asyncpg_pool, object_store, own_database
from exchange.uow import LogGate, Units, reads_on, watch_writes
from exchange.wiring_base import Base
from exchange.wiring_documents import open_documents

HUB_ROLES = (KeyRole.ACCESS, KeyRole.RECEIPT, KeyRole.LOG, KeyRole.STATUS, KeyRole.TRUST, KeyRole.REPORT)
_CHILDREN = max(2, min(4, os.cpu_count() or 1))
_CODE_DIGITS = 8


def utc_now() -> datetime:
    """The clock; everything else is handed it."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A fresh random id; everything else is handed this too."""
    return uuid4()


def child_pool() -> ChildPool:
    """Processes that read foreign documents, as many as cores up to four; started when first needed."""
    return ChildPool(size=_CHILDREN, monotonic=time.monotonic)


def one_root() -> Path:
    """The one directory all four packages come from.

    Raises:
        NotInitialisedError: another distribution's `adapters` (or such) shadows ours.
    """
    roots = {Path(package.__file__ or "").resolve().parent.parent for package in (exchange, certs, catalog, adapters)}
    if len(roots) != 1:
        raise NotInitialisedError(f"exchange, certs, catalog and adapters come from {len(roots)} places")
    return roots.pop()


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    initialise: bool = False,
    now: Callable[[], datetime] = utc_now,
    database: Database | None = None,
) -> AsyncIterator[App]:
    """Open the hub. With `initialise`, migrate, make missing keys and create the log first (`yzt init`).

    `database` gives the address of a database that is run by somebody else; by default the profile decides.

    Raises:
        StoreOutdatedError: the database schema is not this version's.
        NotInitialisedError: keys or log are missing.
    """
    one_root()
    async with AsyncExitStack() as stack:
        settings.data_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
        url = await stack.enter_async_context((database or own_database)(settings))
        base = await _open_base(stack, settings, now, url, initialise=initialise)
        if initialise:
            if isinstance(base.blobs, S3Blobs):
                await base.blobs.ensure_bucket()
            await _make_keys(base)
        yield await _assemble(base, initialise=initialise)


def engine_for(url: str) -> AsyncEngine:
    """An engine on the hub's database; its errors do not repeat what was asked for, which is people's data."""
    return create_async_engine(url, pool_size=POOL, max_overflow=POOL, hide_parameters=True)


async def _open_base(
    stack: AsyncExitStack, settings: Settings, now: Callable[[], datetime], url: str, *, initialise: bool
) -> Base:
    if initialise or settings.profile is Profile.EMBEDDED:
        await asyncio.to_thread(upgrade, url)
    engine = engine_for(url)
    stack.push_async_callback(engine.dispose)
    watch_writes(engine)
    async with engine.connect() as conn:
        if await conn.run_sync(current) != newest():
            raise StoreOutdatedError
    pool = await stack.enter_async_context(asyncpg_pool(url))
    queue = await stack.enter_async_context(queue_on(url).open_async())
    secret = settings.data_key_bytes
    subjects = SubjectKeys(derive(secret, "subject-index"), derive(secret, "subject-keys"))
    units = Units(engine, Journal(settings.operator, subjects), LogGate(), now, uuid4)
    reads = reads_on(engine)
    keys = HubKeys(units, reads, settings.keys_dir, _key_opener(settings), now)
    await keys.reload()
    children = Children(child_pool())
    # in a thread: whoever waits for a child may be waiting for this event loop
    stack.push_async_callback(asyncio.to_thread, children.close)
    return Base(
        settings=settings,
        engine=engine,
        pool=pool,
        jobs=Jobs(queue),
        blobs=object_store(settings),
        reads=reads,
        units=units,
        keys=keys,
        authorities=Authorities(units, reads, settings.profile.value),
        catalogue=Catalogue(units, reads),
        types=load_types(BUILT_IN),
        memory=CheckpointFile(settings.data_dir / "log-checkpoint"),
        children=children,
    )


def _key_opener(settings: Settings) -> KeyOpener:
    pin, module = settings.pkcs11_pin, settings.pkcs11_module
    return KeyOpener(
        settings.key_passphrase.get_secret_value().encode(),
        str(module) if module else None,
        pin.get_secret_value().encode() if pin else None,
    )


async def _make_keys(base: Base) -> None:
    """One key for every role of the hub that has none."""
    present = {row.role for row in base.keys.rows if row.retired_at is None}
    for role in HUB_ROLES:
        if role not in present:
            await base.keys.generate(role, base.hub)


async def _assemble(base: Base, *, initialise: bool) -> App:
    """Every service with its collaborators.

    Long because it is one flat list: cut into pieces, it would hide what depends on what.
    """
    settings, units, reads, keys = base.settings, base.units, base.reads, base.keys
    log = _log_keys(base)
    sequencer = Sequencer(base.engine, base.blobs, log, units.now, memory=base.memory)
    if initialise:
        await sequencer.create_log()
    watch = LogWatch(reads, base.blobs, base.memory, log, units.gate)
    await watch.look()
    status = StatusLists(f"{settings.public_url}/status", issuer=settings.public_url)
    trust = Trust(
        units=units,
        reads=reads,
        blobs=base.blobs,
        keys=keys,
        catalogue=base.catalogue,
        types=base.types,
        authorities=base.authorities,
        seals=Held(reads, seals.count_changes, seals.histories),
        status=status,
        log=log,
        hub=base.hub,
        public_url=settings.public_url,
    )
    verification = Verification(reads, base.blobs, trust, units.now, base.children)
    wallet = Wallet(reads, base.catalogue, base.types, verification)
    receipts = Receipts(base.hub, partial(keys.signer, KeyRole.RECEIPT), units.now)
    queries = _queries(base)
    cases = Cases(
        units=units,
        reads=reads,
        catalogue=base.catalogue,
        evidence=CaseEvidence(reads, wallet),
        release=CaseRelease(units, reads, base.catalogue, wallet, queries, receipts),
        receipts=receipts,
        region=Region(settings.region),
    )
    issuing = Issuing(
        units=units,
        reads=reads,
        catalogue=base.catalogue,
        types=base.types,
        keys=keys,
        issuance=Issuance(partial(random_serial, secrets.token_bytes), status.base),
        signing=Signing(base.types, partial(issuer_key, keys), secrets.token_bytes),
        photos=base.photos,
        public_url=settings.public_url,
    )
    pulls = Pulls(
        engine=base.engine,
        units=units,
        secrets=load_connections(settings.connections_file),
        manifests=load_manifests(settings.manifests_dir),
        cascade=Cascade(issuing),
        pictures=base.photos,
        now=units.now,
        new_id=units.new_id,
    )
    return App(
        hub=HubInfo(
            settings.public_url, settings.log_origin, settings.region, settings.operator, settings.profile.value
        ),
        now=units.now,
        new_id=units.new_id,
        reads=reads,
        units=units,
        gate=units.gate,
        sealer=Sealer(base.secret("sealing"), secrets.token_bytes),
        keys=keys,
        types=base.types,
        access=Access(
            reads=reads,
            units=units,
            issuer=settings.public_url,
            signer=partial(keys.signer, KeyRole.ACCESS),
            verifiers=lambda: keys.verifiers(KeyRole.ACCESS),
            now=units.now,
            new_id=units.new_id,
        ),
        catalogue=base.catalogue,
        queries=queries,
        cases=cases,
        materials=Materials(
            units, reads, base.blobs, Sealer(base.secret("materials"), secrets.token_bytes), base.catalogue
        ),
        presentations=Presentations(
            units=units,
            reads=reads,
            cases=cases,
            wallet=wallet,
            names=base.catalogue,
            code_key=base.secret("show-codes"),
            random_code=random_code,
        ),
        certificates=wallet,
        issuing=issuing,
        pulls=pulls,
        jobs=base.jobs,
        trust=trust,
        evidence=Evidence(units, reads, base.blobs, LogReader(base.blobs, log), trust),
        verification=verification,
        operations=Operations(
            units=units,
            reads=reads,
            catalogue=base.catalogue,
            keys_held=keys,
            authorities=base.authorities,
            pulls=pulls,
            jobs=base.jobs,
            gate=units.gate,
            objects_answer=partial(_objects_answer, base.blobs),
        ),
        sequencer=sequencer,
        log_watch=watch,
        documents=open_documents(base, verification, issuing=issuing, trust=trust),
    )


def _queries(base: Base) -> Queries:
    sealer = Sealer(base.secret("answers"), secrets.token_bytes)
    outcomes = Outcomes(
        reads=base.reads,
        journal=Journal(base.hub, SubjectKeys(base.secret("subject-index"), base.secret("subject-keys"))),
        gate=base.units.gate,
        signer=partial(base.keys.signer, KeyRole.RECEIPT),
        sealer=sealer,
        now=base.units.now,
        new_id=base.units.new_id,
    )
    return Queries(
        pool=cast(Pool, base.pool),  # its rows are mappings, only the stubs do not say so
        reads=base.reads,
        outcomes=outcomes,
        catalogue=base.catalogue,
        sealer=sealer,
        now=base.units.now,
    )


def _log_keys(base: Base) -> HubLogKeys:
    keys = HubLogKeys(base.keys, base.settings.log_origin)
    if not keys.identity().keys:
        raise NotInitialisedError("there are no keys yet")
    base.keys.signer(KeyRole.LOG)  # a hub that could never sign must not start
    return keys


async def _objects_answer(blobs: Blobs) -> bool:
    try:
        await blobs.get("checkpoint")
    except Exception:  # noqa: BLE001 - whatever keeps the store away, health must say so and not fail itself
        return False
    return True


def random_code() -> str:
    """Eight unguessable decimal digits."""
    return f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}d}"
