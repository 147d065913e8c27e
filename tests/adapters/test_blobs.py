import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from minio import Minio

from adapters.blobs.local import LocalBlobs
from adapters.blobs.s3 import S3Blobs
from adapters.errors import BlobNameError, BlobStoreError

ACCESS, SECRET = "hubaccesskey0", "hubsecretkey0"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    rclone = shutil.which("rclone", path=str(Path(sys.executable).parent))
    assert rclone is not None
    root = tmp_path_factory.mktemp("s3")
    command = [rclone, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{ACCESS},{SECRET}", str(root)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"127.0.0.1:{port}"
        process.kill()


@pytest.fixture(params=["local", "s3"])
async def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LocalBlobs | S3Blobs]:
    if request.param == "local":
        yield LocalBlobs(tmp_path / "blobs")
        return
    client = Minio(
        request.getfixturevalue("endpoint"), access_key=ACCESS, secret_key=SECRET, secure=False, region="us-east-1"
    )
    store = S3Blobs(client, f"b{abs(hash(request.node.name)) % 10**9}")
    await store.ensure_bucket()
    yield store


async def test_objects_come_back_as_they_went(blobs: LocalBlobs | S3Blobs) -> None:
    assert await blobs.get("a/b.bin") is None
    assert not await blobs.exists("a/b.bin")
    data = bytes(range(256)) * 4000
    await blobs.put("a/b.bin", data)
    await blobs.put("a/c", b"")
    await blobs.put("b/d", b"1")
    await blobs.put("b/d", b"2")
    assert await blobs.get("a/b.bin") == data
    assert await blobs.get("a/c") == b""
    assert await blobs.get("b/d") == b"2"
    assert await blobs.exists("a/c")
    assert [name async for name in blobs.list("a/")] == ["a/b.bin", "a/c"]
    assert [name async for name in blobs.list()] == ["a/b.bin", "a/c", "b/d"]


async def test_a_deleted_object_is_gone_and_its_neighbours_stay(blobs: LocalBlobs | S3Blobs) -> None:
    for name in ("a/b/c.bin", "a/b/d", "a/e"):
        await blobs.put(name, b"1")
    await blobs.delete("a/b/c.bin")
    assert await blobs.get("a/b/c.bin") is None
    assert not await blobs.exists("a/b/c.bin")
    assert [name async for name in blobs.list()] == ["a/b/d", "a/e"]
    for name in ("a/b/c.bin", "never/was"):
        await blobs.delete(name)
    assert [name async for name in blobs.list()] == ["a/b/d", "a/e"]
    await blobs.put("a/b/c.bin", b"2")
    assert await blobs.get("a/b/c.bin") == b"2"


async def test_no_empty_directory_stays_and_none_is_taken_from_under_a_put(tmp_path: Path) -> None:
    root = tmp_path / "blobs"
    blobs = LocalBlobs(root)

    async def come_and_go(number: int) -> None:
        for _ in range(25):
            await blobs.put(f"batch/one/{number}", b"x")
            assert await blobs.get(f"batch/one/{number}") == b"x"
            await blobs.delete(f"batch/one/{number}")

    await asyncio.gather(*map(come_and_go, range(8)))
    assert list(root.iterdir()) == []


OUTSIDE = ["", "/etc/x", "../x", "a/../x", "a//b", "a/", ".hidden", "a\\b", "a\x00", "甲", "a" * 600]


@pytest.mark.parametrize("name", OUTSIDE)
async def test_names_cannot_leave_the_store(blobs: LocalBlobs | S3Blobs, name: str) -> None:
    for action in (blobs.put(name, b""), blobs.get(name), blobs.exists(name), blobs.delete(name)):
        with pytest.raises(BlobNameError):
            await action


async def test_a_reader_never_sees_a_torn_object(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path)
    versions = [bytes([n]) * 500_000 for n in range(4)]
    await blobs.put("x", versions[0])

    async def write() -> None:
        for n in range(20):
            await blobs.put("x", versions[n % 4])

    writing = asyncio.create_task(write())
    while not writing.done():
        assert await blobs.get("x") in versions
    await writing
    assert os.listdir(tmp_path) == ["x"]  # noqa: PTH208  # nothing unfinished is left, hidden or not


async def test_an_unreachable_store_is_an_error_not_an_absence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = Minio(f"127.0.0.1:{port}", access_key=ACCESS, secret_key=SECRET, secure=False, region="us-east-1")
    client._http.connection_pool_kw["retries"] = False
    with pytest.raises(BlobStoreError):
        await S3Blobs(client, "bucket").get("x")
    with pytest.raises(BlobStoreError):
        await S3Blobs(client, "bucket").delete("x")


async def test_a_full_or_closed_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BlobStoreError):
        await LocalBlobs(tmp_path / "file").put("x", b"1")
    with pytest.raises(BlobStoreError):
        await LocalBlobs(tmp_path / "file" / "below").put("x", b"1")
