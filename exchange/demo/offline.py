"""The auditor's computer: the verifier in a process of its own in which every use of the network is refused."""

import subprocess
import sys
from collections.abc import Sequence

# The hook is installed before anything of ours is imported, and cannot be removed.
_WITHOUT_NETWORK = """
import runpy, sys
def refuse(event, _arguments):
    if event.startswith("socket."):
        raise PermissionError(f"no network here: {event}")
sys.addaudithook(refuse)
sys.argv[0] = "certs"
runpy.run_module("certs", run_name="__main__")
"""


def verify_offline(arguments: Sequence[str]) -> tuple[int, str]:
    """Run `python -m certs …` without a network; returns exit code and output."""
    command = [sys.executable, "-c", _WITHOUT_NETWORK, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)  # noqa: S603 - our own code
    return done.returncode, done.stdout + done.stderr
