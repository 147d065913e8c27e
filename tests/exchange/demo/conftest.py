from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.demo.people import build_world
from exchange.demo.world import World
from exchange.embedded import embedded_postgres


@pytest.fixture(scope="session")
def world() -> World:
    return build_world()


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory: Path = tmp_path_factory.mktemp("departments-pg")
    with embedded_postgres(directory) as url:
        yield url
