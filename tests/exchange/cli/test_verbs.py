"""Every verb of `yzt` on a home of its own: what it does, what it prints, what it leaves with."""

import asyncio
import csv
import json
import os
import signal
import stat
import time
from pathlib import Path

import argon2
import pytest
from sqlalchemy import text

from exchange.home import settings_of
from exchange.wiring import open_app
from tests.exchange.cli.conftest import CATALOGUE, HUB, NR, PSB, SAMR, Home
from tests.support.command import YZT, run, wait_until_it_answers

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("verbs")]

USCC = "91339900MB9000XY0A"
MANIFEST = """adapter = 1
resource = "samr.business_licence"
key = ["uscc"]
subjects = ["uscc"]
[source]
type = "files"
directory = "samr"
glob = "*.csv"
format = "csv"
[map]
uscc = {upper = "code"}
name = {trim = "name"}
[[rules]]
rule = "required"
items = ["uscc", "name"]
[quarantine]
stop_above = "60%"
"""


# ---- usage: exit code 3 ----


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("adapter", "nonsense"), ("verify",), ("log", "prove", "not-a-uuid"), ("keygen", "queen", HUB), ()],
)
def test_wrong_usage_leaves_with_three_and_says_what_to_do(nowhere: Home, words: tuple[str, ...]) -> None:
    done = nowhere.yzt(*words)
    assert done.code == 3
    assert "yzt --help" in done.err or "Usage:" in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    "verb", [("doctor",), ("serve",), ("log", "head"), ("adapter", "list"), ("cert", "issue", "x")]
)
def test_a_missing_home_leaves_with_three_and_the_advice(nowhere: Home, verb: tuple[str, ...]) -> None:
    done = nowhere.yzt(*verb)
    assert done.code == 3
    assert f"run `yzt init --home {nowhere.path}` first" in done.err or f"yzt --home {nowhere.path} init" in done.err


def test_a_mistyped_setting_is_refused_with_the_right_name(home: Home) -> None:
    env_file = home.path / "hub.env"
    kept = env_file.read_text()
    try:
        env_file.write_text(kept + "YZT_PUBLIC_ULR=http://x\n")
        done = home.yzt("doctor")
    finally:
        env_file.write_text(kept)
    assert done.code == 3
    assert "YZT_PUBLIC_ULR is not a setting; did you mean YZT_PUBLIC_URL?" in done.err


def test_help_names_every_verb() -> None:
    done = run([YZT, "--help"])
    assert done.code == 0
    verbs = [
        "init",
        "migrate",
        "serve",
        "worker",
        "keygen",
        "doctor",
        "demo",
        "verify",
        "access",
        "adapter",
        "catalog",
        "cert",
        "log",
    ]
    assert [verb for verb in verbs if f"  {verb} " not in done.out] == []


# ---- the hub itself ----


def test_init_makes_a_home_whose_secrets_nobody_else_reads(home: Home) -> None:
    for path in (home.path / "secrets", home.path / "keys"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in [*(home.path / "secrets").iterdir(), home.path / "connections.toml", *(home.path / "keys").iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert all(b"ENCRYPTED" in path.read_bytes() for path in (home.path / "keys").iterdir())


def test_init_and_migrate_can_be_repeated(home: Home) -> None:
    before = home.secrets()
    again = home.yzt("init")
    assert (again.code, again.err) == (0, "")
    assert f"yzt --home {home.path} serve" in again.out
    assert home.yzt("migrate").code == 0
    assert home.secrets() == before


def test_a_healthy_hub_says_so(home: Home) -> None:
    done = home.yzt("doctor")
    assert (done.code, done.err) == (0, "")
    assert "✓ signing: every role signs" in done.out
    checks = json.loads(home.yzt("--json", "doctor").out)
    assert {check["name"] for check in checks} >= {"database", "signing", "log", "objects"}
    assert all(check["ok"] for check in checks)


def test_a_hub_that_cannot_read_its_keys_is_refused_with_one(home: Home) -> None:
    path = home.path / "secrets" / "yzt_key_passphrase"
    kept = path.read_text()
    try:
        path.write_text("another-passphrase-0123456789")
        done = home.yzt("doctor")
    finally:
        path.write_text(kept)
    assert done.code == 1
    assert "passphrase" in done.err


def test_keys_are_made_for_departments_and_hub_roles_for_the_operator_only(home: Home) -> None:
    made = json.loads(home.yzt("--json", "keygen", "issuer", PSB, "--alg", "SM2").out)
    assert (made["role"], made["owner"], len(made["kid"])) == ("issuer", PSB, 43)
    assert home.yzt("keygen", "log", PSB).code == 3
    assert home.yzt("keygen", "log", HUB, "--alg", "SM2").code == 3
    assert home.yzt("keygen", "issuer", "nobody").code == 3


def test_a_new_log_key_leaves_the_log_sound(home: Home) -> None:
    assert home.yzt("keygen", "log", HUB).code == 0
    assert home.yzt("doctor").code == 0
    assert home.yzt("log", "audit").code == 0


# ---- catalogue ----


def test_the_catalogue_is_exported_as_dcat(home: Home) -> None:
    document = json.loads(home.yzt("catalog", "export").out)
    assert "@context" in document


def test_grants_are_listed_with_their_ceilings(home: Home) -> None:
    rows = {row["id"]: row for row in json.loads(home.yzt("--json", "catalog", "grants").out)}
    assert rows["nr-household-transfer"]["rate"] == 6000
    assert rows["samr-household-food"]["rate"] is None
    text = home.yzt("catalog", "grants").out
    assert "at most 6,000 queries a minute" in text
    assert "no ceiling" in text


def test_a_catalogue_with_faults_is_refused_whole_and_every_fault_is_named(home: Home, tmp_path: Path) -> None:
    text = CATALOGUE.read_text(encoding="utf-8")
    spoilt = tmp_path / "spoilt.toml"
    spoilt.write_text(text.replace('type = "text"', 'type = "rope"', 2))
    done = home.yzt("catalog", "import", spoilt)
    assert done.code == 1
    assert done.err.count("✗") > 1
    assert json.loads(home.yzt("--json", "catalog", "import", CATALOGUE).out)["changed"] is False


def test_a_file_that_is_no_text_is_refused_in_one_sentence(home: Home, tmp_path: Path) -> None:
    (tmp_path / "catalogue.toml").write_bytes(b"\x00\xff\xfe")
    done = home.yzt("catalog", "import", tmp_path / "catalogue.toml")
    assert (done.code, done.out) == (1, "")
    assert done.err.strip() == "✗ this is no text in UTF-8: its octet 2 is of something else"


def test_what_a_verb_repeats_does_not_steer_the_terminal(nowhere: Home) -> None:
    done = nowhere.yzt("verify", "no\x1b[2Jsuch\u202efile")
    assert done.code == 4
    assert done.err.strip() == "✗ No such file or directory: no\\x1b[2Jsuch\\u202efile"


def test_a_file_that_is_not_there_leaves_with_four(home: Home, tmp_path: Path) -> None:
    for words in (("catalog", "import"), ("cert", "verify")):
        done = home.yzt(*words, tmp_path / "absent")
        assert done.code == 4
        assert "No such file" in done.err


# ---- adapters and certificates ----


@pytest.fixture(scope="module")
def connected(home: Home) -> Home:
    """A department's directory with one licence, connected by a manifest."""
    drop = home.path / "samr"
    drop.mkdir()
    connections = home.path / "connections.toml"
    connections.write_text(f'[connections.samr]\nurl = "{drop.as_uri()}"\n')
    (home.path / "manifests" / "samr.business_licence.toml").write_text(MANIFEST)
    with (drop / "one.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["code", "name"], [USCC, "示例市甲公司"], ["", "没有代码"]])
    _settle(drop / "one.csv")
    return home


def _settle(path: Path) -> None:
    """As if it had been dropped long ago: a file is read only after it has been still for a while."""
    os.utime(path, (0, 0))


def test_check_of_a_directory_without_a_ready_file_is_no_yes(connected: Home) -> None:
    path = connected.path / "samr" / "one.csv"
    aside = path.rename(path.with_suffix(".part"))
    try:
        done = connected.yzt("adapter", "check", "samr.business_licence")
    finally:
        aside.rename(path)
    assert done.code == 2
    assert "no file that is ready" in done.out


def test_check_names_the_column_that_is_missing_and_leaves_with_one(connected: Home) -> None:
    path = connected.path / "manifests" / "samr.business_licence.toml"
    path.write_text(MANIFEST.replace('"name"}', '"nmae"}'))
    wrong = connected.yzt("adapter", "check", "samr.business_licence")
    path.write_text(MANIFEST)
    assert wrong.code == 1
    assert "nmae" in wrong.said
    assert "name" in wrong.said  # what the source offers instead
    right = connected.yzt("--json", "adapter", "check", "samr.business_licence")
    assert right.code == 0
    assert json.loads(right.out)["missing"] == []


def test_a_manifest_with_faults_names_each(connected: Home) -> None:
    path = connected.path / "manifests" / "samr.business_licence.toml"
    path.write_text(MANIFEST.replace("subjects", "sbujects").replace("glob", "blob"))
    done = connected.yzt("adapter", "list")
    path.write_text(MANIFEST)
    assert done.code == 1
    assert "sbujects" in done.err
    assert "blob" in done.err


def test_preview_stores_nothing_and_run_stores_what_is_good(connected: Home) -> None:
    preview = connected.yzt("--json", "adapter", "preview", "samr.business_licence")
    assert preview.code == 0
    assert USCC not in preview.out  # it names a firm's owner as well
    assert len(json.loads(preview.out)["refused"]) == 1
    first = json.loads(connected.yzt("--json", "adapter", "run", "samr.business_licence").out)
    assert (first["read"], first["stored"], first["quarantined"]) == (2, 1, 1)
    [aside] = json.loads(connected.yzt("--json", "adapter", "quarantine", "samr.business_licence").out)
    assert (aside["rule"], aside["item"]) == ("required", "uscc")
    assert "没有代码" not in connected.yzt("adapter", "quarantine", "samr.business_licence").out
    [source] = json.loads(connected.yzt("--json", "adapter", "list").out)
    assert (source["resource"], source["records"]) == ("samr.business_licence", 1)


def test_a_resource_without_manifest_is_refused(connected: Home) -> None:
    done = connected.yzt("adapter", "run", "nr.real_estate")
    assert done.code == 1
    assert "put one file for it into the manifests directory" in done.err


def test_issuing_without_a_type_or_certificate_is_refused_with_one(home: Home) -> None:
    assert home.yzt("cert", "issue", "nonsense").code == 1
    why = ("--text", "x", "--authority", SAMR)
    assert home.yzt("cert", "revoke", "1.2.156.3005.2.X", "penalty", *why).code == 1
    assert home.yzt("cert", "revoke", "1.2.156.3005.2.X", "penalty", "--text", " ", "--authority", SAMR).code == 3


# ---- the log ----


def test_the_checkpoint_is_printed_as_it_was_signed(home: Home) -> None:
    text = home.yzt("log", "head").out
    origin, size, _root, blank, signature = text.rstrip("\n").split("\n")
    assert (origin, blank) == ("hub.339900.example/log", "")
    assert signature.startswith("— hub.339900.example/log ")
    head = json.loads(home.yzt("--json", "log", "head").out)
    assert (head["size"], head["checkpoint"].rstrip("\n")) == (int(size), text.rstrip("\n"))


def test_an_entry_nobody_made_has_no_proof(home: Home) -> None:
    done = home.yzt("log", "prove", "00000000-0000-0000-0000-000000000000")
    assert done.code == 1
    assert "no entry" in done.err


# ---- who is let in ----


def test_people_are_let_in_with_passwords_from_a_pipe(home: Home) -> None:
    password = "correct horse battery staple"
    done = home.yzt("access", "person", "auditor-1", "auditor", "--name", "审计员甲", given=password + "\n")
    assert done.code == 0
    assert password not in done.said
    assert home.yzt("access", "person", "auditor-1", "auditor", "--name", "甲", given=password + "\n").code == 1
    assert home.yzt("access", "person", "weak", "auditor", "--name", "甲", given="short\n").code == 1
    assert home.yzt("access", "person", "mute", "auditor", "--name", "甲").code == 3

    async def stored() -> str:
        async with open_app(settings_of(home.path, {})) as hub, hub.reads() as conn:
            return str(await conn.scalar(text("SELECT password_hash FROM exchange_person")))

    strength = argon2.extract_parameters(asyncio.run(stored()))
    assert (strength.type, strength.memory_cost >= 65536, strength.time_cost >= 3) == (argon2.Type.ID, True, True)


def test_a_private_key_is_not_registered(home: Home, tmp_path: Path) -> None:
    jwks = tmp_path / "keys.json"
    jwks.write_text('{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}]}')
    assert home.yzt("access", "client", "s", "--department", NR, "--jwks", jwks).code == 1
    jwks.write_text("not json")
    assert home.yzt("access", "client", "s", "--department", NR, "--jwks", jwks).code == 3
    assert home.yzt("access", "client", "s", "--department", NR, "--jwks", tmp_path / "absent").code == 4


def test_officers_come_and_go(home: Home) -> None:
    assert home.yzt("access", "officer", "nr-0009", "--department", NR, "--name", "经办人").code == 0
    assert home.yzt("access", "stop-officer", "nr-0009", "--department", NR).code == 0
    assert home.yzt("access", "stop-officer", "nr-0009", "--department", NR).code == 1
    assert home.yzt("access", "stop-client", "nobody").code == 1


# ---- serve and worker ----


def test_serve_answers_ready_and_ends_when_told(home: Home) -> None:
    settings = dict(line.split("=", 1) for line in (home.path / "hub.env").read_text().splitlines())
    server = home.start("serve")
    try:
        assert wait_until_it_answers(server, settings["YZT_PUBLIC_URL"] + "/readyz") == 200
        assert wait_until_it_answers(server, settings["YZT_PUBLIC_URL"] + "/") == 200
    finally:
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=60)
    assert server.returncode == 0, err
    assert "Traceback" not in err
    assert out == ""
    assert home.yzt("doctor").code == 0


def test_a_worker_ends_when_told(home: Home) -> None:
    worker = home.start("worker")
    try:
        assert worker.stderr is not None
        assert "worker is running" in worker.stderr.readline()
        time.sleep(1)
    finally:
        worker.send_signal(signal.SIGTERM)
        _, err = worker.communicate(timeout=60)
    assert worker.returncode == 0, err
    assert "Traceback" not in err


# ---- verify ----


def test_verify_tells_invalid_from_usage_and_from_unreadable(tmp_path: Path) -> None:
    junk = tmp_path / "x.sdjwt"
    junk.write_text("e30.e30.AA~")
    keys = tmp_path / "keys.json"
    keys.write_text('{"keys":[]}')
    verify: list[str | Path] = [YZT, "verify", junk, "--trust", keys]
    assert run(verify).code == 3
    assert run([*verify, "--trust-list", junk]).code == 1
    assert run([*verify, "--trust-list", tmp_path / "absent"]).code == 4
