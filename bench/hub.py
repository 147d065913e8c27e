"""A hub to measure: an embedded database server, the sample catalogue, records and open cases loaded by COPY."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from sqlalchemy import make_url

from catalog.samples import sample_catalogue
from exchange.app import App
from exchange.demo.caller import DepartmentSystem
from exchange.embedded import embedded_postgres
from exchange.home import create_home, settings_of
from exchange.settings import Settings
from exchange.stores import Database
from exchange.wiring import open_app

NR = "11339900MB900004X5"
CLIENT, OFFICER = "nr-system", "NR0001"
TRANSFER = "11339900MB900004X53000715001001"  # 不动产转移登记
RESOURCE = "psb.household"
CASES = 1000
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_FIRST_DAY = datetime(1930, 1, 1, tzinfo=UTC)
_PER_DAY = 900
_RUN = UUID(int=1)


@contextmanager
def server() -> Iterator[tuple[Path, str]]:
    """A directory of its own and the address of the database server in it; both go away."""
    with tempfile.TemporaryDirectory(prefix="yzt-bench-", ignore_cleanup_errors=True) as directory:
        root = Path(directory)
        root.chmod(0o755)  # the server runs as a service user when started by root
        with embedded_postgres(root / "pg") as url:
            yield root, url


def new_database(url: str, name: str) -> str:
    """Create a database beside `url`; returns its address."""
    with psycopg.connect(plain(url), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}".encode())
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def plain(url: str) -> str:
    """The address as libpq takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def running_at(url: str) -> Database:
    """A database that is run by somebody else."""

    @asynccontextmanager
    async def given(_settings: Settings) -> AsyncIterator[str]:
        yield url

    return given


def citizen(index: int) -> str:
    """The citizen number of the resident with this index, with a right check digit; invented region 339900."""
    day = _FIRST_DAY + timedelta(days=index // _PER_DAY)
    body = f"339900{day:%Y%m%d}{index % _PER_DAY:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]


def household(index: int) -> dict[str, str]:
    """The household record of a resident, as the hub stores it."""
    number = citizen(index)
    return {
        "citizen_id": number,
        "name": f"测试{index:07d}",
        "sex": "男" if int(number[16]) % 2 else "女",
        "ethnicity": "汉",
        "birth_date": f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
        "address": f"339900市示例区测试街道{index % 997}号{index % 31}幢{index % 17}单元",
        "household_no": f"339900{index // 3:09d}",
        "relation": "户主",
        "registered_on": "2010-05-04",
    }


@dataclass(frozen=True, slots=True)
class Home:
    """A prepared hub: its home directory and its database."""

    path: Path
    url: str

    def settings(self) -> Settings:
        """The settings of this hub."""
        return settings_of(self.path, {})

    def system(self) -> DepartmentSystem:
        """The registered system of the land registry."""
        key = load_pem_private_key((self.path / "client.pem").read_bytes(), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        return DepartmentSystem(CLIENT, NR, key)


def prepare(root: Path, url: str, records: int) -> Home:
    """Initialise a hub on an empty database: catalogue, officer, client, `records` records and the open cases."""
    home = Home(root, url)
    create_home(root, port=8339)
    key = generate_private_key(SECP256R1())
    (root / "client.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    asyncio.run(_initialise(home))
    with psycopg.connect(plain(url)) as conn:
        load_records(conn, records)
        _load_cases(conn, min(CASES, records))
    vacuum(url)
    return home


def vacuum(url: str) -> None:
    """Statistics and visibility as on a server that has run for a while, and no checkpoint waiting."""
    with psycopg.connect(plain(url), autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")
        conn.execute("CHECKPOINT")


async def _initialise(home: Home) -> None:
    async with open_app(home.settings(), initialise=True, database=running_at(home.url)) as app:
        await _register(app, home.system())


async def _register(app: App, system: DepartmentSystem) -> None:
    # without the sample's ceilings: what is measured is the hub, not a term its departments agreed on
    await app.catalogue.import_file(sample_catalogue().replace("\nrate = 6000\n", "\n"), source="sample")
    await app.access.register_client(CLIENT, department=NR, jwks=system.jwks())
    await app.access.register_officer(OFFICER, department=NR, name="测试员")
    await app.trust.publish()


def load_records(conn: "psycopg.Connection[tuple[object, ...]]", count: int) -> None:
    """Residents as records with their subjects."""
    now = datetime.now(UTC)
    cursor = conn.cursor()
    with cursor.copy("COPY adapter_record (resource, key, body, digest, as_of, run_id) FROM STDIN") as copy:
        for index in range(count):
            body = json.dumps(household(index), ensure_ascii=False)
            copy.write_row((RESOURCE, citizen(index), body, sha256(body.encode()).digest(), now, _RUN))
    with cursor.copy("COPY adapter_record_subject (subject, resource, key) FROM STDIN") as copy:
        for index in range(count):
            copy.write_row((citizen(index), RESOURCE, citizen(index)))


def _load_cases(conn: "psycopg.Connection[tuple[object, ...]]", count: int) -> None:
    now = datetime.now(UTC)
    cursor = conn.cursor()
    columns = "number, service_item, department, subject, opened_by, opened_at, state"
    with cursor.copy(f"COPY exchange_case ({columns}) FROM STDIN") as copy:
        for index in range(count):
            copy.write_row((f"B-{index}", TRANSFER, NR, citizen(index), OFFICER, now, "open"))
    with cursor.copy("COPY exchange_case_subject (case_number, role, subject) FROM STDIN") as copy:
        for index in range(count):
            copy.write_row((f"B-{index}", "applicant", citizen(index)))
