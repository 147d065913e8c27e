"""The bundle's one byte form, and trust files."""

import io
import random
import zipfile

import pytest

from certs.crypto.strict_json import canonical, loads_object
from certs.evidence.archive import MAX_FILES, decode_archive, encode_archive
from certs.evidence.bundle import Bundle, decode_bundle, encode_bundle
from certs.evidence.errors import BundleMalformed, TrustMalformed
from certs.evidence.trust import decode_trust
from tests.certs.evidence.builders import SmallLog, event_id, small_log

LOG = small_log(9)


def bundle_of(log: SmallLog) -> Bundle:
    chosen = (0, 3, 8)
    return Bundle(
        entries={event_id(n): log.bodies[n] for n in chosen},
        receipts={event_id(n): log.receipt(n) for n in chosen},
        proofs={event_id(n): log.proof(n) for n in chosen},
        checkpoint=log.checkpoint,
        trust=log.trust(),
    )


DATA = encode_bundle(bundle_of(LOG))


def test_bundle_round_trip_and_every_zip_tool_reads_it() -> None:
    read = decode_bundle(DATA)
    assert encode_bundle(read) == DATA
    assert read.checkpoint == LOG.checkpoint
    with zipfile.ZipFile(io.BytesIO(DATA)) as archive:
        assert archive.testzip() is None
        assert f"entries/{event_id(3)}.json" in archive.namelist()


def test_every_flipped_byte_is_refused() -> None:
    rng = random.Random(3)
    for at in range(len(DATA)):
        changed = bytearray(DATA)
        changed[at] ^= 1 << rng.randrange(8)
        with pytest.raises(BundleMalformed):
            decode_bundle(bytes(changed))


def test_truncation_prefix_suffix_are_refused() -> None:
    for bad in (b"", b"PK\x03\x04", DATA[:-1], DATA + b"\x00", b"\x00" + DATA, DATA[: len(DATA) // 2], DATA + DATA):
        with pytest.raises(BundleMalformed):
            decode_bundle(bad)


def repacked(method: int, comment: bytes = b"", extra: tuple[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in decode_archive(DATA).items():
            archive.writestr(name, content)
        if extra:
            archive.writestr(*extra)
        archive.comment = comment
    return out.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "data",
    [
        repacked(zipfile.ZIP_DEFLATED),
        repacked(zipfile.ZIP_STORED),
        repacked(zipfile.ZIP_STORED, b"comment"),
        repacked(zipfile.ZIP_STORED, extra=("../escape", b"x")),
        repacked(zipfile.ZIP_STORED, extra=("/etc/passwd", b"x")),
    ],
)
def test_repacked_archives_are_refused(data: bytes) -> None:
    with pytest.raises(BundleMalformed):
        decode_bundle(data)


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "/a",
        "a\\b",
        "a/../b",
        "a//b",
        "C:a",
        "a\x00b",
        "a/b/c",
        ".hidden",
        "entries/.json",
        "名.json",
        "a" * 200,
        "",
    ],
)
def test_path_tricks_cannot_even_be_written(name: str) -> None:
    with pytest.raises(BundleMalformed):
        encode_archive({name: b""})


def test_counts_are_capped() -> None:
    with pytest.raises(BundleMalformed):
        encode_archive({f"f{n}": b"" for n in range(MAX_FILES + 1)})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("other.txt", b""),
        ("entries/x.json", b"{}"),
        ("entries/x.txt", b""),
        ("secrets/a.json", b""),
        (f"entries/{event_id(1)}.jwt", b""),
        ("entries/00000000000000000000000000000001.json", b"{}"),
        (f"entries/{event_id(1)}.json", b"x" * 40_000),
        (f"proofs/{event_id(1)}.tlog-proof", b"\xff"),
    ],
)
def test_unexpected_files_are_refused(name: str, content: bytes) -> None:
    files = decode_archive(DATA)
    del files["manifest.json"]
    with pytest.raises(BundleMalformed):
        decode_bundle(with_manifest({**files, name: content}))


def with_manifest(files: dict[str, bytes]) -> bytes:
    import hashlib

    listed = {n: {"sha256": hashlib.sha256(d).hexdigest(), "size": len(d)} for n, d in files.items()}
    manifest = canonical({"v": 1, "type": "yzt-evidence-bundle", "files": listed})
    return encode_archive({**files, "manifest.json": manifest})


def test_the_manifest_must_fit() -> None:
    files = decode_archive(DATA)
    for changed in (files | {"manifest.json": b"{}"}, {n: d for n, d in files.items() if n != "manifest.json"}):
        with pytest.raises(BundleMalformed):
            decode_bundle(encode_archive(changed))


def test_trust_round_trip() -> None:
    trust = decode_trust(LOG.trust())
    assert trust.log(LOG.log.origin) == LOG.log
    assert trust.log("other.example") is None
    assert [key.role for key in trust.keys] == ["receipt"]


def changed_trust(**members: object) -> bytes:
    return canonical(loads_object(LOG.trust()) | members)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        changed_trust(v=2),
        changed_trust(v=True),
        changed_trust(type="x"),
        changed_trust(extra=1),
        changed_trust(logs={}),
        changed_trust(logs=[{"origin": "x"}]),
        changed_trust(keys=[{}]),
        changed_trust(logs=[{"origin": "a", "keys": []}, {"origin": "a", "keys": []}]),
        changed_trust(logs=[{"origin": "a", "keys": ["b"]}]),
        LOG.trust().replace(b"Z", b"+"),
        LOG.trust().replace(b'"x":"', b'"x":"A'),
    ],
)
def test_bad_trust_files_are_refused(data: bytes) -> None:
    with pytest.raises(TrustMalformed):
        decode_trust(data)
