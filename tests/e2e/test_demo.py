"""The story is played in a process of its own; then everything it left is judged again, with every socket refused."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.crypto.jws import parse_jws, verify_jws
from certs.errors import CertsError
from certs.evidence.trust import decode_trust
from exchange.demo.people import build_world
from tests.support.command import YZT, Done, offline, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("demo")]

PUBLISHED = ("log", "entries", "receipts", "proofs", "status", "trust")
ALGORITHMS = {"household": "ES256", "marriage": "EdDSA", "business_licence": "ES256", "real_estate": "SM2"}
VALID = ("marriage-2", "business_licence", "real_estate", "household-2")
OLD = ("household", "marriage")
SEALED = VALID


@dataclass(frozen=True, slots=True)
class Story:
    """What the demo printed, and the directory it left."""

    done: Done
    root: Path

    @property
    def trust(self) -> tuple[str, ...]:
        return ("--trust", str(self.root / "trust" / "keys.json"))

    def files(self, pattern: str) -> list[Path]:
        found = sorted(path for path in self.root.glob(pattern) if path.is_file())
        assert found, pattern
        return found

    def used_at(self) -> str:
        readme = (self.root / "README.md").read_text(encoding="utf-8")
        return readme.partition("--at ")[2].split()[0]

    def verify(self, *paths: Path, **other: Path) -> tuple[str, ...]:
        keys = other.get("keys", self.root / "trust" / "keys.json")
        states = other.get("states", self.root / "trust" / "trust-list.jwt")
        return ("yzt", "verify", *map(str, paths), "--trust", str(keys), "--trust-list", str(states))

    def prove(self, event: str, **other: Path) -> tuple[str, ...]:
        proof = other.get("proofs", self.root / "proofs" / f"{event}.tlog-proof")
        entry = other.get("entries", self.root / "entries" / f"{event}.json")
        receipt = other.get("receipts", self.root / "receipts" / f"{event}.jwt")
        return ("certs", "verify-proof", str(proof), str(entry), "--receipt", str(receipt), *self.trust)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    root = tmp_path_factory.mktemp("story") / "out"
    return Story(run([YZT, "demo", "--exit", "--port", "0", "--out", root], timeout=600), root)


def flipped(path: Path, into: Path, positions: Iterable[float] = (0.02, 0.3, 0.5, 0.8, 0.999)) -> list[Path]:
    """Copies of a file with one bit flipped, at fractions of its length."""
    content, copies = path.read_bytes(), []
    for number, place in enumerate(positions):
        spoilt = bytearray(content)
        spoilt[int(place * (len(spoilt) - 1))] ^= 1
        copies.append(into / f"{number}-{path.name}")
        copies[-1].write_bytes(spoilt)
    return copies


def codes(done: Iterable[Done]) -> list[int]:
    return [one.code for one in done]


def test_the_story_holds_and_says_so_in_both_languages(story: Story) -> None:
    assert story.done.code == 0, story.done.said
    assert "✗" not in story.done.said
    assert "全部核验通过  everything verified" in story.done.out
    assert [f"{number:>2}  " for number in range(1, 16)] == [
        line[:4] for line in story.done.out.splitlines() if line[:2].strip().isdigit()
    ]
    assert story.done.err == ""  # progress is for terminals


def test_lines_fit_a_terminal_of_eighty_columns(story: Story) -> None:
    wide = [line for line in story.done.out.splitlines() if columns(line) > 80 and str(story.root) not in line]
    assert wide == []


def columns(line: str) -> int:
    return sum(2 if ord(char) > 0x2E80 else 1 for char in line)


def test_every_kind_of_artefact_is_there(story: Story) -> None:
    kinds = ("certificates/*.jws", "certificates/*.sdjwt", "presentations/*.sdjwt", "status/*.jwt", "receipts/*.jwt")
    sealed = ("certificates/*.ofd", "certificates/*.pdf", "copies/*.pdf")
    for pattern in (*kinds, *sealed, "entries/*.json", "proofs/*.tlog-proof", "log/tile/0/*", "log/tile/entries/*"):
        story.files(pattern)
    for name in ("bundle.zip", "catalogue.jsonld", "log/checkpoint", "trust/keys.json", "trust/trust-list.jwt"):
        assert (story.root / name).stat().st_size > 0
    for name, algorithm in ALGORITHMS.items():
        token = (story.root / "certificates" / f"{name}.sdjwt").read_text().partition("~")[0]
        assert parse_jws(token).header["alg"] == algorithm
        assert parse_jws((story.root / "certificates" / f"{name}.jws").read_text()).header["alg"] == algorithm


def test_the_catalogue_names_every_resource(story: Story) -> None:
    document = json.loads((story.root / "catalogue.jsonld").read_bytes())
    assert "@context" in document
    text = json.dumps(document, ensure_ascii=False)
    for resource in ("psb.household", "mca.marriage", "samr.business_licence", "nr.real_estate"):
        assert resource in text


def test_certificates_and_presentations_verify_offline(story: Story) -> None:
    valid = [story.root / "certificates" / f"{name}.{kind}" for name in VALID for kind in ("sdjwt", "jws")]
    valid += [story.root / "certificates" / f"{name}.{kind}" for name in SEALED for kind in ("ofd", "pdf")]
    valid.append(story.root / "presentations" / "real_estate.sdjwt")
    valid += story.files("copies/*.pdf")
    [done] = offline([story.verify(*valid)])
    assert done.code == 0, done.said
    assert f"有效 valid {len(valid)}  无效 invalid 0" in done.said
    old = [story.root / "certificates" / f"{name}.{kind}" for name in OLD for kind in ("jws", "sdjwt", "ofd", "pdf")]
    old += [story.root / "presentations" / f"{name}.sdjwt" for name in OLD]
    [superseded] = offline([story.verify(*old)])
    assert superseded.code == 1
    assert superseded.said.count("[status-superseded]") == len(old)


def test_a_trust_list_of_long_ago_decides_nothing(story: Story) -> None:
    later = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%S")
    [done] = offline([(*story.verify(story.root / "certificates" / "marriage.sdjwt"), "--at", later)])
    assert done.code == 2
    assert "无法确定 indeterminate" in done.said


def test_one_flipped_bit_makes_no_certificate_valid(story: Story, tmp_path: Path) -> None:
    spoilt: list[Path] = []
    for path in [*story.files("certificates/*"), *story.files("presentations/*"), *story.files("copies/*")]:
        spoilt += flipped(path, tmp_path)
    [done] = offline([story.verify(*spoilt)])
    assert "有效 valid 0  " in done.said, [line for line in done.said.splitlines() if line.startswith("✓")]
    counted = re.findall(r"(?:valid|indeterminate) (\d+)", done.said.splitlines()[-1])
    assert sum(map(int, counted)) == len(spoilt)


def test_a_trust_list_or_key_that_was_touched_is_not_believed(story: Story, tmp_path: Path) -> None:
    certificate = story.root / "certificates" / "marriage.sdjwt"
    states = flipped(story.root / "trust" / "trust-list.jwt", tmp_path)
    keys = story.root / "trust" / "keys.json"
    document = json.loads(keys.read_bytes())
    kid = parse_jws(certificate.read_text().partition("~")[0]).header["kid"]
    jwk = next(entry["jwk"] for entry in document["keys"] if entry["jwk"]["kid"] == kid)
    jwk["x"] = ("B" if jwk["x"][0] == "A" else "A") + jwk["x"][1:]
    touched = tmp_path / "keys.json"
    touched.write_text(json.dumps(document))
    done = offline(
        [*(story.verify(certificate, states=path) for path in states), story.verify(certificate, keys=touched)]
    )
    assert set(codes(done)) <= {1, 2}


def test_status_lists_are_signed(story: Story) -> None:
    ring = decode_trust((story.root / "trust" / "keys.json").read_bytes()).keys
    resolve = ring.resolver(at=datetime.now(UTC), role="status")
    for path in story.files("status/*.jwt"):
        token = path.read_text()
        assert verify_jws(token, resolve, typ="statuslist+jwt").payload
        for place in (0.1, 0.5, 0.99):
            spoilt = bytearray(token.encode())
            spoilt[int(place * len(spoilt))] ^= 1
            with pytest.raises(CertsError):
                verify_jws(spoilt.decode("latin-1"), resolve, typ="statuslist+jwt")


def test_receipts_are_proven_and_touched_ones_are_not(story: Story, tmp_path: Path) -> None:
    events = [path.stem for path in story.files("receipts/*.jwt")]
    assert set(codes(offline([story.prove(event) for event in events]))) == {0}
    spoilt = []
    for kind in ("receipts", "entries", "proofs"):
        path = story.files(f"{kind}/{events[0]}*")[0]
        spoilt += [story.prove(events[0], **{kind: copy}) for copy in flipped(path, tmp_path)]
    assert set(codes(offline(spoilt))) <= {1, 2}


def test_a_receipt_does_not_prove_another_entry(story: Story) -> None:
    one, other = (path.stem for path in story.files("receipts/*.jwt")[:2])
    swapped = story.prove(one, receipts=story.root / "receipts" / f"{other}.jwt")
    assert codes(offline([swapped])) == [1]


def test_the_bundle_verifies_as_of_its_day_and_no_flipped_bit_passes(story: Story, tmp_path: Path) -> None:
    bundle, at = story.root / "bundle.zip", ("--at", story.used_at())
    then, now = offline([("certs", "verify-bundle", str(bundle), *story.trust, *rest) for rest in (at, ())])
    assert (then.code, now.code) == (0, 1)
    assert "status-superseded" in now.said
    spoilt = flipped(bundle, tmp_path, [step / 40 for step in range(40)])
    done = offline([("certs", "verify-bundle", str(path), *story.trust, *at) for path in spoilt])
    assert set(codes(done)) <= {1, 2}


def test_the_log_can_be_rebuilt_and_no_flipped_bit_passes(story: Story) -> None:
    log = story.root / "log"
    audit = ("certs", "audit-log", str(log), *story.trust)
    assert codes(offline([audit])) == [0]
    for path in (log / "checkpoint", story.files("log/tile/entries/*")[0], story.files("log/tile/0/*")[-1]):
        content = path.read_bytes()
        for place in (0.3, 0.9):
            spoilt = bytearray(content)
            spoilt[int(place * len(spoilt))] ^= 1
            path.write_bytes(spoilt)
            assert codes(offline([audit]))[0] in {1, 2}, path
        path.write_bytes(content)
    assert codes(offline([audit])) == [0]


def test_nothing_published_names_a_person(story: Story) -> None:
    hero = build_world().hero
    secret = [hero.name.encode(), hero.citizen_id.encode(), hero.name.encode("gb18030")]
    secret += [json.dumps(hero.name).strip('"').encode(), hero.household_no.encode()]
    for folder in PUBLISHED:
        for path in story.files(f"{folder}/**/*"):
            content = path.read_bytes()
            assert not [found for found in secret if found in content], path
