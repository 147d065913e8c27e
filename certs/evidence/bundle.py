"""Evidence bundle 证据包: everything an outsider needs, in one file, to check exchanges without asking the hub.

A canonical archive (`certs.evidence.archive`) of `manifest.json` and, as far as they are wanted:
- `entries/<id>.json`, `receipts/<id>.jwt`, `proofs/<id>.tlog-proof`, where `<id>` is the event id;
- `checkpoint.txt`; `trust.json` (anchors, for reference only); `trust-list.jwt` (the hub's, see `certs.trust`);
- `certificates/<name>.sdjwt` and `status/<name>.jwt`.
Reading proves form only; `certs.offline` proves content.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from certs.crypto.strict_json import canonical
from certs.evidence.archive import decode_archive, encode_archive
from certs.evidence.entry import MAX_BODY_BYTES
from certs.evidence.errors import BundleMalformed
from certs.evidence.note import MAX_NOTE_BYTES
from certs.evidence.proof import MAX_PROOF_BYTES
from certs.evidence.receipt import MAX_RECEIPT_BYTES
from certs.evidence.trust import MAX_TRUST_BYTES

MANIFEST, CHECKPOINT, TRUST, TRUST_LIST = "manifest.json", "checkpoint.txt", "trust.json", "trust-list.jwt"
MAX_TOKEN_BYTES = 4 * 1024 * 1024  # a status list of ten million certificates
MAX_TRUST_LIST_BYTES = 32 * 1024 * 1024
_SINGLE = {CHECKPOINT: MAX_NOTE_BYTES, TRUST: MAX_TRUST_BYTES, TRUST_LIST: MAX_TRUST_LIST_BYTES}
_FOLDERS = {
    "entries": ("json", MAX_BODY_BYTES),
    "receipts": ("jwt", MAX_RECEIPT_BYTES),
    "proofs": ("tlog-proof", MAX_PROOF_BYTES),
    "certificates": ("sdjwt", MAX_TOKEN_BYTES),
    "status": ("jwt", MAX_TOKEN_BYTES),
}


@dataclass(frozen=True, slots=True)
class Bundle:
    """Contents of a bundle, unverified. Events are keyed by id, certificates and status lists by file name."""

    entries: Mapping[UUID, bytes] = field(default_factory=dict)
    receipts: Mapping[UUID, str] = field(default_factory=dict)
    proofs: Mapping[UUID, str] = field(default_factory=dict)
    certificates: Mapping[str, str] = field(default_factory=dict)
    status_lists: Mapping[str, str] = field(default_factory=dict)
    checkpoint: str | None = None
    trust: bytes | None = None
    trust_list: str | None = None


def encode_bundle(bundle: Bundle) -> bytes:
    """Write the bundle; equal contents give equal bytes. Raises `BundleMalformed` over a limit."""
    files = {
        **{f"entries/{key}.json": value for key, value in bundle.entries.items()},
        **{f"receipts/{key}.jwt": value.encode() for key, value in bundle.receipts.items()},
        **{f"proofs/{key}.tlog-proof": value.encode() for key, value in bundle.proofs.items()},
        **{f"certificates/{key}.sdjwt": value.encode() for key, value in bundle.certificates.items()},
        **{f"status/{key}.jwt": value.encode() for key, value in bundle.status_lists.items()},
    }
    if bundle.checkpoint is not None:
        files[CHECKPOINT] = bundle.checkpoint.encode()
    if bundle.trust is not None:
        files[TRUST] = bundle.trust
    if bundle.trust_list is not None:
        files[TRUST_LIST] = bundle.trust_list.encode()
    data = encode_archive({**files, MANIFEST: _manifest(files)})
    decode_bundle(data)
    return data


def decode_bundle(data: bytes) -> Bundle:
    """Read a bundle strictly: canonical archive, manifest equal to the files, known names, sizes within caps.

    Raises `BundleMalformed`.
    """
    files = decode_archive(data)
    manifest = files.pop(MANIFEST, None)
    if manifest != _manifest(files):
        raise BundleMalformed("the manifest does not list exactly these files")
    folders: dict[str, dict[str, bytes]] = {folder: {} for folder in _FOLDERS}
    for name, content in files.items():
        if name not in _SINGLE:
            folder, stem = _place(name, len(content))
            folders[folder][stem] = content
        elif len(content) > _SINGLE[name]:
            raise BundleMalformed(f"{name} is too large")
    return Bundle(
        entries=MappingProxyType({_event_id(key): body for key, body in folders["entries"].items()}),
        receipts=MappingProxyType({_event_id(key): _text(body) for key, body in folders["receipts"].items()}),
        proofs=MappingProxyType({_event_id(key): _text(body) for key, body in folders["proofs"].items()}),
        certificates=MappingProxyType({key: _text(body) for key, body in folders["certificates"].items()}),
        status_lists=MappingProxyType({key: _text(body) for key, body in folders["status"].items()}),
        checkpoint=_optional_text(files, CHECKPOINT),
        trust=files.get(TRUST),
        trust_list=_optional_text(files, TRUST_LIST),
    )


def _manifest(files: Mapping[str, bytes]) -> bytes:
    listed = {name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in files.items()}
    return canonical({"v": 1, "type": "yzt-evidence-bundle", "files": listed})


def _place(name: str, size: int) -> tuple[str, str]:
    folder, _, file = name.partition("/")
    suffix, limit = _FOLDERS.get(folder, ("", 0))
    stem, dot, found = file.rpartition(".")
    if not suffix or not dot or found != suffix or not stem:
        raise BundleMalformed(f"unexpected file {name}")
    if size > limit:
        raise BundleMalformed(f"{name} is too large")
    return folder, stem


def _event_id(stem: str) -> UUID:
    try:
        parsed = UUID(stem)
    except ValueError:
        raise BundleMalformed("file is not named by an event id") from None
    if str(parsed) != stem:
        raise BundleMalformed("file is not named by a canonical event id")
    return parsed


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise BundleMalformed("a text file is not UTF-8") from None


def _optional_text(files: Mapping[str, bytes], name: str) -> str | None:
    return _text(files[name]) if name in files else None
