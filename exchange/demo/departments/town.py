"""The four departments together: made, at work, and what the hub was told to reach them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

import psycopg

from adapters.ports import Connection, Secrets
from exchange.demo.changes import Change
from exchange.demo.departments.mca import CivilAffairs
from exchange.demo.departments.nr import NaturalResources
from exchange.demo.departments.psb import DATABASE, PublicSecurity
from exchange.demo.departments.samr import MarketSupervision
from exchange.demo.world import Resource, World


class Town:
    """Four systems under one directory and one database server.

    `server_url` is the address of a PostgreSQL server on which the 公安局 gets the database `database` of its own.
    As a context manager it starts the 民政局's service process and, at the end, stops that process only; files and
    the database stay until `remove`.
    """

    def __init__(self, directory: Path, server_url: str, *, database: str = DATABASE, mca_port: int = 0) -> None:
        self.psb = PublicSecurity(server_url, database)
        self.mca = CivilAffairs(directory / "mca", mca_port)
        self.samr = MarketSupervision(directory / "samr")
        self.nr = NaturalResources(directory / "nr" / "bdc.sqlite")

    def create(self, world: World) -> None:
        """Fill every system anew."""
        for department in (self.psb, self.mca, self.samr, self.nr):
            department.create(world)

    def apply(self, changes: Sequence[Change], at: datetime) -> None:
        """Let every department write the changes that concern it; `at` (aware) becomes their time of change.

        A pull sees them once `at` is older than the manifest's delay.
        """
        for department in (self.psb, self.mca, self.samr, self.nr):
            department.apply(changes, at)

    def counts(self) -> Mapping[Resource, int]:
        """Rows in every system, planted bad rows included (for dropped files: rows dropped so far)."""
        return {
            Resource.HOUSEHOLD: self.psb.count(),
            Resource.MARRIAGE: self.mca.count(),
            Resource.LICENCE: self.samr.count(),
            Resource.REAL_ESTATE: self.nr.count(),
        }

    def secrets(self) -> Secrets:
        """The connections and secrets the manifests of `exchange.demo.manifests` name; needs the service to run."""
        client_id, client_secret = self.mca.client()
        return Secrets(
            connections={
                "psb": Connection(self.psb.url),
                "mca": Connection(self.mca.url, allow_private=True),
                "samr": Connection(self.samr.directory.resolve().as_uri()),
                "nr": Connection(f"sqlite:///{self.nr.path.resolve()}"),
            },
            values={"mca.client_id": client_id, "mca.client_secret": client_secret},
        )

    def remove(self) -> None:
        """Stop the service and drop the department's database; the caller removes the directory."""
        self.mca.stop()
        with suppress(psycopg.OperationalError):
            self.psb.drop()

    def __enter__(self) -> Self:
        self.mca.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.mca.stop()
