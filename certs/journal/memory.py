"""A hub's own memory of the newest checkpoint, beside the database, so that an older database is noticed."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """One small file, replaced atomically. Losing it loses a check, never the log."""

    path: Path

    def read(self) -> str | None:
        """Return the remembered signed checkpoint, or None when the file is not there yet."""
        try:
            return self.path.read_text(encoding="utf-8", errors="strict")
        except FileNotFoundError:
            return None

    def write(self, checkpoint: str) -> None:
        """Write beside, flush to disk, rename, flush the directory: after a crash either text is there whole."""
        fresh = self.path.with_name(self.path.name + ".new")
        with fresh.open("wb") as file:
            file.write(checkpoint.encode())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
