"""Ways to change bytes: blindly, and along the structure that a forger would use."""

import json
from collections.abc import Callable

from hypothesis import strategies as st

from certs.crypto import base64url
from certs.errors import CertsError
from certs.pki import der
from certs.pki.der_reader import Node, read

_EDGES = (b"", b"\0", b"\xff", b"\x7f" * 9, b"\0" * 32, b"\xff" * 33)
_VALUES: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    2**63,
    1e308,
    "",
    "\u202e",
    [],
    {},
    "2099-01-01",
    "11339900MB9000015P",
)


@st.composite
def blind(draw: st.DrawFn, data: bytes) -> bytes:
    """Bits flipped, bytes replaced, deleted, inserted, repeated, moved, exchanged, cut off or appended."""
    for _ in range(draw(st.integers(1, 3))):
        data = draw(st.sampled_from(_BLIND))(draw, data) if data else draw(st.binary(max_size=8))
    return data


def _span(draw: st.DrawFn, data: bytes, longest: int = 64) -> tuple[int, int]:
    start = draw(st.integers(0, len(data) - 1))
    return start, min(len(data), start + draw(st.integers(1, longest)))


def _flip(draw: st.DrawFn, data: bytes) -> bytes:
    at, bit = draw(st.integers(0, len(data) - 1)), draw(st.integers(0, 7))
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def _replace(draw: st.DrawFn, data: bytes) -> bytes:
    start, end = _span(draw, data, 8)
    return data[:start] + draw(st.binary(max_size=8)) + data[end:]


def _delete(draw: st.DrawFn, data: bytes) -> bytes:
    start, end = _span(draw, data)
    return data[:start] + data[end:]


def _repeat(draw: st.DrawFn, data: bytes) -> bytes:
    start, end = _span(draw, data)
    return data[:end] + data[start:end] + data[end:]


def _move(draw: st.DrawFn, data: bytes) -> bytes:
    start, end = _span(draw, data)
    rest, to = data[:start] + data[end:], draw(st.integers(0, len(data)))
    return rest[:to] + data[start:end] + rest[to:]


def _cut(draw: st.DrawFn, data: bytes) -> bytes:
    at = draw(st.integers(0, len(data) - 1))
    return data[:at] if draw(st.booleans()) else data[at:]


def _append(draw: st.DrawFn, data: bytes) -> bytes:
    more = draw(st.binary(min_size=1, max_size=16) | st.just(data))
    return data + more if draw(st.booleans()) else more + data


_BLIND: tuple[Callable[[st.DrawFn, bytes], bytes], ...] = (_flip, _replace, _delete, _repeat, _move, _cut, _append)


# ---- DER: values exchanged, with every length around them corrected ---------------------------------------------


@st.composite
def of_der(draw: st.DrawFn, data: bytes) -> bytes:
    """One value anywhere, also inside strings that hold DER, deleted, doubled, exchanged, emptied or retagged."""
    paths = _paths(data)
    path, other = draw(st.sampled_from(paths)), draw(st.sampled_from(paths))
    old, new = _at(data, path), _at(data, other)
    tag, content = draw(st.sampled_from((old[0], 0x30, 0x31, 0x04, 0xA0, 0x02))), draw(st.sampled_from(_EDGES))
    changed = draw(st.sampled_from((b"", old + old, new, old + new, der.tlv(old[0], content), der.tlv(tag, old))))
    return _with(data, path, changed)


def _inside(node: Node) -> tuple[bytes, list[Node]]:
    """What stands before the inner values (the count of unused bits), and these values."""
    if node.children or node.tag not in (der.OCTET_STRING, der.BIT_STRING):
        return b"", list(node.children)
    head = node.content[:1] if node.tag == der.BIT_STRING else b""
    try:
        return head, [read(node.content[len(head) :])]
    except CertsError:
        return b"", []


def _paths(data: bytes) -> list[tuple[int, ...]]:
    found = list[tuple[int, ...]]()
    waiting: list[tuple[tuple[int, ...], Node]] = [((), read(data))]
    while waiting:
        path, node = waiting.pop()
        found.append(path)
        waiting += [((*path, n), inner) for n, inner in enumerate(_inside(node)[1])]
    return found


def _at(data: bytes, path: tuple[int, ...]) -> bytes:
    node = read(data)
    for step in path:
        node = _inside(node)[1][step]
    return node.raw


def _with(data: bytes, path: tuple[int, ...], changed: bytes) -> bytes:
    if not path:
        return changed
    node = read(data)
    head, inner = _inside(node)
    parts = [one.raw for one in inner]
    parts[path[0]] = _with(parts[path[0]], path[1:], changed)
    return der.tlv(node.tag, head + b"".join(parts))


# ---- tokens: parts exchanged, members of header, payload and disclosures changed ----------------------------------


@st.composite
def of_token(draw: st.DrawFn, data: bytes) -> bytes:
    """Parts between dots and tildes dropped, doubled, exchanged; or one member of their JSON changed."""
    parts = [jws.split(".") for jws in data.decode().split("~")]
    places = [(i, j) for i, jws in enumerate(parts) for j in range(len(jws))]
    i, j = draw(st.sampled_from(places))
    k, m = draw(st.sampled_from(places))
    act = draw(st.sampled_from(("drop", "double", "exchange", "json", "json")))
    if act == "drop":
        del parts[i][j]
    elif act == "double":
        parts[i].insert(j, parts[k][m])
    elif act == "exchange":
        parts[i][j], parts[k][m] = parts[k][m], parts[i][j]
    else:
        parts[i][j] = _member_changed(draw, parts[i][j])
    return "~".join(".".join(jws) for jws in parts).encode()


def _member_changed(draw: st.DrawFn, part: str) -> str:
    try:
        value = json.loads(base64url.decode(part))
    except (CertsError, ValueError):
        return part[::-1]
    if isinstance(value, dict) and value:
        name = draw(st.sampled_from(sorted(value)))
        act = draw(st.sampled_from(("delete", "change", "rename", "reorder", "add")))
        value = _changed(draw, dict(value), name, act)
    elif isinstance(value, list) and value:
        value[draw(st.integers(0, len(value) - 1))] = draw(st.sampled_from(_VALUES))
    return base64url.encode(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def _changed(draw: st.DrawFn, value: dict[str, object], name: str, act: str) -> dict[str, object]:
    if act == "reorder":
        return dict(reversed(value.items()))
    if act == "add":
        return {**value, draw(st.text(max_size=4)): draw(st.sampled_from(_VALUES))}
    old = value.pop(name)
    if act == "rename":
        value[name[::-1]] = old
    elif act == "change":
        value[name] = draw(st.sampled_from(_VALUES))
    return value


# ---- texts in lines: PDF structure, notes, proofs ------------------------------------------------------------------


@st.composite
def of_lines(draw: st.DrawFn, data: bytes) -> bytes:
    """Whole lines deleted, doubled or exchanged, and whole stretches of lines moved to the end."""
    lines = data.split(b"\n")
    i, j = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    i, j = min(i, j), max(i, j)
    return b"\n".join(
        draw(
            st.sampled_from(
                (
                    lines[:i] + lines[j + 1 :],
                    [*lines[: i + 1], *lines[i:]],
                    [*lines[:i], lines[j], *lines[i + 1 : j], lines[i], *lines[j + 1 :]],
                    [*lines[:i], *lines[j:], *lines[i:j]],
                    [*lines, *lines[i:]],
                )
            )
        )
    )
