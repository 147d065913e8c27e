"""The trust file 信任锚: which keys an offline verifier believes, for what, and when.

JSON: `{"v":1,"type":"yzt-trust","logs":[{"origin":…,"keys":[vkey,…]}],"keys":[{"jwk":…,"role":…,"owner":…,
"not_before":…,"not_after":…}]}`, times in UTC with `Z`. A key its owner lost (失密) also has `distrusted_at`; nothing
it signed is believed, whatever date it bears. The file must reach the verifier by another way than the
evidence does; one found inside a bundle proves nothing by itself. A key of role `trust-list` lets the verifier
believe the hub's signed trust list (`certs.trust`), which is too large and too changeable to be handed over so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from certs.crypto.jwk import public_jwk, verifier_from_jwk
from certs.crypto.keyring import KeyRing, TrustedKey
from certs.crypto.strict_json import canonical, loads_object
from certs.errors import CryptoError, EncodingRefused
from certs.evidence.checkpoint import LogIdentity
from certs.evidence.errors import TrustMalformed
from certs.evidence.note import NoteVerifier

MAX_TRUST_BYTES = 1024 * 1024
TRUST_TYPE = "yzt-trust"
TRUST_LIST_ROLE = "trust-list"
_DISTRUSTED = "distrusted_at"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Trust:
    """Logs by origin, and keys with role, owner and window."""

    logs: tuple[LogIdentity, ...]
    keys: KeyRing

    def log(self, origin: str) -> LogIdentity | None:
        """The log of this origin, if it is trusted and has a key."""
        return next((log for log in self.logs if log.origin == origin and log.keys), None)


def encode_trust(logs: Iterable[LogIdentity], keys: Iterable[TrustedKey]) -> bytes:
    """Write a trust file."""
    document = {
        "v": 1,
        "type": TRUST_TYPE,
        "logs": [{"origin": log.origin, "keys": [key.vkey() for key in log.keys]} for log in logs],
        "keys": [_write_key(key) for key in keys],
    }
    return canonical(document)


def decode_trust(data: bytes) -> Trust:
    """Read a trust file strictly: one wrong member refuses the whole. Raises `TrustMalformed`."""
    try:
        document = loads_object(data, max_bytes=MAX_TRUST_BYTES)
        if (
            document.keys() != {"v", "type", "logs", "keys"}
            or document["type"] != TRUST_TYPE
            or repr(document["v"]) != "1"
        ):
            raise TrustMalformed("not a trust file of version 1")
        logs = tuple(_read_log(item) for item in _list(document["logs"]))
        keys = KeyRing(_read_key(item) for item in _list(document["keys"]))
    except (EncodingRefused, CryptoError) as error:
        raise TrustMalformed(str(error)) from error
    if len({log.origin for log in logs}) != len(logs):
        raise TrustMalformed("one log origin twice")
    return Trust(logs, keys)


def _write_key(key: TrustedKey) -> dict[str, object]:
    return {
        "jwk": public_jwk(key.verifier),
        "role": key.role,
        "owner": key.owner,
        "not_before": key.not_before.astimezone(UTC).strftime(_TIME),
        "not_after": key.not_after.astimezone(UTC).strftime(_TIME),
        **({_DISTRUSTED: key.distrusted_at.astimezone(UTC).strftime(_TIME)} if key.distrusted_at else {}),
    }


def _read_key(item: object) -> TrustedKey:
    distrusted = isinstance(item, dict) and _DISTRUSTED in item
    members = _object(item, {"jwk", "role", "owner", "not_before", "not_after", *([_DISTRUSTED] if distrusted else [])})
    jwk = members["jwk"]
    if not isinstance(jwk, dict):
        raise TrustMalformed("key without jwk")
    verifier = verifier_from_jwk(jwk)
    if jwk.get("kid", verifier.kid) != verifier.kid:
        raise TrustMalformed("kid is not the thumbprint of its key")
    return TrustedKey(
        verifier=verifier,
        not_before=_read_time(members["not_before"]),
        not_after=_read_time(members["not_after"]),
        role=_text(members["role"]),
        owner=_text(members["owner"]),
        distrusted_at=_read_time(members[_DISTRUSTED]) if distrusted else None,
    )


def _read_log(item: object) -> LogIdentity:
    members = _object(item, {"origin", "keys"})
    keys = tuple(NoteVerifier.from_vkey(_text(key)) for key in _list(members["keys"]))
    return LogIdentity(_text(members["origin"]), keys)


def _read_time(value: object) -> datetime:
    try:
        return datetime.strptime(_text(value), _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise TrustMalformed("time is not YYYY-MM-DDThh:mm:ssZ") from None


def _object(item: object, members: set[str]) -> Mapping[str, object]:
    if not isinstance(item, dict) or item.keys() != members:
        raise TrustMalformed(f"members are not {sorted(members)}")
    return item


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TrustMalformed("not a list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TrustMalformed("not a text")
    return value
