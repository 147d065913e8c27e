import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from yarl import URL

from adapters.errors import (
    AddressRefusedError,
    SourceDriftedError,
    SourceError,
    SourceGarbageError,
    SourceSchemaError,
    SourceTimeoutError,
    SourceTooLargeError,
    SourceUnreachableError,
)
from adapters.manifest import parse_manifest
from adapters.model import Manifest
from adapters.ports import Chunk, Connection, Secrets, Window
from adapters.repo import records
from adapters.sources.guard import GuardedResolver, check_address, checked_url
from adapters.sources.opening import open_source
from tests.adapters.world import RealUnits, now, one, pull_of, rows

PAGED = """
adapter = 1
resource = "mca.marriage"
key = ["marriage_no"]
subjects = ["spouse_a_id", "spouse_b_id"]
[source]
type = "rest"
connection = "mca"
path = "/v1/marriages"
records = "data.rows"
paging = { by = "page", total = "data.total" }
token = { path = "/oauth/token", client_id = "id", client_secret = "secret" }
since = "updated_after"
[cursor]
column = "gxsj"
delay = "5m"
format = "%Y-%m-%dT%H:%M:%S"
[map]
marriage_no = "djh"
spouse_a_id = "a.sfzh"
spouse_b_id = "b.sfzh"
registered_on = { date = "djrq", format = "%Y-%m-%d" }
amount = { number = "je" }
remark = "odd"
[quarantine]
stop_above = "50%"
"""


def plain(path: str, more: str = "", timeout: str = "5s") -> Manifest:
    head, _, tail = PAGED.partition("[source]")
    source = (
        f'[source]\ntype = "rest"\nconnection = "mca"\npath = "{path}"\nrecords = "rows"\n'
        f'paging = {{ by = "next", path = "next" }}\ntimeout = "{timeout}"\nretries = 2\n{more}\n'
    )
    return parse_manifest((head + source + tail[tail.index("[map]") :]).encode())


@pytest.fixture(scope="module")
def service() -> Iterator[Connection]:
    arguments = [sys.executable, "-m", "tests.adapters.rest_service"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield Connection(f"http://127.0.0.1:{port}", allow_private=True)
        process.kill()


async def read(manifest: Manifest, connection: Connection) -> list[Chunk]:
    source = open_source(manifest, Secrets({"mca": connection}, {"id": "hub", "secret": "s3cret"}), now)
    return [chunk async for chunk in source.chunks(Window(), None)]


async def test_pages_behind_an_expiring_token_arrive_whole(
    hub: AsyncEngine, units: RealUnits, service: Connection
) -> None:
    report = await pull_of(hub, parse_manifest(PAGED.encode()), mca=service).run(units)
    assert (report.counts.read, report.counts.stored, report.counts.quarantined) == (1203, 1201, 2)
    assert report.upper_bound is not None
    assert report.upper_bound[10] == "T"
    async with hub.connect() as conn:
        (left,) = await records.find_by_subject(conn, "mca.marriage", "A7")
        (right,) = await records.find_by_subject(conn, "mca.marriage", "B7")
    assert left == right
    amount = await one(hub, "SELECT body->>'amount' FROM adapter_record WHERE key LIKE '%000001'")
    assert amount == "12345678901234567890"
    found = await rows(hub, "SELECT rule, item FROM adapter_quarantine ORDER BY rule")
    assert found == [("encoding", "remark"), ("type", "remark")]


async def test_next_links_are_followed_but_not_to_other_hosts(service: Connection) -> None:
    chunks = await read(plain("/linked"), service)
    assert sum(chunk.frame.height for chunk in chunks) == 250
    manifest = plain("/linked")
    elsewhere = replace(manifest.source, paging=replace(manifest.source.paging, path="evil"))  # type: ignore[union-attr, arg-type]  # a rest source by next link
    with pytest.raises(AddressRefusedError):
        await read(replace(manifest, source=elsewhere), service)


async def test_moving_pages_start_over_instead_of_losing_rows(service: Connection) -> None:
    manifest = parse_manifest(PAGED.replace("since =", 'params = { drift = "1" }\nsince =').encode())
    with pytest.raises(SourceDriftedError):
        await read(manifest, service)


async def test_passing_failures_are_retried(service: Connection) -> None:
    assert (await read(plain("/flaky"), service))[0].frame.height == 1


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/hang", SourceTimeoutError),
        ("/endless", SourceTooLargeError),
        ("/bomb", SourceTooLargeError),
        ("/announced", SourceTooLargeError),
        ("/broken/redirect", SourceGarbageError),
        ("/broken/html", SourceGarbageError),
        ("/broken/half", SourceGarbageError),
        ("/broken/nan", SourceGarbageError),
        ("/broken/deep", SourceGarbageError),
        ("/broken/shape", SourceGarbageError),
        ("/broken/missing", SourceSchemaError),
        ("/nowhere", SourceUnreachableError),
    ],
)
async def test_a_failing_source_is_cut_and_named(service: Connection, path: str, error: type[SourceError]) -> None:
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    late = error is SourceTimeoutError  # only what hangs may meet the limit, however busy the computer is
    with pytest.raises(error):
        await read(plain(path, "max_bytes = 1048576", "2s" if late else "60s"), service)
    assert time.monotonic() - started < (20 if late else 60)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # KiB at the peak


async def test_a_wrong_secret_is_not_retried_for_ever(service: Connection) -> None:
    manifest = parse_manifest(PAGED.encode())
    source = open_source(manifest, Secrets({"mca": service}, {"id": "hub", "secret": "wrong"}), now)
    with pytest.raises(SourceUnreachableError):
        await source.columns()


INWARD = (
    "127.0.0.1 ::1 10.1.2.3 192.168.0.1 169.254.169.254 0.0.0.0 ::ffff:127.0.0.1 fe80::1 fc00::1 224.0.0.1"
    " 64:ff9b::a00:1 2002:7f00:1::"
)


@pytest.mark.parametrize("address", INWARD.split())
def test_inward_addresses_are_refused(address: str) -> None:
    with pytest.raises(AddressRefusedError):
        check_address(address, Connection("https://mca.example"))


async def test_names_and_numbers_that_resolve_inward_are_refused() -> None:
    for host in ("localhost", "2130706433", "0x7f.1", "0177.0.0.1"):
        resolver = GuardedResolver(Connection(f"http://{host}"))
        with pytest.raises(AddressRefusedError):
            await resolver.resolve(host, 80)
        await resolver.close()
        with pytest.raises(AddressRefusedError):
            await read(plain("/linked"), Connection(f"http://{host}:9"))


async def test_link_local_stays_refused_even_where_private_is_meant() -> None:
    with pytest.raises(AddressRefusedError):
        await read(plain("/linked"), Connection("http://169.254.169.254", allow_private=True))


OUTSIDE = (
    "http://evil.example/x https://mca.example/x http://mca.example:8080/x http://u:p@mca.example/x file:///etc/passwd"
)


@pytest.mark.parametrize("url", OUTSIDE.split())
def test_addresses_outside_the_connection_are_refused(url: str) -> None:
    with pytest.raises(AddressRefusedError):
        checked_url(URL(url), Connection("http://mca.example"))
