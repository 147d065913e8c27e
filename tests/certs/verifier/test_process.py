"""Child processes: their limits hold against a child that really tries, and nothing of it reaches the next file."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from certs.layout.fonts import VENDORED
from certs.model import FaceKind, Verdict
from certs.verifier.batch import Document, verify_all
from certs.verifier.confine import Limits
from certs.verifier.model import MAX_BYTES
from certs.verifier.process import ArchiveRefused, Pool, Prepared, prepared
from tests.certs.world import NOW, World

ROGUE = "tests.certs.verifier.rogue"
QUICK = Limits(memory=256 * 1024 * 1024, cpu_seconds=2, wall_seconds=2.0)


def zip_of(files: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return out.getvalue()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def rogue() -> Iterator[Pool]:
    pool = Pool(size=1, monotonic=time.monotonic, limits=QUICK, module=ROGUE)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    opened = Pool(size=2, monotonic=time.monotonic)
    yield opened
    opened.close()


def code(pool: Pool, content: bytes) -> str:
    report = pool.verify(content, Prepared(), at=NOW)
    assert report.verdict is not Verdict.VALID
    assert len(report.sha256) == 64
    return report.steps[0].code


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("hang", "parser-timeout"),
        ("sleep", "parser-timeout"),
        ("allocate", "parser-memory"),
        ("exit", "parser-crashed"),
        ("abort", "parser-crashed"),
        ("chatter", "parser-crashed"),
        ("endless", "parser-crashed"),
        ("lie-about-file", "parser-crashed"),
        ("lie-about-digest", "parser-crashed"),
        ("lie-about-size", "parser-crashed"),
        ("lie-about-time", "parser-crashed"),
        ("lie-about-kind", "parser-crashed"),
        ("huge-report", "parser-crashed"),
        ("write", "parser-failed"),
        ("read", "parser-failed"),
        ("connect", "parser-failed"),
        ("exec", "parser-failed"),
        ("fork", "parser-failed"),
        ("recurse", "parser-failed"),
        ("past-the-hook", "parser-failed"),
    ],
)
def test_whatever_a_child_does_the_file_gets_its_report_and_the_next_file_a_good_child(
    rogue: Pool, word: str, expected: str
) -> None:
    began = time.monotonic()
    assert code(rogue, word.encode() + b" and nothing else") == expected
    assert time.monotonic() - began < QUICK.wall_seconds + 3
    assert not Path("/tmp/yzt-rogue").exists()
    assert code(rogue, b"plain text") == "trust-missing"


def test_cpu_time_ends_a_child_whose_parent_does_not_look(tmp_path: Path) -> None:
    patient = Pool(
        size=1,
        monotonic=time.monotonic,
        limits=Limits(cpu_seconds=1, wall_seconds=60.0),
        module=ROGUE,
    )
    began = time.monotonic()
    assert code(patient, b"hang") == "parser-crashed"
    assert time.monotonic() - began < 20
    patient.close()


def test_a_child_that_misbehaved_is_gone_and_one_that_did_not_is_kept(rogue: Pool) -> None:
    code(rogue, b"plain")
    (before,) = rogue.pids()
    code(rogue, b"plain again")
    assert rogue.pids() == {before}
    code(rogue, b"exit now")
    assert not alive(before)
    assert before not in rogue.pids()


def test_a_child_is_replaced_after_its_share() -> None:
    short = Pool(size=1, monotonic=time.monotonic, limits=Limits(tasks=3))
    seen: set[int] = set()
    for _ in range(7):
        code(short, b"text")
        seen |= short.pids()
    assert len(seen) >= 2
    short.close()
    assert not any(map(alive, seen))


def test_closing_ends_every_child_even_one_that_hangs() -> None:
    hanging = Pool(size=2, monotonic=time.monotonic, limits=Limits(wall_seconds=60.0, cpu_seconds=60), module=ROGUE)
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(code, hanging, word) for word in (b"hang", b"sleep")]
        until = time.monotonic() + 20
        while len(hanging.pids()) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        pids = hanging.pids()
        time.sleep(0.5)
        hanging.close()
        assert [one.result(10) for one in waiting] == ["parser-crashed", "parser-crashed"]
    assert len(pids) == 2
    assert not any(map(alive, pids))
    assert code(hanging, b"after") == "parser-crashed"


def test_a_child_that_does_not_come_up_is_not_the_files_fault() -> None:
    broken = Pool(size=1, monotonic=time.monotonic, module="tests.certs.verifier.nothing_of_this_name")
    assert code(broken, b"text") == "parser-unavailable"
    with pytest.raises(ArchiveRefused):
        broken.unpack(zip_of({"a": b"1"}))
    broken.close()


def test_a_child_holds_two_pipes_and_nothing_of_its_parent(pool: Pool) -> None:
    code(pool, b"text")
    with Path("/etc/hostname").open("rb"):
        for pid in pool.pids():
            kinds = {str(n.readlink()).split(":")[0] for n in Path(f"/proc/{pid}/fd").iterdir()}
            fonts = {str(path) for path in VENDORED.glob("*.ttf")}  # mapped once, to draw the pages of PDFs again
            assert kinds <= {"pipe", "/dev/null", f"/proc/{pid}/statm"} | fonts
            environment = Path(f"/proc/{pid}/environ").read_text(encoding="utf-8").split("\0")
            given = {pair.partition("=")[0] for pair in environment if pair}
            assert given == {"PYTHONPATH", "LC_ALL", "PYTHONDONTWRITEBYTECODE", "MALLOC_ARENA_MAX"}


def test_a_token_is_judged_in_a_child_as_it_is_here(pool: Pool) -> None:
    world = World()
    token = world.signed().faces[FaceKind.SD_JWT]
    report = pool.verify(token, prepared(world.trust(), None), at=NOW)
    assert [s.code for s in report.steps][:8] == [
        "parsed", "kind-known", "key-trusted", "signature-good", "identifier-good", "type-known", "issuer-entitled",
        "in-term",
    ]  # fmt: skip
    other = pool.verify(token, prepared(World().trust(), None), at=NOW)
    assert other.steps[2].code == "key-unknown", "a child judges by the trust it was given last"
    assert pool.verify(token, Prepared(), at=NOW).steps[0].code == "trust-missing"


def test_what_is_empty_or_huge_needs_no_child() -> None:
    closed = Pool(size=1, monotonic=time.monotonic)
    assert code(closed, b"") == "file-empty"
    assert code(closed, bytes(MAX_BYTES + 1)) == "file-too-large"
    assert closed.pids() == frozenset()
    with pytest.raises(ValueError, match="time zone"):
        closed.verify(b"x", Prepared(), at=NOW.replace(tzinfo=None))


def test_an_archive_gives_its_files_and_a_bad_one_its_reason(pool: Pool) -> None:
    files = {"甲/one.txt": b"1", "two.txt": b"22"}
    assert dict(pool.unpack(zip_of(files))) == files
    for bad in (b"PK\x03\x04", zip_of(files) + b"x", b"x" + zip_of(files), zip_of({"../x": b"1"})):
        with pytest.raises(ArchiveRefused):
            pool.unpack(bad)
    assert dict(pool.unpack(zip_of(files))) == files


def test_what_a_child_gives_back_from_an_archive_is_bounded(rogue: Pool) -> None:
    for word in (b"many", b"much"):
        with pytest.raises(ArchiveRefused):
            rogue.unpack(b"PK " + word)
    assert dict(rogue.unpack(zip_of({"a": b"1"}))) == {"a": b"1"}


def test_a_batch_keeps_its_order_and_reports_what_cannot_be_read(pool: Pool, tmp_path: Path) -> None:
    names = [f"{n}.txt" for n in range(50)]
    for name in names:
        (tmp_path / name).write_text(name)
    missing = Document("missing", (tmp_path / "missing").read_bytes)
    documents = [Document(n, (tmp_path / n).read_bytes) for n in names]
    done = list(verify_all(pool, [*documents[:20], missing, *documents[20:]], Prepared(), at=NOW))
    assert [d.name for d in done] == [*names[:20], "missing", *names[20:]]
    assert isinstance(done[20].unreadable, FileNotFoundError)
    assert sum(d.report is None for d in done) == 1
    assert len({d.report.sha256 for d in done if d.report}) == 50
