"""`yzt verify` as an outsider uses it: files, folders, ZIPs, a key file, a trust list, and no hub."""

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from certs.crypto.alg import Alg
from certs.crypto.keyring import TrustedKey
from certs.crypto.keys import ephemeral_key
from certs.evidence.trust import encode_trust
from certs.model import Reason, State
from certs.trust import sign_trust_bundle
from certs.verifier.signed import Head, Item, report_document, sign_report
from tests.certs.documents.world import LATER
from tests.certs.verifier.world import HUB, REPORT_KEY, SINCE, UNTIL, believed, copies, judged, ofd, pdf
from tests.support.command import YZT, Done, run

REVOKED = LATER + timedelta(days=2)


@dataclass(frozen=True)
class Outsider:
    """A folder with documents, and the two files of trust."""

    folder: Path
    trust: tuple[str | Path, ...]

    def verify(self, *files: str | Path, at: str = f"{LATER:%Y-%m-%dT%H:%M:%S}", json_: bool = False) -> Done:
        options = ("--json",) if json_ else ()
        return run([YZT, *options, "verify", *files, *self.trust, "--at", at])


@pytest.fixture(scope="module")
def outsider(tmp_path_factory: pytest.TempPathFactory) -> Outsider:
    root = tmp_path_factory.mktemp("outsider")
    key, trust = ephemeral_key(Alg.ES256), believed((State.REVOKED, Reason.PENALTY, REVOKED)).trust
    assert trust is not None
    (root / "list.jws").write_text(sign_trust_bundle(trust, key))
    (root / "keys.json").write_bytes(encode_trust([], [TrustedKey(key.verifier(), SINCE, UNTIL, "trust-list", HUB)]))
    folder = root / "documents"
    (folder / "里面").mkdir(parents=True)
    (folder / "结婚证.ofd").write_bytes(ofd())
    (folder / "里面" / "结婚证.pdf").write_bytes(pdf())
    (folder / "里面" / "加注件.ofd").write_bytes(copies()[0])
    (folder / ".hidden").write_bytes(b"not looked at")
    return Outsider(folder, ("--trust", root / "keys.json", "--trust", root / "list.jws"))


def test_one_document_shows_every_step(outsider: Outsider) -> None:
    done = outsider.verify(outsider.folder / "结婚证.ofd")
    assert done.code == 0, done.said
    assert "12 登记信息核对" in done.out
    assert "有效 valid" in done.out
    plain = json.loads(outsider.verify(outsider.folder / "结婚证.ofd", json_=True).out)
    assert (plain["verdict"], len(plain["steps"]), len(plain["sha256"])) == ("valid", 12, 64)


def test_before_and_after_the_revocation(outsider: Outsider) -> None:
    later = f"{REVOKED + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"
    after = outsider.verify(outsider.folder / "里面" / "结婚证.pdf", at=later)
    assert after.code == 1
    assert "吊销" in after.out


def test_a_folder_and_its_worst(outsider: Outsider, tmp_path: Path) -> None:
    done = outsider.verify(outsider.folder, json_=True)
    assert (done.code, done.err) == (0, "")
    said = json.loads(done.out)
    assert said["counts"] == {"valid": 3, "invalid": 0, "indeterminate": 0}
    assert {d["name"] for d in said["documents"]} == {
        "documents/结婚证.ofd", "documents/里面/加注件.ofd", "documents/里面/结婚证.pdf"
    }  # fmt: skip
    (tmp_path / "bad.pdf").write_bytes(pdf()[:-9])
    assert outsider.verify(outsider.folder, tmp_path / "bad.pdf").code == 1
    os.mkfifo(tmp_path / "pipe")
    piped = outsider.verify(outsider.folder / "结婚证.ofd", tmp_path / "pipe", tmp_path / "bad.pdf")
    assert piped.code == 4
    assert "not a plain file" in piped.out
    assert outsider.verify(tmp_path / "absent").code == 4


def test_a_zip_of_documents_is_opened_and_an_irregular_one_refused(outsider: Outsider, tmp_path: Path) -> None:
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("一.ofd", ofd())
        archive.writestr("二.pdf", pdf())
    (tmp_path / "many.zip").write_bytes(out.getvalue())
    done = outsider.verify(tmp_path / "many.zip")
    assert done.code == 0, done.said
    assert "many.zip/一.ofd" in done.out
    (tmp_path / "many.zip").write_bytes(b"junk" + out.getvalue())
    assert outsider.verify(tmp_path / "many.zip").code == 1


def test_reports_are_written_and_a_signed_one_is_verified(outsider: Outsider, tmp_path: Path) -> None:
    for name in ("report.html", "report.txt", "report.json"):
        assert outsider.verify(outsider.folder, "--report", tmp_path / name).code == 0
    assert "结婚证.pdf" in (tmp_path / "report.html").read_text()
    assert "✓ 有效 Valid" in (tmp_path / "report.txt").read_text()
    unsigned = json.loads((tmp_path / "report.json").read_bytes())
    assert unsigned["counts"]["valid"] == 3
    assert len(unsigned["trust"]["sha256"]) == 64
    signed = sign_report(report_document(Head("1", HUB, LATER, LATER, ""), [Item("a", judged(ofd()))]), REPORT_KEY)
    (tmp_path / "report.jws").write_text(signed + "\n")
    done = outsider.verify(tmp_path / "report.jws")
    assert done.code == 0, done.said
    assert "报告密钥" in done.out


def test_without_what_it_takes_it_says_so(outsider: Outsider, tmp_path: Path) -> None:
    file = outsider.folder / "结婚证.ofd"
    keys, listed = outsider.trust[1], outsider.trust[3]
    assert run([YZT, "verify", file, "--trust", keys]).code == 3
    assert run([YZT, "verify", file, "--trust", listed]).code == 3
    other = tmp_path / "other.json"
    stranger = TrustedKey(ephemeral_key(Alg.ES256).verifier(), SINCE, UNTIL, "trust-list", HUB)
    other.write_bytes(encode_trust([], [stranger]))
    refused = run([YZT, "verify", file, "--trust", other, "--trust-list", listed])
    assert refused.code == 1
    assert "refused" in refused.err
