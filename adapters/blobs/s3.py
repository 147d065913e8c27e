"""Objects in a bucket of any S3 endpoint, through the MinIO client (blocking, therefore in threads)."""

import asyncio
import io
from dataclasses import dataclass

from minio import Minio
from minio.error import S3Error

from adapters.blobs.names import checked


@dataclass(frozen=True, slots=True)
class S3Blobs:
    """One bucket; it must exist."""

    client: Minio
    bucket: str

    async def put(self, name: str, data: bytes) -> None:
        """Store bytes under a name, replacing what was there."""
        await asyncio.to_thread(self.client.put_object, self.bucket, checked(name), io.BytesIO(data), len(data))

    async def get(self, name: str) -> bytes | None:
        """The bytes of that name, None when there are none."""
        return await asyncio.to_thread(self._read, checked(name))

    async def exists(self, name: str) -> bool:
        """Whether something is stored under the name."""
        return await asyncio.to_thread(self._stat, checked(name))

    async def list(self, prefix: str) -> tuple[str, ...]:
        """The names below a prefix, sorted."""
        return await asyncio.to_thread(self._names, checked(prefix))

    def _names(self, prefix: str) -> tuple[str, ...]:
        found = self.client.list_objects(self.bucket, prefix=f"{prefix}/", recursive=True)
        return tuple(sorted(str(item.object_name) for item in found))

    def _read(self, name: str) -> bytes | None:
        try:
            answer = self.client.get_object(self.bucket, name)
        except S3Error as error:
            if error.code == "NoSuchKey":
                return None
            raise
        try:
            return bytes(answer.read())
        finally:
            answer.close()
            answer.release_conn()

    def _stat(self, name: str) -> bool:
        try:
            self.client.stat_object(self.bucket, name)
        except S3Error as error:
            if error.code in {"NoSuchKey", "NotFound"}:
                return False
            raise
        return True
