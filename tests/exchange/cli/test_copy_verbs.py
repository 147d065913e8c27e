"""Copies by the verbs alone: made and written once, listed, checked with and without the file, withdrawn."""

import asyncio
import json
from pathlib import Path

import pytest

from certs.copies.terms import copy_in_ofd
from certs.ofd.reading import read_ofd
from exchange.demo.people import build_world
from exchange.home import settings_of
from exchange.wiring import open_app
from tests.exchange.cli.conftest import SAMR, Home

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("copy-verbs"), pytest.mark.slow]
PASSWORD = "correct horse battery staple"
TERMS = ("--recipient", "示例银行", "--matter", "企业贷款审批", "--purpose", "核实营业执照")


@pytest.fixture(scope="module")
def firm(connected: Home) -> str:
    """The licence of the hero's firm, whose account is `firm`; its authority is ready to seal."""
    uscc = build_world().hero.uscc
    assert connected.yzt("keygen", "issuer", SAMR).code == 0
    assert connected.yzt("cert", "issue", "business_licence").code == 0
    assert connected.yzt("dev-ca", "init").code == 0
    assert connected.yzt("dev-ca", "enrol", SAMR).code == 0
    added = connected.yzt("access", "person", "firm", "applicant", "--name", "示例", given=f"{PASSWORD}\n{uscc}\n")
    assert added.code == 0, added.said

    async def look() -> str:
        async with open_app(settings_of(connected.path, {})) as hub:
            (held,) = await hub.certificates.held(uscc)
            return str(held.certificate.identifier)

    return asyncio.run(look())


def test_from_wish_to_withdrawal(connected: Home, firm: str, tmp_path: Path) -> None:
    """Long because it is one story, from beginning to end."""

    def mine(*arguments: str | Path) -> object:
        done = connected.yzt("--json", "copy", *arguments, "--by", "firm", given=f"{PASSWORD}\n")
        assert done.code == 0, done.said
        return json.loads(done.out)

    file = tmp_path / "copy.ofd"
    made = mine("make", firm, *TERMS, "--form", "ofd", "--out", file)
    assert isinstance(made, dict)
    assert made["state"] == "in-force"
    certificate, terms = copy_in_ofd(read_ofd(file.read_bytes()))
    assert (str(certificate.identifier), terms.code, terms.recipient) == (firm, made["code"], "示例银行")
    assert file.stat().st_mode & 0o077 == 0

    again = connected.yzt("copy", "make", firm, *TERMS, "--out", file, "--by", "firm", given=f"{PASSWORD}\n")
    assert again.code == 4, "what is there is not overwritten"
    refused = connected.yzt(
        *("copy", "make", firm, *TERMS[:-1], "x" * 41),
        *("--out", tmp_path / "no.pdf", "--by", "firm"),
        given=f"{PASSWORD}\n",
    )
    assert refused.code == 1
    assert "purpose: too-long" in refused.err
    assert not (tmp_path / "no.pdf").exists()

    said = connected.yzt("copy", "check", made["code"].lower())
    assert said.code == 0, said.said
    assert "示例银行 · 企业贷款审批 · 核实营业执照" in said.out
    same = connected.yzt("--json", "copy", "check", made["code"], file)
    assert (same.code, json.loads(same.out)["verdict"]) == (0, "valid"), same.said
    other = tmp_path / "other.ofd"
    other.write_bytes(file.read_bytes()[:-1])
    assert connected.yzt("copy", "check", made["code"], other).code == 1
    assert connected.yzt("copy", "check", "0000").code == 1

    assert mine("withdraw", made["id"]) == {**made, "state": "withdrawn"} | _changed(mine("list"))
    assert connected.yzt("copy", "check", made["code"]).code == 1
    assert connected.yzt("copy", "list", "--by", "firm", given="wrong\n").code == 1


def _changed(listed: object) -> dict[str, object]:
    """What a withdrawal and a check change, as the list says."""
    assert isinstance(listed, list)
    (one,) = listed
    return {name: one[name] for name in ("withdrawn_at", "checked_at")}
