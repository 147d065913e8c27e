"""`yzt seal` as people type it: a test seal from the development authority, two custodians, a stop, the log."""

import json
from pathlib import Path

import pytest

from tests.exchange.cli.conftest import PSB, Home
from tests.support.command import Done

pytestmark = pytest.mark.xdist_group("seal-verbs")
PASSWORDS = {"ops": "operator password 1", "anna": "anna password 123", "boris": "boris password 123"}


@pytest.fixture(scope="module")
def office(home: Home) -> Home:
    """The home with an operator, two custodians of the police, and a department that has a certified sealing key."""
    assert home.yzt("access", "person", "ops", "operator", "--name", "运维", given=PASSWORDS["ops"]).code == 0
    for name, number in (("anna", "YZ01"), ("boris", "YZ02")):
        words = ("access", "person", name, "custodian", "--name", name, "--department", PSB, "--work-number", number)
        assert home.yzt(*words, given=PASSWORDS[name]).code == 0
    assert home.yzt("dev-ca", "init").code == 0
    assert home.yzt("dev-ca", "enrol", PSB).code == 0
    return home


def seal(home: Home, *words: str | Path, by: str | None = None) -> Done:
    """A verb of `yzt seal`, in somebody's name with their password."""
    return home.yzt("seal", *words, *(("--by", by) if by else ()), given=PASSWORDS[by] if by else None)


def answered(home: Home, *words: str | Path, by: str | None = None) -> dict[str, object]:
    """The same, its answer in JSON."""
    who = ("--by", by) if by else ()
    done = home.yzt("--json", "seal", *words, *who, given=PASSWORDS[by] if by else None)
    assert done.code == 0, done.said
    found: dict[str, object] = json.loads(done.out)
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)  # some twenty commands, each of which opens the hub
def test_the_life_of_a_seal(office: Home, tmp_path: Path) -> None:
    made = answered(
        office, "test", "示例市公安局户籍专用章", "--owner", PSB, "--custodian", "YZ01", "--custodian", "YZ02",
        "--type", "household", "--daily-limit", "5", by="ops",
    )  # fmt: skip
    about = made["seal"]
    assert isinstance(about, dict)
    number = str(about["es_id"])
    assert (about["name"], about["origin"], about["state"]) == (
        "示例市公安局户籍专用章（测试）",
        "made-for-test",
        "registered",
    )
    assert number in seal(office, "list").out

    proposed = answered(office, "propose", number, "activate", "--reason", "启用", by="anna")
    same = seal(office, "approve", number, str(proposed["id"]), by="anna")
    assert same.code == 1
    assert "another custodian than the one who proposed" in same.err
    approved = seal(office, "approve", number, str(proposed["id"]), by="boris")
    assert approved.code == 0, approved.said
    assert "启用 active" in approved.out
    shown = seal(office, "show", number).out
    assert "by YZ02, proposed by YZ01: 启用" in shown
    assert "5 a day (0 today)" in shown
    assert seal(office, "uses", number).out.strip() == "not used yet"

    policy = answered(office, "propose", number, "set-policy", "--reason", "扩大", "--type", "marriage", by="boris")
    assert seal(office, "approve", number, str(policy["id"]), by="anna").code == 0
    assert "any number" in seal(office, "show", number).out
    back = answered(office, "propose", number, "set-policy", "--reason", "再议", "--type", "household", by="boris")
    assert "only who proposed" in seal(office, "withdraw", number, str(back["id"]), by="anna").err
    assert seal(office, "withdraw", number, str(back["id"]), by="boris").code == 0
    assert "再议" not in seal(office, "show", number).out
    stopped = seal(office, "stop", number, "revoke", "--reason", "换章", by="anna")
    assert "注销 revoked" in stopped.out
    assert seal(office, "propose", number, "lift", "--reason", "x", by="anna").code == 1


def test_only_what_one_person_may_do_is_a_stop(office: Home) -> None:
    said = " ".join(seal(office, "stop", "--help").out.split())
    assert "<suspend|revoke>" in said
    assert "activate" not in said
    refused = seal(office, "stop", "33990000000001", "activate", "--reason", "x", by="anna")
    assert (refused.code, "'suspend', 'revoke'" in refused.err) == (3, True), refused.said
    assert "<activate|lift|set-policy|hand-over>" in " ".join(seal(office, "propose", "--help").out.split())


def test_nobody_acts_without_the_password(office: Home) -> None:
    words = ("seal", "stop", "33990000000001", "revoke", "--reason", "x", "--by", "anna")
    wrong = office.yzt(*words, given="not her password")
    assert (wrong.code, "User name and password do not match" in wrong.err) == (1, True)
    assert office.yzt(*words, given="").code == 3


def test_files_that_are_no_seals_are_refused_with_the_reason(office: Home, tmp_path: Path) -> None:
    words = ("--owner", PSB, "--custodian", "YZ01", "--custodian", "YZ02", "--type", "household")
    for content, said in (
        (b"", "cut"),
        (b"not a seal at all", "DER"),
        (b"0" * (4 * 1024 * 1024 + 10), "4 MiB"),
    ):
        file = tmp_path / "some.esl"
        file.write_bytes(content)
        done = seal(office, "import", file, *words, by="ops")
        assert done.code == 1
        assert said in done.err
    assert seal(office, "import", tmp_path / "nothing.esl", *words, by="ops").code == 4
    assert seal(office, "show", "nothing").code == 1
