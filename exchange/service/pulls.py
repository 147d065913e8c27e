"""Pulling departments' systems: one manifest per resource, the verbs check, preview and run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.manifest import parse_manifest
from adapters.model import Manifest
from adapters.ports import Pictures, SecretLookup
from adapters.preview import Preview
from adapters.pull import CheckReport, Pull, RunReport
from exchange.errors import ManifestMissingError
from exchange.service.cascade import Cascade
from exchange.uow import Units


@dataclass(frozen=True, slots=True)
class Pulls:
    """The manifests of this hub. After every run the certificates built on changed records follow."""

    engine: AsyncEngine
    units: Units
    secrets: SecretLookup
    manifests: Mapping[str, Manifest]
    cascade: Cascade
    pictures: Pictures
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]

    async def check(self, resource: str) -> CheckReport:
        """Reach the source and compare its columns with the manifest."""
        return await self._pull(resource).check()

    async def preview(self, resource: str, rows: int) -> Preview:
        """The first rows as they would be stored, personal values masked."""
        return await self._pull(resource).preview(rows)

    async def run(self, resource: str) -> RunReport:
        """Pull everything new, then let the certificates follow the changes."""
        report = await self._pull(resource).run(self.units)
        await self.cascade.run()
        return report

    def _pull(self, resource: str) -> Pull:
        manifest = self.manifests.get(resource)
        if manifest is None:
            raise ManifestMissingError(resource)
        return Pull(self.engine, manifest, self.secrets, self.now, self.new_id, pictures=self.pictures)


def load_manifests(directory: Path | None) -> dict[str, Manifest]:
    """Every `*.toml` of the directory by the resource it fills.

    Raises:
        ManifestError: a file has errors; all of them are listed.
    """
    files = sorted(directory.glob("*.toml")) if directory else []
    manifests = [parse_manifest(path.read_bytes()) for path in files]
    return {str(manifest.resource): manifest for manifest in manifests}
