"""Attack cases 44 to 60 at the hub's own door: every hostile file is answered, none is 有效, none makes a 5xx."""

import pytest

from tests.certs.attacks.artefacts import ARTEFACTS
from tests.certs.attacks.packages import BOMBS, DUPLICATES, IRREGULAR, SLIP
from tests.certs.attacks.test_ofd_xml import ANNOTATION, EXPLODING, REACHING, with_part
from tests.exchange.http.conftest import Site

PATH = "/api/v1/verifications"
PACKAGES = {
    **{f"44 {name}": data for name, data in SLIP.items()},
    **{f"47 {name}": data for name, data in BOMBS.items()},
    **{f"48 {name}": data for name, data in DUPLICATES.items()},
    **{f"49 {name}": data for name, data in IRREGULAR.items()},
}
XML = {f"45 {name}": with_part(ANNOTATION, text) for name, text in REACHING.items()} | {
    f"46 {name}": with_part(ANNOTATION, EXPLODING[name]) for name in ("billion laughs", "quadratic", "deep")
}
CUT = {
    f"cut {name}": make().data[: len(make().data) * 2 // 3] for name, make in ARTEFACTS.items() if name != "trust-list"
}
# The hub does not know the authorities of these tests: what is genuine cannot be 有效 here either.
HOSTILE = {**PACKAGES, **XML, **CUT}
RAW = {"content-type": "application/octet-stream"}


@pytest.mark.slow
async def test_every_hostile_file_is_answered(site: Site) -> None:
    for name, data in HOSTILE.items():
        answer = await site.http.post(PATH, content=data, headers=RAW)
        assert answer.status_code < 500, (name, answer.text)
        if answer.status_code == 200:
            assert answer.json()["verdict"] != "valid", name


async def test_a_bomb_leaves_the_hub_serving(site: Site) -> None:
    await site.http.post(PATH, content=BOMBS["twenty entries on one blob"], headers=RAW)
    assert (await site.http.get("/healthz")).status_code == 200
