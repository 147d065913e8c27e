"""Attack cases 45, 46 and 54: XML that reads files, explodes, or is read differently by two parsers."""

import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.ofd.errors import XmlRefused
from certs.ofd.strict_xml import MAX_BYTES, MAX_DEPTH, MAX_NODES, NAMESPACE, Budget, read_xml
from tests.certs.ofd.world import OfdWorld, failing

WORLD = OfdWorld()
SECRET = "f" * 40
LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))

ATTACKS = {
    "external file": '<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a>&x;</a>',
    "external address": '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:{port}/">]><a>&x;</a>',
    "external subset": '<!DOCTYPE a SYSTEM "http://127.0.0.1:{port}/a.dtd"><a/>',
    "parameter entity": '<!DOCTYPE a [<!ENTITY % x SYSTEM "file://{secret}">%x;]><a/>',
    "billion laughs": f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]><a>&l9;</a>',
    "quadratic": f'<!DOCTYPE a [<!ENTITY x "{"x" * 50000}">]><a>{"&x;" * 5000}</a>',
    "bare doctype": "<!DOCTYPE a><a/>",
    "style sheet": '<?xml-stylesheet href="http://127.0.0.1:{port}/"?><a/>',
    "instruction inside": "<a><?php x?></a>",
    "unknown entity": "<a>&nbsp;</a>",
    "deep": "<a>" * 100_000,
    "deep and closed": "<a>" * (MAX_DEPTH + 1) + "</a>" * (MAX_DEPTH + 1),
    "latin 1": '<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
    "version 1.1": '<?xml version="1.1"?><a/>',
    "two roots": "<a/><a/>",
    "text behind": "<a/>x",
    "no root": "<!-- -->",
    "nothing": "",
    "same attribute twice": '<a ID="1" ID="2"/>',
    "same attribute by two prefixes": '<a xmlns:x="n" xmlns:y="n" x:ID="1" y:ID="2"/>',
    "unbound prefix": "<ofd:a/>",
    "not closed": "<a>",
    "control character": "<a>\x01</a>",
}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that must never be called."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        found.setblocking(False)
        yield found


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("part", ["OFD.xml", "Doc_0/Document.xml", "Doc_0/Signs/Sign_0/Signature.xml"])
def test_hostile_xml_is_refused_without_reading_anything(
    attack: str, part: str, tmp_path: Path, listener: socket.socket
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    port = listener.getsockname()[1]
    text = ATTACKS[attack].replace("{secret}", str(secret)).replace("{port}", str(port))
    began = time.monotonic()
    with pytest.raises(XmlRefused) as refused:
        read_xml(text.encode())
    assert SECRET not in str(refused.value)
    found = WORLD.verify({**WORLD.parts(), part: text.encode()})
    # What unpacks to a hundred times its size is stopped before it is parsed.
    assert failing(found) in ({1: "document-malformed"}, {1: "package-irregular"})
    assert found.report.verdict.value == "invalid"
    assert SECRET not in repr(found)
    assert time.monotonic() - began < 2
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_the_number_of_nodes_is_bounded_over_all_parts() -> None:
    """A package within every limit of size may still hold fifty million empty elements."""
    half = MAX_NODES // 2 + 100
    many = random.Random(7).choices((b"<b/>", b'<b a="1"/>', b"<c>x</c>", b"<dd/>"), k=half)
    body = b"<a>" + b"".join(many) + b"</a>"
    budget = Budget()
    read_xml(body, budget=budget)
    with pytest.raises(XmlRefused):
        read_xml(body, budget=budget)
    found = WORLD.verify({**WORLD.parts(), "one.xml": body, "two.xml": body})
    assert failing(found) == {1: "document-malformed"}
    with pytest.raises(XmlRefused):
        read_xml(b"<a " + b" ".join(b'a%d=""' % i for i in range(MAX_NODES)) + b"/>")
    with pytest.raises(XmlRefused):
        read_xml(b"<a>" + b" " * MAX_BYTES + b"</a>")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-7"])
def test_other_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(XmlRefused):
        read_xml('<!DOCTYPE a><a b="+"/>'.encode(encoding))


def test_elements_of_other_namespaces_never_pass_for_those_of_ofd() -> None:
    root = read_xml(f'<o:OFD xmlns:o="{NAMESPACE}"><DocBody/><x:DocBody xmlns:x="y"/><o:DocBody/></o:OFD>'.encode())
    assert root.tag == "OFD"
    assert [c.tag for c in root.children] == ["{}DocBody", "{y}DocBody", "DocBody"]
    with pytest.raises(XmlRefused):
        read_xml(b"<OFD/>", "OFD")


def test_one_means_one() -> None:
    root = read_xml(f'<a xmlns="{NAMESPACE}"><b/><b/><c><d/></c></a>'.encode())
    for wrong in (
        lambda: root.one("b"),
        lambda: root.maybe("b"),
        lambda: root.one("z"),
        lambda: root.one("c").value(),
        lambda: root.get("ID"),
    ):
        with pytest.raises(XmlRefused):
            wrong()
    assert root.maybe("z") is None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for content in (data, b"<a>" + data + b"</a>"):
        try:
            read_xml(content)
        except XmlRefused:
            continue
