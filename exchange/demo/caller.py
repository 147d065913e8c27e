"""A department's own system and a person's browser, as the hub meets them: over HTTP, with tokens."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key

from certs.crypto.p256 import P256Verifier

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and JSON (or bytes) of an HTTP answer."""

    status: int
    body: Any


@dataclass(slots=True)
class Caller:
    """Calls the hub with a bearer token."""

    http: aiohttp.ClientSession
    base: str
    token: str = ""

    async def post(self, path: str, body: object | None = None, **headers: str) -> Answer:
        """POST JSON and read the answer."""
        given = {"authorization": f"Bearer {self.token}"} | headers
        async with self.http.post(self.base + path, json=body, headers=given) as answer:
            return await _read(answer)

    async def get(self, path: str) -> Answer:
        """GET and read the answer."""
        async with self.http.get(self.base + path, headers={"authorization": f"Bearer {self.token}"}) as answer:
            return await _read(answer)

    async def upload(self, path: str, fields: Mapping[str, str], name: str, content: bytes) -> Answer:
        """POST a form with one file."""
        form = aiohttp.FormData(dict(fields))
        form.add_field("file", content, filename=name)
        headers = {"authorization": f"Bearer {self.token}"}
        async with self.http.post(self.base + path, data=form, headers=headers) as answer:
            return await _read(answer)

    async def log_in(self, username: str, password: str) -> None:
        """Get a session for a person."""
        answer = await self.post("/api/v1/sessions", {"username": username, "password": password})
        self.token = answer.body["token"]


@dataclass(frozen=True, slots=True)
class DepartmentSystem:
    """A department's system with its own signing key; its officers are vouched for by the department."""

    client_id: str
    department: str
    key: EllipticCurvePrivateKey

    @classmethod
    def new(cls, client_id: str, department: str) -> "DepartmentSystem":
        """A system with a fresh P-256 key."""
        return cls(client_id, department, generate_private_key(SECP256R1()))

    def jwks(self) -> dict[str, object]:
        """The public key to register at the hub."""
        return {"keys": [P256Verifier(self.key.public_key()).jwk()]}

    async def authenticate(self, caller: Caller, officer: str) -> Answer:
        """Get an access token for one of the department's officers (private_key_jwt, RFC 7523)."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(self.client_id, caller.base, "JWT"),
            "officer_assertion": self.assertion(officer, caller.base, "officer+jwt"),
        }
        async with caller.http.post(f"{caller.base}/oauth/token", data=form) as answer:
            read = await _read(answer)
        if read.status == 200:
            caller.token = read.body["access_token"]
        return read

    def assertion(self, subject: str, audience: str, typ: str) -> str:
        """A signed statement by this system about itself or one of its officers, good once."""
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": subject,
            "aud": audience,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": str(uuid.uuid4()),
        }
        kid = P256Verifier(self.key.public_key()).kid
        return jwt.encode(claims, self.key, algorithm="ES256", headers={"typ": typ, "kid": kid})


async def _read(answer: aiohttp.ClientResponse) -> Answer:
    if "json" in answer.content_type:
        return Answer(answer.status, await answer.json(content_type=None))
    data = await answer.read()
    return Answer(answer.status, data.decode() if answer.content_type.startswith("text/") else data)
