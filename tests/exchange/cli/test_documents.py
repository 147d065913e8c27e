"""Sealed documents by the verbs alone: nobody may seal, the department is enrolled, all is sealed, exported, drawn."""

import asyncio
import json
from pathlib import Path

import pytest

from certs.ofd.certificate import certificate_in
from certs.ofd.reading import read_ofd
from certs.pdf.certificate import certificate_in_pdf
from exchange.home import settings_of
from exchange.wiring import open_app
from tests.exchange.cli.conftest import SAMR, Home

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("documents"), pytest.mark.slow]


def test_licences_are_sealed_listed_exported_and_drawn(connected: Home, tmp_path: Path) -> None:
    assert connected.yzt("document", "jobs").out.strip() == "no sealing jobs yet"
    assert connected.yzt("document", "seal", "passport").code == 1
    foreign = connected.yzt("document", "seal", "contract.pdf")
    assert foreign.code == 1
    assert "never a file from elsewhere" in foreign.err
    assert connected.yzt("keygen", "issuer", SAMR).code == 0
    issued = json.loads(connected.yzt("--json", "cert", "issue", "business_licence").out)["issued"]

    stopped = connected.yzt("document", "seal", "business_licence")
    assert stopped.code == 1
    assert "seal-unavailable" in stopped.err
    assert "run the same command again" in stopped.err
    assert connected.yzt("dev-ca", "init").code == 0
    assert connected.yzt("dev-ca", "enrol", SAMR).code == 0

    sealed = connected.yzt("--json", "document", "seal", "business_licence", "--processes", "2")
    assert sealed.code == 0, sealed.said
    job = json.loads(sealed.out)
    assert (job["state"], job["sealed"], job["refused"], job["total"]) == ("finished", issued, 0, issued)
    assert job["per_second"] > 0
    assert f"{issued}/{issued} certificates" in sealed.err
    assert "per second" in sealed.err
    again = json.loads(connected.yzt("--json", "document", "seal", "business_licence").out)
    assert (again["state"], again["total"]) == ("finished", 0)

    listed = connected.yzt("document", "jobs").out.splitlines()
    assert len(listed) == 2
    assert f"{issued} sealed" in listed[1]
    one = connected.yzt("document", "jobs", job["id"])
    assert one.code == 0
    assert connected.yzt("document", "retry", job["id"]).code == 0
    assert connected.yzt("document", "jobs", "00000000-0000-0000-0000-000000000001").code == 1

    identifier = first_identifier(connected)
    export = connected.yzt("--json", "document", "export", identifier, "--out", tmp_path / "out")
    assert export.code == 0, export.said
    files = {path.suffix: path for path in map(Path, json.loads(export.out)["files"])}
    assert set(files) == {".jws", ".sd-jwt", ".ofd", ".pdf"}
    certificate = certificate_in(read_ofd(files[".ofd"].read_bytes()))
    assert str(certificate.identifier) == identifier
    assert certificate_in_pdf(files[".pdf"].read_bytes()) == certificate

    drawn = connected.yzt("document", "preview", identifier, "--out", tmp_path / "licence.svg")
    assert drawn.code == 0, drawn.said
    assert (tmp_path / "licence.svg").read_bytes().startswith(b"<svg")
    assert connected.yzt("document", "preview", "1.2.3", "--out", tmp_path / "x.svg").code == 1
    assert connected.yzt("document", "export", "1.2.3", "--out", tmp_path / "x").code == 1
    assert not (tmp_path / "x").exists()


def first_identifier(home: Home) -> str:
    """A row of the first job, which the operator sees."""

    async def look() -> str:
        async with open_app(settings_of(home.path, {})) as hub:
            (_, job) = await hub.documents.sealing.newest(2)
            return (await hub.documents.sealing.rows(job.id, limit=1))[0].identifier

    return asyncio.run(look())
