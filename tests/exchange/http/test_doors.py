"""Who gets through which door: every route by every role, other people's things, and the documents for strangers."""

import re
from typing import Any

from tests.exchange.http.conftest import Site
from tests.exchange.http.test_queries_http import assert_problem
from tests.exchange.rig import CASE, CITIZEN, ITEM, NR

UUID = "0b0e7a9e-7d1c-4b57-9a4e-0d4b7a5f3c11"
VALUES = {
    "number": CASE,
    "material_id": UUID,
    "presentation_id": UUID,
    "event_id": UUID,
    "identifier": "1.2.156.3005.2.11100000000013338W032",
    "code": "psb.household",
    "path": "0/000",
    "list_id": UUID,
    "es_id": "33990000000001",
    "proposal_id": UUID,
    "copy_id": UUID,
    "batch_id": UUID,
    "job_id": UUID,
    "original": "ofd",
}
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/cases": {"number": "N-1", "service_item": ITEM, "subject": CITIZEN},
    "/api/v1/cases/{number}/demands": {"evidence_type": "marriage"},
    "/api/v1/materials/{material_id}/check": {"accept": True, "reason": "x"},
    "/api/v1/presentations": {"certificates": ["1.2.156.3005.2.11100000000013338W032"]},
    "/api/v1/presentations/claims": {"code": "12345678", "case_number": CASE},
    "/api/v1/sources/runs": {"resource": "psb.household"},
    "/api/v1/certificates/{identifier}/copies": {"format": "ofd", "purpose": "x", "matter": "x", "recipient": "x"},
}
PUBLIC = {
    "/oauth/token",
    "/api/v1/sessions",
    "/api/v1/verifications",
    "/api/v1/copies/{code}",
    "/api/v1/copies/{code}/comparisons",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/.well-known/jwks.json",
    "/.well-known/security.txt",
    "/api/v1/catalogue/resources",
    "/api/v1/catalogue/resources/{code}",
    "/api/v1/catalogue/dcat",
    "/log/checkpoint",
    "/log/tile/{path}",
    "/status/{list_id}",
    "/trust/list",
    "/trust/keys.json",
    "/api/v1/log/head",
    "/api/v1/log/proof",
    "/api/v1/log/consistency",
    "/healthz",
    "/readyz",
}
OPERATORS = {
    "/api/v1/sources",
    "/api/v1/sources/{code}/quarantine",
    "/api/v1/sources/runs",
    "/api/v1/keys",
    "/api/v1/keys/directory",
}
ROLES = ("applicant", "stranger", "clerk", "police", "auditor", "operator")


def routes(site: Site) -> list[tuple[str, str]]:
    paths: dict[str, dict[str, Any]] = site.api.openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: VALUES[found[1]], path)


async def ask(site: Site, method: str, path: str, headers: dict[str, str]) -> Any:
    sent = BODIES.get(path) if method == "POST" else None
    return await site.http.request(method, filled(path), json=sent, headers=headers)


async def test_every_route_that_is_not_public_asks_who_is_there(site: Site) -> None:
    closed = [(method, path) for method, path in routes(site) if path not in PUBLIC]
    assert len(closed) > 20
    for method, path in closed:
        for headers in ({}, {"authorization": "Bearer nobody"}, {"authorization": "Bearer a.b.c"}):
            answer = await ask(site, method, path, headers | {"idempotency-key": "0123456789"})
            assert answer.status_code == 401, (method, path, answer.text)


async def test_a_department_sees_its_own_grants_only(site: Site) -> None:
    found = {role: (await ask(site, "GET", "/api/v1/grants", site.as_(role))) for role in ROLES}
    for role in ("clerk", "operator", "auditor"):
        (one,) = found[role].json()["items"]
        assert (one["id"], one["consumer"], one["rate"]) == ("G1", NR, None)
    assert found["police"].json() == {"items": []}
    for role in ("applicant", "stranger"):
        assert_problem(found[role], 403, "not-allowed")


async def test_operators_doors_open_to_operators_only(site: Site) -> None:
    for method, path in routes(site):
        if path in OPERATORS:
            for role in ROLES[:-1]:
                assert_problem(await ask(site, method, path, site.as_(role)), 403, "not-allowed")
    assert (await ask(site, "GET", "/api/v1/sources", site.as_("operator"))).status_code == 200


async def test_other_departments_and_people_find_nothing_of_a_case(site: Site) -> None:
    """BOLA: the case, its evidence and everything below it, by everybody it does not concern."""
    assert (await ask(site, "GET", "/api/v1/cases/{number}", site.as_("clerk"))).status_code == 200
    for method, path in routes(site):
        if not path.startswith("/api/v1/cases/{number}"):
            continue
        for role in ("stranger", "police", "operator"):
            answer = await ask(site, method, path, site.as_(role))
            assert answer.status_code in {403, 404}, (method, path, role, answer.text)
            assert CITIZEN not in answer.text
    unknown = await site.http.get("/api/v1/cases/NR-2026-9999", headers=site.as_("police"))
    theirs = await site.http.get(f"/api/v1/cases/{CASE}", headers=site.as_("police"))
    assert unknown.json() | {"trace_id": ""} == theirs.json() | {"trace_id": ""}


async def test_unknown_ids_are_refused_by_every_role_without_a_fault(site: Site) -> None:
    for method, path in routes(site):
        if path in PUBLIC or path == "/api/v1/queries" or method == "GET":
            continue
        for role in ROLES:
            if path in OPERATORS and role == "operator":
                continue
            answer = await ask(site, method, path, site.as_(role))
            assert answer.status_code < 500, (method, path, role, answer.text)


async def test_lists_hold_ones_own_things_only(site: Site) -> None:
    assert len((await site.http.get("/api/v1/cases", headers=site.as_("clerk"))).json()["items"]) == 1
    assert (await site.http.get("/api/v1/cases", headers=site.as_("police"))).json()["items"] == []
    for path in ("/api/v1/certificates", "/api/v1/certificates/uses", "/api/v1/materials"):
        assert (await site.http.get(path, headers=site.as_("stranger"))).json()["items"] == []
        assert_problem(await site.http.get(path, headers=site.as_("clerk")), 403, "not-allowed")


async def test_strangers_find_the_hubs_keys_and_rules(site: Site) -> None:
    url = site.hub.hub.public_url
    server = (await site.http.get("/.well-known/oauth-authorization-server")).json()
    assert server["issuer"] == url
    assert server["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert "none" not in server["token_endpoint_auth_signing_alg_values_supported"]
    keys = (await site.http.get("/.well-known/jwks.json")).json()["keys"]
    assert len(keys) >= 5
    assert all("d" not in key and key["kid"] for key in keys)
    resource = (await site.http.get("/.well-known/oauth-protected-resource")).json()
    assert resource["authorization_servers"] == [url]
    text = (await site.http.get("/.well-known/security.txt")).text
    assert re.search(r"^Expires: \d{4}-\d\d-\d\dT00:00:00Z$", text, re.MULTILINE)


async def test_the_catalogue_has_an_etag(site: Site) -> None:
    first = await site.http.get("/api/v1/catalogue/resources")
    assert first.json()["items"][0]["id"] == "psb.household"
    again = await site.http.get("/api/v1/catalogue/resources", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await site.http.get("/api/v1/catalogue/resources/psb.household")).json()["name_zh"] == "户籍人口"
    assert_problem(await site.http.get("/api/v1/catalogue/resources/psb.nothing"), 404, "not-found")
    assert "@graph" in (await site.http.get("/api/v1/catalogue/dcat")).json()


async def test_the_log_is_public_and_proves_an_answer(site: Site) -> None:
    sent = {
        "resource": "psb.household",
        "subject": {"id_type": "citizen_id", "id": CITIZEN},
        "fields": ["name"],
        "case_number": CASE,
        "service_item": ITEM,
        "legal_basis": "条例",
    }
    headers = site.as_("clerk") | {"idempotency-key": "log-proof-1"}
    await site.hub.sequencer.sequence_once()
    event = (await site.http.post("/api/v1/queries", json=sent, headers=headers)).json()["event_id"]
    waiting = await site.http.get("/api/v1/log/proof", params={"event_id": event})
    assert_problem(waiting, 409, "not-published-yet")
    assert waiting.headers["retry-after"] == "1"
    await site.hub.sequencer.sequence_once()
    assert (await site.http.get("/log/checkpoint")).text.startswith(site.hub.hub.origin)
    proof = await site.http.get("/api/v1/log/proof", params={"event_id": event})
    assert proof.text.startswith("c2sp.org/tlog-proof@v1")
    size = (await site.http.get("/api/v1/log/head")).json()["size"]
    consistent = await site.http.get("/api/v1/log/consistency", params={"old": 1, "new": size})
    assert consistent.json()["verified"] is True
    tile = await site.http.get(f"/log/tile/0/000.p/{size}")
    assert len(tile.content) == 32 * size
    assert tile.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert_problem(await site.http.get("/log/tile/0/999"), 404, "not-found")
    assert_problem(await site.http.get("/api/v1/log/proof", params={"event_id": UUID}), 404, "not-found")
    for query in ({"old": 2, "new": 1}, {"old": 1, "new": size + 1000}):
        assert 400 <= (await site.http.get("/api/v1/log/consistency", params=query)).status_code < 500


async def test_readiness_is_red_while_the_log_is_unsound(site: Site) -> None:
    await site.hub.sequencer.sequence_once()
    assert (await site.http.get("/healthz")).json() == {"ok": True}
    ready = await site.http.get("/readyz")
    assert ready.status_code == 200, ready.text
    site.hub.gate.reason = "shorter than published"
    document = assert_problem(await site.http.get("/readyz"), 503, "not-ready")
    assert any(not check["ok"] for check in document["checks"])
    assert (await site.http.get("/healthz")).status_code == 200


async def test_metrics_name_templates(site: Site) -> None:
    await site.http.get(f"/api/v1/cases/{CASE}", headers=site.as_("clerk"))
    text = (await site.http.get("/metrics")).text
    assert 'route="/api/v1/cases/{number}"' in text
    assert CASE not in text
    assert CITIZEN not in text


async def test_times_need_a_form_and_an_offset(site: Site) -> None:
    good = "2026-11-22T08:00:00+08:00"
    for at in ("yesterday", "2026-11-22", good[:19], "9999-99-99T00:00:00Z", "0001-01-01T00:00:00+14:00"):
        answer = await site.http.post("/api/v1/verifications", content=b"x", params={"at": at})
        assert_problem(answer, 400, "bad-request")
    answer = await site.http.post("/api/v1/verifications", content=b"x", params={"at": good})
    assert answer.status_code == 200


async def test_anything_may_be_verified_and_nothing_breaks(site: Site) -> None:
    for content in (b"", b"x", b"a.b.c", b"%PDF-1.7", b"PK\x03\x04", b"\x00" * 1000, "䶮".encode("gb18030")):
        answer = await site.http.post("/api/v1/verifications", content=content)
        assert answer.status_code < 500, answer.text
        if answer.status_code == 200:
            assert answer.json()["verdict"] in {"invalid", "indeterminate"}
    upload = await site.http.post("/api/v1/verifications", files={"file": ("../../x.pdf", b"%PDF-1.7")})
    assert upload.status_code == 200
    assert_problem(await site.http.post("/api/v1/verifications", files={"other": ("x", b"x")}), 400, "bad-request")


async def test_what_the_published_documents_point_to_is_there(site: Site) -> None:
    text = (await site.http.get("/.well-known/security.txt")).text
    metadata = (await site.http.get("/.well-known/oauth-authorization-server")).json()
    addresses = [*re.findall(r"http\S+", text), metadata["jwks_uri"], metadata["service_documentation"]]
    assert len(addresses) == 4
    for address in addresses:
        assert (await site.http.get(address)).status_code == 200, address
    assert "发现安全问题" in (await site.http.get("/about")).text
