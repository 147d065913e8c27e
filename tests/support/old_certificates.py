"""Certificates from before a rule of issuing: what could not be issued today is on file all the same."""

import json

from sqlalchemy import text

from certs.crypto.strict_json import canonical
from tests.support.city import City


async def lengthen(city: City, identifier: str, address: str) -> None:
    """Give a certificate that says this address one no face has room for (2100 characters)."""
    async with city.app.units.engine.begin() as conn:
        found = await conn.execute(text("SELECT payload FROM cert_intent WHERE identifier = :i"), {"i": identifier})
        face = json.dumps(json.loads(found.scalar_one()), ensure_ascii=False)
        changed = canonical(json.loads(face.replace(address, "示例市" * 700)))
        assert changed != canonical(json.loads(face)), "the address is not there"
        await conn.execute(
            text("UPDATE cert_intent SET payload = :p WHERE identifier = :i"), {"p": changed, "i": identifier}
        )
