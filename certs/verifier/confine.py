"""What a child process takes from itself before it reads the first foreign byte. POSIX; limiting memory needs Linux.

1. Address space: what it has now and `memory` bytes more.  2. CPU time: `cpu_seconds` more for each task.
3. No byte written to any file, no core dump.  4. No further file descriptor: nothing can be opened, no socket made.
5. No further process.  6. An audit hook that refuses the same by name.
"""

import os
import resource
import sys
from dataclasses import dataclass
from typing import Final

_PAGE: Final = resource.getpagesize()
_REFUSED: Final = (
    "open", "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.remove",
    "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.kill", "shutil.", "ctypes.dlopen",
    "pty.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What one task may take.

    `memory` bytes of address space beyond what the child has before it, `cpu_seconds` and `wall_seconds` per task, and
    so many `tasks` before the child is replaced, so that nothing can pile up in it.
    """

    memory: int = 512 * 1024 * 1024
    cpu_seconds: int = 10
    wall_seconds: float = 10.0
    tasks: int = 5000


class Confined:
    """This process, confined for good from here on."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        try:
            self._statm: int | None = os.open("/proc/self/statm", os.O_RDONLY)
        except OSError:  # not Linux: CPU time and the parent's clock remain
            self._statm = None
        descriptors = 1 + max(2, self._statm or 0)
        for kind, most in (
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, descriptors),
            (resource.RLIMIT_NPROC, 0),
        ):
            resource.setrlimit(kind, (most, most))
        sys.addaudithook(_refuse)

    def begin(self) -> None:
        """Allow one task: its memory and CPU time."""
        spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        _soft(resource.RLIMIT_CPU, int(spent) + 1 + self._limits.cpu_seconds)
        if self._statm is not None:
            now = int(os.pread(self._statm, 100, 0).split()[0]) * _PAGE
            _soft(resource.RLIMIT_AS, now + self._limits.memory)

    def lift(self) -> None:
        """Take both limits away while something trusted is read."""
        for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
            _soft(kind, resource.getrlimit(kind)[1])


def _soft(kind: int, most: int) -> None:
    resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def _refuse(event: str, _: object) -> None:
    if event.startswith(_REFUSED):
        raise PermissionError(f"a verifying process may not: {event}")
