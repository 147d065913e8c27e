"""The catalogue held in memory and validated by one number."""

from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.repo import load_snapshot, read_revision
from catalog.snapshot import CatalogueSnapshot


class SnapshotCache:
    """Holds the last snapshot; one instance per process."""

    def __init__(self) -> None:
        self._held: CatalogueSnapshot | None = None

    async def get(self, conn: AsyncConnection) -> CatalogueSnapshot:
        """Return the catalogue as of this call: one single-row read, and a reload only after a change."""
        held = self.at(await read_revision(conn))
        if held is None:
            held = await load_snapshot(conn)
            self._held = held
        return held

    def at(self, revision: int) -> CatalogueSnapshot | None:
        """Return the held snapshot if it is of this revision, for callers that read the number with their own query."""
        return self._held if self._held is not None and self._held.revision == revision else None
