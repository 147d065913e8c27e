"""Disclosures of SD-JWT (RFC 9901 §4.2, §7.1): making, hashing, and putting them back into the signed claims."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256, sha384, sha512
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from certs.crypto import base64url
from certs.crypto.strict_json import dumps_each, loads_compact, loads_strict
from certs.errors import (
    DigestDuplicate,
    DisclosureMalformed,
    DisclosureNameRefused,
    DisclosureOverrides,
    DisclosureUnreferenced,
    EncodingRefused,
    HashAlgorithmRefused,
    TokenMalformed,
)

DEFAULT_HASH: Final = "sha-256"
MAX_NESTING: Final = 32
_HASHES: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {"sha-256": sha256, "sha-384": sha384, "sha-512": sha512}
)
_STRUCTURAL: Final = frozenset({"_sd", "...", "_sd_alg"})


class Disclosure(NamedTuple):
    """One disclosure: `name` is None for an array element. `encoded` is what is hashed and sent."""

    encoded: str
    name: str | None
    value: object


def make_disclosures(
    salts: Iterable[str], names: Iterable[str], values: Iterable[object]
) -> tuple[list[str], list[str]]:
    """The base64url forms of `[salt, name, value]`, and their digests under `DEFAULT_HASH`; as many of each.

    No value may be a NaN or an Infinity, or hold one: that is not looked for again.

    Raises:
        JsonRefused: an integer beyond 64 bits, or text that is not Unicode.
    """
    lines = base64url.encode_lines(dumps_each(zip(salts, names, values, strict=True)))
    hashed = [sha256(line).digest() for line in lines.splitlines()]
    return lines.decode("ascii").splitlines(), base64url.encode_each(hashed)


def digests(texts: Iterable[str], sd_alg: str = DEFAULT_HASH) -> list[str]:
    """`digest` of many texts.

    Raises:
        HashAlgorithmRefused: unknown or weak.
    """
    function = _hash(sd_alg)
    return base64url.encode_each([function(text.encode("ascii")).digest() for text in texts])


def digest(text: str, sd_alg: str = DEFAULT_HASH) -> str:
    """Base64url digest of ASCII text under a hash of the IANA registry that is strong enough.

    Raises:
        HashAlgorithmRefused: unknown or weak.
    """
    return base64url.encode(_hash(sd_alg)(text.encode("ascii")).digest())


def hash_name(claims: Mapping[str, object]) -> str:
    """The `_sd_alg` of signed claims, `sha-256` if absent.

    Raises:
        HashAlgorithmRefused: unknown, weak, or not text.
    """
    name = claims.get("_sd_alg", DEFAULT_HASH)
    _hash(name)
    return str(name)


def _hash(name: object) -> Callable[..., Any]:
    function = _HASHES.get(name) if isinstance(name, str) else None
    if function is None:
        raise HashAlgorithmRefused(f"_sd_alg {str(name)[:32]!r} is not accepted")
    return function


def parse_disclosure(encoded: str) -> Disclosure:
    """Read one disclosure.

    Raises:
        DisclosureMalformed: not canonical base64url of strict JSON `[salt, value]` or `[salt, name, value]`.
        DisclosureNameRefused: the name is `_sd`, `...` or `_sd_alg`.
    """
    try:
        content = loads_strict(base64url.decode(encoded))
    except EncodingRefused as error:
        raise DisclosureMalformed("disclosure is not base64url of strict JSON") from error
    return _disclosure(encoded, content)


def parse_disclosures(encoded: Sequence[str]) -> list[Disclosure]:
    """`parse_disclosure` of each, with the same refusals; the usual compact ones in a single pass."""
    try:
        contents = loads_compact([base64url.decode(text) for text in encoded])
    except EncodingRefused as error:
        raise DisclosureMalformed("disclosure is not base64url") from error
    if contents is None:
        return [parse_disclosure(text) for text in encoded]
    return list(map(_disclosure, encoded, contents))


def _disclosure(encoded: str, content: object) -> Disclosure:
    if isinstance(content, list) and content and isinstance(content[0], str):
        if len(content) == 3 and isinstance(name := content[1], str):
            if name in _STRUCTURAL:
                raise DisclosureNameRefused(f"disclosure is named {name!r}")
            return Disclosure(encoded, name, content[2])
        if len(content) == 2:
            return Disclosure(encoded, None, content[1])
    raise DisclosureMalformed("disclosure is not [salt, value] or [salt, name, value]")


def reveal(claims: Mapping[str, object], disclosures: Sequence[str]) -> dict[str, object]:
    """The claims with every disclosure in its place and all digests removed (RFC 9901 §7.1 step 3).

    Raises:
        DisclosureError: any disclosure malformed, repeated, unreferenced or in conflict; nothing is skipped.
        TokenMalformed: `_sd` or `...` is not used as the standard says, or nesting exceeds 32.
    """
    parsed = parse_disclosures(disclosures)
    waiting = dict(zip(digests(disclosures, hash_name(claims)), parsed, strict=True))
    if len(waiting) != len(parsed):
        raise DigestDuplicate("a disclosure is sent twice")
    walk = _Walk(waiting)
    revealed = walk.mapping(claims, 0)
    if walk.waiting:
        raise DisclosureUnreferenced(f"{len(walk.waiting)} disclosures match no digest", count=len(walk.waiting))
    revealed.pop("_sd_alg", None)
    return revealed


@dataclass(slots=True)
class _Walk:
    """One pass over the claims; `waiting` shrinks as digests are met, `seen` grows."""

    waiting: dict[str, Disclosure]
    seen: set[str] = field(default_factory=set)

    def value(self, item: object, depth: int) -> object:
        if isinstance(item, dict):
            return self.mapping(item, depth + 1)
        return self.array(item, depth + 1) if isinstance(item, list) else item

    def mapping(self, item: Mapping[str, object], depth: int) -> dict[str, object]:
        if depth > MAX_NESTING:
            raise TokenMalformed(f"claims nest deeper than {MAX_NESTING}")
        if "..." in item:
            raise TokenMalformed("'...' outside an array element")
        plain = {
            name: self.value(value, depth) if isinstance(value, dict | list) else value
            for name, value in item.items()
            if name != "_sd"
        }
        if "_sd" in item:
            self.place(item["_sd"], plain, depth)
        return plain

    def place(self, digests: object, plain: dict[str, object], depth: int) -> None:
        if not isinstance(digests, list):
            raise TokenMalformed("_sd is not an array")
        take = self.take
        for key in digests:
            found = take(key)
            if found is None:
                continue
            _, name, value = found
            if name is None:
                raise DisclosureMalformed("an array element is disclosed as a claim")
            if name in plain:
                raise DisclosureOverrides(f"disclosure would replace {name!r}", claim=name)
            plain[name] = self.value(value, depth) if isinstance(value, dict | list) else value

    def array(self, items: list[object], depth: int) -> list[object]:
        if depth > MAX_NESTING:
            raise TokenMalformed(f"claims nest deeper than {MAX_NESTING}")
        revealed = []
        for item in items:
            if not isinstance(item, dict) or "..." not in item:
                revealed.append(self.value(item, depth))
                continue
            if len(item) != 1:
                raise TokenMalformed("'...' stands beside other members")
            found = self.take(item["..."])
            if found is not None and found.name is not None:
                raise DisclosureMalformed("a claim is disclosed as an array element")
            if found is not None:
                revealed.append(self.value(found.value, depth))
        return revealed

    def take(self, key: object) -> Disclosure | None:
        if not isinstance(key, str):
            raise TokenMalformed("a digest is not text")
        if key in self.seen:
            raise DigestDuplicate("a digest occurs twice")
        self.seen.add(key)
        return self.waiting.pop(key, None)


def with_ancestors(chosen: Sequence[Disclosure], available: Sequence[Disclosure], sd_alg: str) -> list[str]:
    """The encoded disclosures to send so that each chosen one can be found: itself and all it is nested in."""
    parents = {key: parent for parent in available for key in _digests_inside(parent.value)}
    wanted: set[str] = set()
    for disclosure in chosen:
        current: Disclosure | None = disclosure
        while current is not None and current.encoded not in wanted:
            wanted.add(current.encoded)
            current = parents.get(digest(current.encoded, sd_alg))
    return [disclosure.encoded for disclosure in available if disclosure.encoded in wanted]


def _digests_inside(value: object) -> list[str]:
    found: list[str] = []
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            own = item.get("_sd", [])
            found += [key for key in [*own, item.get("...")] if isinstance(key, str)] if isinstance(own, list) else []
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return found
