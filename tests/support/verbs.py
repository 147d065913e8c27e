"""Verbs of `yzt`, each in a process of its own, forked from one that has imported the command already.

Importing it takes a verb longer than its work; hundreds of verbs need it done once. What is a user's own start of the
program (help, the story, the services, the README's example) is tested with the program itself (`command.run`).
"""

import atexit
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from subprocess import TimeoutExpired

from exchange.cli import main
from tests.support.command import Done, clean_environment

_FORKS = get_context("forkserver")
_FILES = ("in", "out", "err")


def verb(
    arguments: Sequence[str | Path],
    *,
    given: str | None = None,
    cwd: Path | None = None,
    timeout: float = 120,
    env: Mapping[str, str] | None = None,
) -> Done:
    """As `command.run` of `yzt` with these arguments, sooner."""
    with _environment(clean_environment()):  # what is read when the command is imported
        _FORKS.set_forkserver_preload([__name__])
        ensure_running()
    with tempfile.TemporaryDirectory(prefix="yzt-verb-") as place:
        files = [Path(place) / name for name in _FILES]
        for file in files:
            file.write_text(given or "" if file.name == "in" else "", encoding="utf-8")
        words = ["yzt", *map(str, arguments)]
        told = (words, dict(env or clean_environment()), str(cwd or Path.cwd()), files)
        child = _FORKS.Process(target=_play, args=told)
        child.start()
        child.join(timeout)
        if child.is_alive():
            child.kill()
            child.join()
            raise TimeoutExpired(words, timeout, files[1].read_bytes(), files[2].read_bytes())
        out, err = (file.read_text(encoding="utf-8") for file in files[1:])
    assert "Traceback" not in err, err
    assert child.exitcode is not None
    return Done(child.exitcode, out, err)


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    yield
    os.environ.clear()
    os.environ.update(before)


def _play(words: list[str], environment: dict[str, str], cwd: str, files: Sequence[Path]) -> None:
    for number, file in enumerate(files):
        descriptor = os.open(file, os.O_RDWR | (0 if number == 0 else os.O_APPEND))
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.argv = words
    try:
        main()
    finally:
        atexit._run_exitfuncs()  # a forked process leaves without them
