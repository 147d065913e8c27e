"""Objects in a bucket of any S3 endpoint, through the MinIO client in threads."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error
from urllib3.exceptions import HTTPError

from adapters.blobs.names import checked_name, checked_prefix
from adapters.errors import BlobStoreError

T = TypeVar("T")

_ABSENT = {"NoSuchKey", "NoSuchObject"}


class S3Blobs:
    """An object store in `bucket`, which must exist (see `ensure_bucket`)."""

    def __init__(self, client: Minio, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    async def ensure_bucket(self) -> None:
        """Create the bucket if it is missing."""

        def work() -> None:
            if not self._client.bucket_exists(bucket_name=self._bucket):
                self._client.make_bucket(bucket_name=self._bucket)

        await self._run("create bucket", self._bucket, work)

    async def put(self, name: str, data: bytes) -> None:
        """Store or replace an object.

        Raises:
            BlobNameError: `name` is not an object name.
            BlobStoreError: the store refused or cannot be reached.
        """
        checked_name(name)
        await self._run(
            "put",
            name,
            lambda: self._client.put_object(
                bucket_name=self._bucket, object_name=name, data=io.BytesIO(data), length=len(data)
            ),
        )

    async def get(self, name: str) -> bytes | None:
        """The object, or None."""
        checked_name(name)
        return await self._run("get", name, lambda: self._get(name))

    async def exists(self, name: str) -> bool:
        """Whether there is such an object."""
        checked_name(name)
        return await self._run("stat", name, lambda: self._exists(name))

    async def delete(self, name: str) -> None:
        """Remove an object; one that is not there is no error. A bucket with versions keeps those as its rules say.

        Raises:
            BlobNameError: `name` is not an object name.
            BlobStoreError: the store refused or cannot be reached.
        """
        checked_name(name)
        await self._run("delete", name, lambda: self._delete(name))

    async def list(self, prefix: str = "") -> AsyncIterator[str]:
        """The names that begin with `prefix`, in order."""
        checked_prefix(prefix)

        def work() -> list[str]:
            found = self._client.list_objects(bucket_name=self._bucket, prefix=prefix, recursive=True)
            return sorted(str(entry.object_name) for entry in found)

        for name in await self._run("list", prefix, work):
            yield name

    def _get(self, name: str) -> bytes | None:
        try:
            response = self._client.get_object(bucket_name=self._bucket, object_name=name)
        except S3Error as error:
            if error.code in _ABSENT:
                return None
            raise
        except InvalidResponseError:
            # Some servers refuse in a form the client cannot read; asking whether the object exists is sure.
            if self._exists(name):
                raise
            return None
        try:
            data: bytes = response.read()
        finally:
            response.close()
            response.release_conn()
        return data

    def _delete(self, name: str) -> None:
        try:
            self._client.remove_object(bucket_name=self._bucket, object_name=name)
        except S3Error as error:
            if error.code not in _ABSENT:
                raise

    def _exists(self, name: str) -> bool:
        try:
            self._client.stat_object(bucket_name=self._bucket, object_name=name)
        except S3Error as error:
            if error.code in _ABSENT:
                return False
            raise
        return True

    async def _run(self, operation: str, name: str, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except (MinioException, HTTPError, OSError) as error:
            raise BlobStoreError(operation, name, str(error)) from error
