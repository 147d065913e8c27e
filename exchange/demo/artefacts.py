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

_SUFFIX = {FaceKind.JSON: "jws", FaceKind.SD_JWT: "sdjwt", FaceKind.OFD: "ofd", FaceKind.PDF: "pdf"}

_README = """# Artefacts of the story

Everything here is synthetic: region code 339900, invented people. Nothing below needs a network or a running hub.
`python -m certs …` and `yzt verify …` leave with 0 valid, 1 invalid, 2 indeterminate.

```sh
TRUST="--trust trust/keys.json"; STATES="--trust-list trust/trust-list.jwt"
for file in certificates/* presentations/* copies/*; do echo "$file"; yzt verify "$file" $TRUST $STATES; done
for proof in proofs/*; do
  id=$(basename "$proof" .tlog-proof)
  python -m certs verify-proof "$proof" "entries/$id.json" --receipt "receipts/$id.jwt" $TRUST
done
python -m certs verify-bundle bundle.zip $TRUST --at @at@
python -m certs audit-log log $TRUST
```

| directory or file | what it is |
|---|---|
| `certificates/` | every face of every certificate of the citizen: SD-JWT VC (`.sdjwt`, RFC 9901), JSON (`.jws`), |
| | OFD with a GB/T 38540 seal (`.ofd`), PDF/A with a PAdES seal (`.pdf`) |
| `copies/` | a purpose-marked copy (加注件) of the real estate certificate |
| `presentations/` | what the clerk received: the same certificates with fewer fields |
| `receipts/`, `entries/`, `proofs/` | receipt, log entry and tlog-proof of every use |
| `log/` | the whole evidence log as tiles with its signed checkpoint |
| `status/` | token status lists; the trust list carries them as well |
| `trust/` | `keys.json` comes from the operator by another way than the evidence; `trust-list.jwt` is signed |
| `bundle.zip` | the evidence of one case, complete |
| `catalogue.jsonld` | the catalogue as DCAT-AP 3 |

The household moved in the story and the couple brought a new photo: `certificates/household.*` and `marriage.*` are
version 1 and no longer valid, `household-2.*` and `marriage-2.*` are version 2. Real estate is signed with SM2,
marriage with EdDSA, the others with ES256.
"""


@dataclass(slots=True)
class Artefacts:
    """Collects files in memory while the story runs; written at the end when a directory was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    used_at: str = ""

    def add(self, name: str, content: bytes | str) -> None:
        """Keep a file."""
        self.files[name] = content.encode() if isinstance(content, str) else content

    def add_json(self, name: str, value: object) -> None:
        """Keep a JSON document."""
        self.add(name, orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str))

    async def add_certificates(self, stage: Stage) -> None:
        """Keep every face of the certificates the citizen holds, as a person and for the firm."""
        hero = stage.world.hero
        for subject in (hero.citizen_id, hero.uscc):
            for item in await stage.app.certificates.held(subject):
                slug = stage.app.types.get(item.certificate.type_code).slug
                await self.add_certificate(stage, slug, str(item.certificate.identifier))

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
        self.add("README.md", _README.replace("@at@", self.used_at))
        for name, content in self.files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _published_log(root: Path) -> Mapping[str, bytes]:
    names = [root / "checkpoint", *sorted((root / "tile").rglob("*"))]
    return {f"log/{path.relative_to(root).as_posix()}": path.read_bytes() for path in names if path.is_file()}
