"""The connections file: how to reach the departments' systems, apart from the manifests that say what to pull.

TOML, readable by the owner only:

    [connections.psb]
    url = "postgresql+psycopg://reader@psb.example/registry"
    [connections.mca]
    url = "https://mca.example"
    hosts = ["mca.example"]
    allow_private = false
    [values]
    mca-client-secret = "…"
"""

import tomllib
from pathlib import Path

from adapters.ports import Connection, Secrets
from exchange.errors import SettingsError

_OTHERS_MAY = 0o077
_MEMBERS = {"url", "hosts", "allow_private"}


def load_connections(path: Path | None) -> Secrets:
    """Read the file; no file means no connections.

    Raises:
        SettingsError: the file cannot be read, others may read it, or it has members nobody knows; all are listed.
    """
    if path is None:
        return Secrets()
    try:
        if path.stat().st_mode & _OTHERS_MAY:
            raise SettingsError([f"{path.name}: others may read it; set its mode to 600"])
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError([f"{path.name}: {error}"]) from None
    complaints = [f"{path.name}: unknown table {name}" for name in document.keys() - {"connections", "values"}]
    tables = document.get("connections", {})
    for name, table in tables.items():
        complaints += [f"{path.name}: connections.{name}.{member} is unknown" for member in table.keys() - _MEMBERS]
        complaints += [] if isinstance(table.get("url"), str) else [f"{path.name}: connections.{name} needs a url"]
    if complaints:
        raise SettingsError(complaints)
    return Secrets(
        connections={
            name: Connection(table["url"], tuple(table.get("hosts", ())), bool(table.get("allow_private", False)))
            for name, table in tables.items()
        },
        values={name: str(value) for name, value in document.get("values", {}).items()},
    )
