"""All six types from records to sealed documents on one hub: dropped files, catalogue, certificates, OFD and PDF."""

import csv
from collections.abc import AsyncIterator
from datetime import date
from io import BytesIO
from pathlib import Path
from tomllib import loads

import pypdf
import pytest
from sqlalchemy import text

from catalog.samples import more_of_the_sample, sample_catalogue
from certs import repo as certificates
from certs.model import FaceKind
from certs.ofd.certificate import certificate_in
from certs.ofd.reading import read_ofd
from certs.pdf.certificate import certificate_in_pdf
from exchange.app import App
from exchange.demo.ids import citizen_id
from exchange.demo.manifests.more import more_manifest_paths
from exchange.demo.world import Resource, body_of
from exchange.model_sealing import JobState
from exchange.service.keys import KeyRole
from exchange.settings import Settings
from exchange.wiring import open_app
from tests.certs.layout.samples import RECORDS
from tests.conftest import already_running
from tests.support.city import MCA, NR, PSB, SAMR, SUBJECTS, WORLD, put

NHC = "11339900MB90000660"
TYPES = ("household", "marriage", "business_licence", "real_estate", "birth", "food_licence")
DROPPED = {"nhc.birth": ("nhc", "csyxzm_1", "birth"), "samr.food_licence": ("food", "spjyxk_1", "food_licence")}
BORN = date(1990, 3, 7)
RARE = "测试䶮㛃𬭬"


def dropped(folder: Path) -> dict[str, Path]:
    """What the two departments hand over, under the Chinese headings of their systems."""
    (folder / "manifests").mkdir()
    lines = []
    for path in more_manifest_paths():
        (folder / "manifests" / path.name).write_bytes(path.read_bytes())
        connection, name, slug = DROPPED[path.stem]
        (folder / connection).mkdir()
        lines.append(f'[connections.{connection}]\nurl = "{(folder / connection).as_uri()}"\n')
        with (folder / connection / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.writer(file)
            row = _row(path.read_text("utf-8"), slug)
            table.writerows([row.keys(), row.values()])
        (folder / connection / f"{name}.csv.ok").touch()
    connections = folder / "connections.toml"
    connections.write_text("".join(lines))
    connections.chmod(0o600)
    return {"manifests_dir": folder / "manifests", "connections_file": connections}


def _row(manifest: str, slug: str) -> dict[str, str]:
    """Heading -> value of the sample record, with a rare name and people whose numbers pass every check."""
    people = {"newborn_name": RARE, "operator_name": f"{RARE}餐饮店"}
    people |= {"mother_id": citizen_id(BORN, 2), "father_id": citizen_id(BORN, 1)}
    people |= {"uscc": str(WORLD.hero.uscc)} if slug == "food_licence" else {}
    body = {**RECORDS[slug], **people}
    headings = {
        item: next(iter(v.values())) if isinstance(v, dict) else v for item, v in loads(manifest)["map"].items()
    }
    return {heading: str(body[item]) for item, heading in headings.items()}


@pytest.fixture
async def whole(hub_settings: Settings, hub_database_url: str, tmp_path: Path) -> AsyncIterator[App]:
    settings = hub_settings.model_copy(update=dropped(tmp_path))
    async with open_app(settings, initialise=True, database=already_running(hub_database_url)) as app:
        await app.catalogue.import_file(sample_catalogue(), source="sample")
        await app.catalogue.import_file(more_of_the_sample(), source="more")
        await app.documents.development.init()
        for department in (PSB, MCA, SAMR, NR, NHC):
            await app.keys.generate(KeyRole.ISSUER, department)
            await app.documents.enrolment.enrol(department)
        yield app


async def test_all_six_types_are_issued_from_records_and_sealed(whole: App) -> None:
    people = {person.citizen_id for person in WORLD.people[:12]}
    for resource in Resource:
        bodies = [body_of(record) for record in WORLD.records(resource)]
        mine = [body for body in bodies if people & {str(body[item]) for item in SUBJECTS[resource]}]
        if resource is Resource.HOUSEHOLD:
            mine[0] = mine[0] | {"name": RARE}
        await put(whole, resource, list(mine))
    for name in DROPPED:
        run = await whole.pulls.run(name)
        assert run is not None
    for slug in TYPES:
        report = await whole.issuing.bulk(slug)
        assert (report.issued > 0, report.refused) == (True, []), slug
        sealing = whole.documents.sealing
        job = await sealing.run((await sealing.start(slug)).id)
        assert (job.state, job.sealed, job.refused) == (JobState.FINISHED, report.issued, 0), slug
        row = (await sealing.rows(job.id, limit=1))[0]
        await _all_faces_say_the_same(whole, row.identifier)
    await _rare_names_are_found(whole)


async def _all_faces_say_the_same(hub: App, identifier: str) -> None:
    async with hub.reads() as conn:
        faces = await certificates.faces(conn, identifier)
        on_file = (await certificates.by_identifier(conn, identifier)).certificate
    assert set(faces) == {FaceKind.JSON, FaceKind.SD_JWT, FaceKind.OFD, FaceKind.PDF}
    assert certificate_in(read_ofd(faces[FaceKind.OFD])) == certificate_in_pdf(faces[FaceKind.PDF]) == on_file


async def _rare_names_are_found(hub: App) -> None:
    """Whoever searches the PDF or the OFD for the name finds it."""
    async with hub.reads() as conn:
        found = "SELECT identifier FROM cert_certificate WHERE type_code = :code"
        for slug in ("household", "birth", "food_licence"):
            names = (await conn.execute(text(found), {"code": hub.types.get(slug).code})).scalars()
            texts = [await certificates.faces(conn, name) for name in names]
            printed = [pypdf.PdfReader(BytesIO(faces[FaceKind.PDF])).pages[0].extract_text() for faces in texts]
            assert any(RARE in "".join(page.split()) for page in printed), slug
            pages = [read_ofd(faces[FaceKind.OFD]).parts["Doc_0/Pages/Page_0/Content.xml"].decode() for faces in texts]
            assert any(all(char in page for char in RARE) for page in pages), slug
