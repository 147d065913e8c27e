"""Numbers of pages and rows that no list has are answered, not stumbled over."""

import pytest

from tests.exchange.http.conftest import PASSWORD, Site

PATH = "/audit/verifications"


@pytest.mark.parametrize("place", ["?after=999999999999999999", "/results/999999999999", "/results/-1"])
async def test_beyond_every_number_there_is_nothing(site: Site, place: str) -> None:
    files = [("file", ("a.txt", b"one")), ("file", ("b.txt", b"two"))]
    asked = await site.http.post("/api/v1/verifications", files=files, headers=site.as_("auditor"))
    _, token = await site.hub.access.login("auditor", PASSWORD, address="test")
    found = await site.http.get(f"{PATH}/{asked.json()['id']}{place}", headers={"cookie": f"yzt_session={token}"})
    assert found.status_code == (200 if place.startswith("?") else 404)
