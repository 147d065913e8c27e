"""What every service of the hub stands on: engine, stores, keys and catalogue, opened once by `exchange.wiring`."""

import secrets
from dataclasses import dataclass

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from certs.journal.memory import CheckpointFile
from certs.type_catalogue import TypeCatalogue
from exchange.sealing import Sealer, derive
from exchange.service.authorities import Authorities
from exchange.service.catalogue import Catalogue
from exchange.service.children import Children
from exchange.service.jobs import Jobs
from exchange.service.keys import HubKeys
from exchange.service.photos import Photos
from exchange.settings import Settings
from exchange.stores import Blobs
from exchange.uow import Reads, Units


@dataclass(frozen=True, slots=True)
class Base:
    """What every service stands on."""

    settings: Settings
    engine: AsyncEngine
    pool: asyncpg.Pool
    jobs: Jobs
    blobs: Blobs
    reads: Reads
    units: Units
    keys: HubKeys
    authorities: Authorities
    catalogue: Catalogue
    types: TypeCatalogue
    memory: CheckpointFile
    children: Children

    @property
    def photos(self) -> Photos:
        """The photos certificates state."""
        return Photos(self.blobs, Sealer(self.secret("photos"), secrets.token_bytes))

    def secret(self, purpose: str) -> bytes:
        """A 32-byte key of the data key for one purpose."""
        return derive(self.settings.data_key_bytes, purpose)

    @property
    def hub(self) -> str:
        """The hub's name in entries and receipts: its operator's code."""
        return self.settings.operator
