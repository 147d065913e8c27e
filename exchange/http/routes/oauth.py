"""The token endpoint, sessions of people, and the documents clients find the hub's keys and rules by."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from certs.crypto.jwk import public_jwk
from exchange.errors import TokenRequestError
from exchange.http.deps import Hub, Visitor, address_of, as_json, bearer, parsed
from exchange.http.schemas import SessionBody
from exchange.service.access_tokens import SCOPE
from exchange.service.assertions import DEPARTMENT_ALGS
from exchange.service.keys import JOSE_ROLES

router = APIRouter(tags=["access"])
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type", "client_assertion_type", "client_assertion", "officer_assertion"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials"]},
                        "client_assertion_type": {"type": "string"},
                        "client_assertion": {"type": "string"},
                        "officer_assertion": {"type": "string"},
                        "scope": {"type": "string"},
                        "client_id": {"type": "string"},
                    },
                }
            }
        },
    }
}
_SESSION = {"requestBody": {"content": {"application/json": {"schema": SessionBody.model_json_schema()}}}}


@router.post("/oauth/token", dependencies=[Visitor], openapi_extra=_FORM)
async def token(request: Request, hub: Hub) -> Response:
    """Issue an access token for a verified officer of an authenticated client (RFC 6749 §4.4, RFC 7523)."""
    async with request.form(max_files=0, max_fields=20) as form:
        issued = await hub.access.issue_token(_once(form))
    body = {"access_token": issued.access_token, "token_type": "Bearer", "scope": issued.scope}
    return as_json({**body, "expires_in": issued.expires_in}, headers={"pragma": "no-cache"})


@router.post("/api/v1/sessions", dependencies=[Visitor], openapi_extra=_SESSION)
async def begin_session(request: Request, hub: Hub) -> Response:
    """Log a person in; the token is used like an access token and ends after 30 idle minutes."""
    body = parsed(request, SessionBody)
    principal, session_token = await hub.access.login(body.username, body.password, address=address_of(request))
    return as_json({"token": session_token, "role": principal.role, "name": principal.name}, 201)


@router.delete("/api/v1/sessions", dependencies=[Visitor], status_code=204)
async def end_session(request: Request, hub: Hub) -> Response:
    """End the session whose token is given."""
    await hub.access.logout(bearer(request))
    return Response(status_code=204)


@router.get("/.well-known/oauth-authorization-server")
async def authorization_server(hub: Hub) -> Response:
    """RFC 8414 metadata.

    Long because the document has this many members.
    """
    url = hub.hub.public_url
    return _public(
        {
            "issuer": url,
            "token_endpoint": f"{url}/oauth/token",
            "jwks_uri": f"{url}/.well-known/jwks.json",
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "scopes_supported": [SCOPE],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": sorted(DEPARTMENT_ALGS),
            "service_documentation": f"{url}/api/v1/openapi.json",
        }
    )


@router.get("/.well-known/oauth-protected-resource")
async def protected_resource(hub: Hub) -> Response:
    """RFC 9728 metadata."""
    url = hub.hub.public_url
    return _public(
        {
            "resource": f"{url}/api/v1",
            "authorization_servers": [url],
            "scopes_supported": [SCOPE],
            "bearer_methods_supported": ["header"],
        }
    )


@router.get("/.well-known/jwks.json")
async def jwks(hub: Hub) -> Response:
    """Every key whose signatures on tokens and receipts may be believed; retired ones stay, lost ones do not."""
    keys = {verifier.kid: public_jwk(verifier) for verifier in hub.keys.verifiers(*JOSE_ROLES)}
    return _public({"keys": [keys[kid] for kid in sorted(keys)]})


@router.get("/.well-known/security.txt")
async def security_txt(hub: Hub) -> Response:
    """RFC 9116."""
    url, expires = hub.hub.public_url, (hub.now() + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    lines = (
        f"Contact: {url}/about",
        f"Expires: {expires}",
        "Preferred-Languages: zh, en",
        f"Canonical: {url}/.well-known/security.txt",
    )
    return PlainTextResponse("\n".join(lines) + "\n", headers={"cache-control": "public, max-age=3600"})


def _public(document: dict[str, object]) -> Response:
    return as_json(document, headers={"cache-control": "public, max-age=300"})


def _once(form: FormData) -> dict[str, str]:
    """Each parameter once (RFC 6749 §3.2), text only."""
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if name in fields or not isinstance(value, str):
            raise TokenRequestError("invalid_request", "a parameter is repeated or not text")
        fields[name] = value
    return fields
