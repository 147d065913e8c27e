"""Starting a victim process on a city, and killing it without warning."""

import asyncio
import json
import signal
import sys
from pathlib import Path

from tests.support.city import City

ROOT = Path(__file__).parents[2]


def settings_file(city: City, directory: Path) -> Path:
    """The city's settings with their secrets, as a file another process can read."""
    path = directory / "settings.json"
    plain = city.settings.model_dump(mode="json", exclude_none=True)
    plain |= {
        "key_passphrase": city.settings.key_passphrase.get_secret_value(),
        "data_key": city.settings.data_key.get_secret_value(),
    }
    path.write_text(json.dumps(plain))
    return path


async def start(what: str, city: City, settings: Path) -> asyncio.subprocess.Process:
    """A victim that has opened the hub and begins its work now."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.faults.victim", what, str(settings), city.url),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    if line != b"ready\n":
        raise AssertionError((await process.stderr.read()).decode())
    return process


async def kill(process: asyncio.subprocess.Process, after: float) -> bool:
    """SIGKILL after some seconds; False when it had finished before."""
    try:
        await asyncio.wait_for(process.wait(), after)
    except TimeoutError:
        process.send_signal(signal.SIGKILL)
        await process.communicate()
        return True
    await process.communicate()
    return False
