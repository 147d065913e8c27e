import pytest

from exchange.demo.people import build_world
from exchange.demo.world import World


@pytest.fixture(scope="session")
def world() -> World:
    return build_world()
