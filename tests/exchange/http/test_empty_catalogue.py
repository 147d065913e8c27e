"""A hub on its first day: nothing is catalogued, and every public page of the catalogue still answers."""

import httpx2
import pytest

from exchange.app import App
from exchange.main import create_app


@pytest.mark.parametrize(("path", "status"), [("resources", 200), ("resources/psb.household", 404), ("dcat", 404)])
async def test_an_empty_catalogue_is_no_fault(hub: App, path: str, status: int) -> None:
    transport = httpx2.ASGITransport(app=create_app(hub))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as http:
        assert (await http.get(f"/api/v1/catalogue/{path}")).status_code == status
