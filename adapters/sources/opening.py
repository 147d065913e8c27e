"""From the `[source]` of a manifest to a source that can be read."""

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from adapters.model import FileSource, Manifest, RelationalSource, RestSource
from adapters.ports import SecretLookup, Source
from adapters.sources.files import Files
from adapters.sources.postgres import PostgresTable
from adapters.sources.relational import RelationalTable, is_postgres
from adapters.sources.rest import RestList


def open_source(manifest: Manifest, secrets: SecretLookup, now: Callable[[], datetime]) -> Source:
    """The source of `manifest`; nothing is contacted yet.

    Raises:
        UnknownSecretError: a name of the manifest is not in the store.
    """
    source = manifest.source
    connection = secrets.connection(source.connection)
    match source:
        case RelationalSource():
            kind = PostgresTable if is_postgres(connection.url) else RelationalTable
            return kind(manifest, source, connection, now)
        case RestSource():
            return RestList(manifest, source, connection, secrets, now)
        case FileSource():
            return Files(manifest, source, connection, now)
        case _:
            assert_never(source)
