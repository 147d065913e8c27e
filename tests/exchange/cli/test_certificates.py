"""A certificate from its source to its end, by the verbs alone: pull, key, issue, verify, revoke."""

import json
from pathlib import Path

import pytest

from certs import repo as certificates
from certs.model import FaceKind
from exchange.demo.people import build_world
from exchange.home import settings_of
from exchange.wiring import open_app
from tests.exchange.cli.conftest import SAMR, Home

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("certificates"), pytest.mark.slow]


async def licence_of_the_hero(home: Home, folder: Path) -> tuple[str, Path]:
    """Identifier and SD-JWT of a certificate; a holder would get it from the pages."""
    async with open_app(settings_of(home.path, {})) as hub:
        [held] = await hub.certificates.held(build_world().hero.uscc)
        identifier = str(held.certificate.identifier)
        async with hub.reads() as conn:
            face = (await certificates.faces(conn, identifier))[FaceKind.SD_JWT]
    path = folder / "licence.sdjwt"
    path.write_bytes(face)
    return identifier, path


def listed(home: Home, *options: str) -> list[dict[str, str]]:
    """What `yzt cert list` says of business licences."""
    done = home.yzt("--json", "cert", "list", "business_licence", *options)
    assert done.code == 0, done.said
    return list(json.loads(done.out))


def everybody_is_listed_and_nobody_named(home: Home) -> None:
    """Pages of identifiers, each once; holders only by their first character."""
    first = listed(home, "--limit", "7")
    rest = listed(home, "--limit", "10000", "--after", first[-1]["identifier"])
    everything = listed(home, "--limit", "10000")
    assert first + rest == everything
    assert len(first) == 7
    assert len({row["identifier"] for row in everything}) == len(everything) > 200
    assert {row["state"] for row in everything} == {"valid"}
    assert listed(home, "--state", "expired") == []
    names = {firm.name for firm in build_world().firms}
    said = home.yzt("cert", "list", "business_licence", "--limit", "10").out
    assert not [name for name in names if name in said]
    assert "--after" in said
    assert home.yzt("cert", "list", "no-such-type").code == 1


async def test_a_licence_is_issued_verified_and_revoked(connected: Home, tmp_path: Path) -> None:
    without_key = connected.yzt("cert", "issue", "business_licence")
    assert without_key.code == 1
    assert "yzt keygen" in without_key.err
    assert connected.yzt("keygen", "issuer", SAMR).code == 0
    issued = connected.yzt("--json", "cert", "issue", "business_licence")
    assert issued.code == 0, issued.err
    report = json.loads(issued.out)
    assert report["issued"] + report["existing"] > 200
    assert json.loads(connected.yzt("--json", "cert", "issue", "business_licence").out)["issued"] == 0
    identifier, path = await licence_of_the_hero(connected, tmp_path)
    everybody_is_listed_and_nobody_named(connected)

    valid = connected.yzt("cert", "verify", path)
    assert valid.code == 0, valid.said
    assert "有效 valid" in valid.out
    spoilt = tmp_path / "spoilt.sdjwt"
    spoilt.write_bytes(path.read_bytes()[:-30] + b"x" + path.read_bytes()[-29:])
    assert connected.yzt("cert", "verify", spoilt).code in {1, 2}

    why = ("--text", "查处无证经营", "--authority", SAMR)
    revoked = connected.yzt("--json", "cert", "revoke", identifier, "penalty", *why)
    assert revoked.code == 0, revoked.said
    assert json.loads(revoked.out) == {"identifier": identifier, "state": "revoked"}
    after = connected.yzt("cert", "verify", path)
    assert after.code == 1, after.said
    assert "吊销" in after.out
    assert connected.yzt("cert", "revoke", identifier, "penalty", *why).code == 1  # once is enough
    assert [row["identifier"] for row in listed(connected, "--state", "revoked")] == [identifier]
    assert identifier not in {row["identifier"] for row in listed(connected, "--state", "valid", "--limit", "10000")}
    assert connected.yzt("log", "audit").code == 0
