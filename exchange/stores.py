"""Where state lives, by profile: the database and the object store, opened from the settings."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
from minio import Minio
from sqlalchemy import make_url

from adapters.blobs.local import LocalBlobs
from adapters.blobs.s3 import S3Blobs
from exchange.embedded import embedded_postgres
from exchange.settings import Profile, Settings

Blobs = LocalBlobs | S3Blobs
Database = Callable[[Settings], AbstractAsyncContextManager[str]]
"""Gives the address of the database for as long as its context lives."""

POOL = 12


@asynccontextmanager
async def own_database(settings: Settings) -> AsyncIterator[str]:
    """Address of the database; on the embedded profile its server runs for as long as the context lives."""
    if settings.profile is Profile.PRODUCTION and settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    embedded = embedded_postgres(settings.data_dir / "pg")
    url = await asyncio.to_thread(embedded.__enter__)
    try:
        yield url
    finally:
        await asyncio.to_thread(embedded.__exit__, None, None, None)


async def _untouched(_connection: object) -> None:
    """Single statements in AUTOCOMMIT leave nothing to reset; the default costs a round trip per statement."""


def asyncpg_pool(url: str) -> asyncpg.Pool:
    """A pool of the driver itself, for the query's one read; `url` is SQLAlchemy's asyncpg address."""
    parts = make_url(url)
    host = parts.query.get("host", parts.host)
    return asyncpg.create_pool(
        host=host if isinstance(host, str) else None,
        port=parts.port,
        user=parts.username,
        password=parts.password,
        database=parts.database,
        min_size=1,
        max_size=POOL,
        reset=_untouched,
    )


def object_store(settings: Settings) -> Blobs:
    """A local directory on the embedded profile, the S3 bucket on the production profile."""
    if settings.profile is Profile.EMBEDDED:
        return LocalBlobs(settings.data_dir / "objects")
    # the production profile has all four, or the settings would have been refused
    assert settings.s3_endpoint is not None
    assert settings.s3_access_key is not None
    assert settings.s3_secret_key is not None
    assert settings.s3_bucket is not None
    client = Minio(
        settings.s3_endpoint,
        access_key=settings.s3_access_key.get_secret_value(),
        secret_key=settings.s3_secret_key.get_secret_value(),
        secure=settings.s3_secure,
        region="us-east-1",  # what S3 calls no region; servers other than Amazon's ignore it
    )
    return S3Blobs(client, settings.s3_bucket)
