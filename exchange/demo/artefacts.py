"""What the story leaves behind with `--out`: every kind of credential and document it made, and how to check each."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from certs import repo as certificates
from certs.model import FaceKind
from exchange.demo.stage import Stage
from exchange.service.trust import Published

_SUFFIX = {FaceKind.JSON: "jws", FaceKind.SD_JWT: "sdjwt"}

_README = """# Artefacts of the story

Everything here is synthetic: region code 339900, invented people.

| what | how to check it |
|---|---|
| `bundle.zip` | `python -m certs verify-bundle bundle.zip --trust trust/keys.json` |
| `certificates/*.sdjwt`, `*.jws` | `yzt verify FILE --trust trust/keys.json --trust-list trust/trust-list.jwt` |
| `proofs/`, `entries/`, `receipts/` | `python -m certs verify-proof PROOF ENTRY --receipt RECEIPT --trust …` |
| `log/` | `python -m certs audit-log log --trust trust/keys.json` |
| `catalogue.jsonld` | DCAT-AP 3 |
"""


@dataclass(slots=True)
class Artefacts:
    """Collects files in memory while the story runs; written at the end when a directory was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)

    def add(self, name: str, content: bytes | str) -> None:
        """Keep a file."""
        self.files[name] = content.encode() if isinstance(content, str) else content

    def add_json(self, name: str, value: object) -> None:
        """Keep a JSON document."""
        self.add(name, orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str))

    async def add_certificate(self, stage: Stage, name: str, identifier: str) -> None:
        """Keep every face of a certificate."""
        async with stage.app.reads() as conn:
            faces = await certificates.faces(conn, identifier)
        for kind, body in faces.items():
            self.add(f"certificates/{name}.{_SUFFIX[kind]}", body)

    def add_published(self, published: Published) -> None:
        """Keep trust list, keys and status lists."""
        self.add("trust/keys.json", published.keys)
        self.add("trust/trust-list.jwt", published.trust)
        for list_id, token in published.status_lists.items():
            self.add(f"status/{list_id}.jwt", token)

    async def add_log(self, stage: Stage) -> None:
        """Keep the published tiles and the checkpoint."""
        root = stage.home / "data" / "objects"
        found = await asyncio.to_thread(_published_log, root)
        self.files |= found

    def write(self, directory: Path) -> None:
        """Write everything; existing files of the same names are replaced."""
        self.add("README.md", _README)
        for name, content in self.files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _published_log(root: Path) -> Mapping[str, bytes]:
    names = [root / "checkpoint", *sorted((root / "tile").rglob("*"))]
    return {f"log/{path.relative_to(root).as_posix()}": path.read_bytes() for path in names if path.is_file()}
