"""What ties a browser to a person, and what an attacker's page, link or form gets."""

import pytest
from fastapi.routing import APIRoute

from exchange.console.app import ROUTES
from exchange.console.session import form_token, local_path
from exchange.console.visit import MAX_FILE
from tests.exchange.console.conftest import Visit
from tests.support.console_world import CASE, HOUSEHOLD, PASSWORD

FORMS = (
    (None, "/login"),
    (None, "/verify"),
    (None, "/logout"),
    ("holder", "/me/show"),
    ("holder", f"/me/cases/{CASE}"),
    ("holder", "/me/show/00000000-0000-0000-0000-000000000001/confirm"),
    ("holder", "/me/show/00000000-0000-0000-0000-000000000001/refuse"),
    ("holder", f"/me/certificates/{HOUSEHOLD}/copy"),
    ("holder", "/me/copies/00000000-0000-0000-0000-00000000000b/download"),
    ("holder", "/me/copies/00000000-0000-0000-0000-00000000000b/withdrawal"),
    (None, "/copies/7K2M-9QXD-0000-1111-2222-3333-4444"),
    ("clerk", "/desk"),
    ("clerk", "/desk/new/X"),
    ("clerk", f"/desk/cases/{CASE}/use"),
    ("clerk", f"/desk/cases/{CASE}/demand"),
    ("clerk", f"/desk/cases/{CASE}/close"),
    ("clerk", "/desk/presentations"),
    ("clerk", "/desk/presentations/00000000-0000-0000-0000-000000000001"),
    ("clerk", "/desk/materials/00000000-0000-0000-0000-000000000001"),
    ("auditor", "/audit/export"),
    ("auditor", "/audit/verifications"),
    ("auditor", "/audit/verifications/00000000-0000-0000-0000-000000001f43/files"),
    ("auditor", "/audit/verifications/00000000-0000-0000-0000-000000001f43/start"),
    ("auditor", "/audit/verifications/00000000-0000-0000-0000-000000001f43/discard"),
    ("operator", "/ops/sources/psb.household/run"),
    ("operator", "/ops/sealing"),
    ("operator", "/ops/sealing/00000000-0000-0000-0000-000000000001/retry"),
    ("operator", "/seals/import"),
    ("custodian", "/seals/33990000000001/proposals"),
    ("custodian", "/seals/33990000000001/proposals/00000000-0000-0000-0000-000000000007"),
    ("custodian", "/seals/33990000000001/proposals/00000000-0000-0000-0000-000000000008/withdrawal"),
    ("custodian", "/seals/33990000000001/stop/revoke"),
)


def test_every_form_of_the_console_is_listed_here() -> None:
    routes = [route for module in ROUTES for route in module.routes]
    forms = [route for route in routes if isinstance(route, APIRoute) and "POST" in (route.methods or ())]
    assert len(forms) == len(FORMS)


@pytest.mark.parametrize(("who", "path"), FORMS)
@pytest.mark.parametrize("token", ["", "0" * 64, "другой"])
def test_form_without_our_token_does_nothing(visit: Visit, who: str | None, path: str, token: str) -> None:
    visitor = visit(who)
    before = repr((visitor.app.world, visitor.app.documents))
    answer = visitor.client.post(path, data={"token": token, "username": "clerk", "password": PASSWORD})
    assert answer.status_code == 403
    assert "form-expired" in answer.text
    assert repr((visitor.app.world, visitor.app.documents)) == before


def test_token_of_another_session_is_refused(visit: Visit) -> None:
    clerk, other = visit("clerk"), visit("clerk")
    other.app.world.sessions["second"] = other.app.world.sessions["session-clerk-0"]
    other.client.cookies.clear()
    other.client.cookies.set("yzt_session", "second")
    other.get("/desk")
    answer = clerk.client.post(f"/desk/cases/{CASE}/close", data={"token": other.token})
    assert answer.status_code == 403


def test_token_of_before_log_in_is_refused_afterwards(visit: Visit) -> None:
    clerk = visit()
    clerk.get("/login")
    before = clerk.token
    clerk.login("clerk")
    assert clerk.client.post(f"/desk/cases/{CASE}/close", data={"token": before}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_form_from_another_site_is_refused_even_with_the_token(visit: Visit, headers: dict[str, str]) -> None:
    clerk = visit("clerk")
    clerk.get("/desk")
    answer = clerk.client.post(f"/desk/cases/{CASE}/close", data={"token": clerk.token}, headers=headers)
    assert answer.status_code == 403


def test_form_from_our_own_page_is_taken(visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.get("/desk")
    headers = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    answer = clerk.client.post("/desk", data={"token": clerk.token, "entry": CASE}, headers=headers)
    assert answer.status_code == 200


def test_form_token_does_not_reveal_the_session() -> None:
    assert "secret-session" not in form_token("secret-session")
    assert form_token("a") != form_token("b")


PRIVATE = {
    "holder": ("/me", "/me/show", "/me/uses", "/me/materials", f"/me/certificates/{HOUSEHOLD}"),
    "clerk": ("/desk", "/desk/materials", "/desk/queries", f"/desk/cases/{CASE}"),
    "auditor": ("/audit",),
    "operator": ("/ops", "/ops/keys", "/ops/log", "/ops/quarantine/psb.household"),
}


@pytest.mark.parametrize("who", [None, *PRIVATE])
def test_each_role_sees_only_its_own_pages(visit: Visit, who: str | None) -> None:
    visitor = visit(who)
    for owner, paths in PRIVATE.items():
        for path in paths:
            answer = visitor.get(path)
            if who is None:
                assert answer.status_code == 303
                assert answer.headers["location"] == f"/login?back={path}"
            else:
                assert answer.status_code == (200 if owner == who else 403)


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\tx", "\\\\evil", "", "/ы", "javascript:alert(1)"],
)
def test_no_open_redirect(visit: Visit, path: str) -> None:
    assert local_path(path) == "/"
    visitor = visit()
    assert visitor.client.get("/lang/en", params={"back": path}, follow_redirects=False).headers["location"] == "/"
    visitor.client.get("/login", params={"back": path})
    visitor.get("/login")
    answer = visitor.send("/login", username="clerk", password=PASSWORD, back=path)
    assert answer.headers["location"] in {"/", "/desk"}


def test_login_returns_to_where_one_wanted_to_go(visit: Visit) -> None:
    visitor = visit()
    visitor.get("/login?back=/desk/queries")
    assert 'value="/desk/queries"' in visitor.last
    answer = visitor.send("/login", username="clerk", password=PASSWORD, back="/desk/queries")
    assert answer.headers["location"] == "/desk/queries"


def test_refused_login_keeps_the_name_and_says_what_to_do(visit: Visit) -> None:
    visitor = visit()
    visitor.get("/login")
    answer = visitor.send("/login", username='x" autofocus onfocus="a', password="wrong", back="/")
    assert answer.status_code == 400
    assert "用户名或密码不对" in answer.text
    assert 'onfocus="a' not in answer.text
    assert "yzt_session" not in answer.headers.get("set-cookie", "")


def test_session_cookie_over_http(visit: Visit) -> None:
    visitor = visit()
    visitor.get("/login")
    answer = visitor.send("/login", username="clerk", password=PASSWORD, back="/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("yzt_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie


def test_cookies_over_https_are_host_bound_and_secure(visit: Visit) -> None:
    visitor = visit(public_url="https://testserver")
    answer = visitor.get("/login")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-yzt_seed=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    sent = visitor.send("/login", username="clerk", password=PASSWORD, back="/")
    assert sent.headers["set-cookie"].startswith("__Host-yzt_session=")


def test_logging_out_ends_the_session_on_the_server(visit: Visit) -> None:
    clerk = visit("clerk")
    token = clerk.client.cookies["yzt_session"]
    clerk.get("/desk")
    clerk.send("/logout")
    assert token not in clerk.app.world.sessions
    clerk.client.cookies.set("yzt_session", token)
    assert clerk.get("/desk").status_code == 303


def test_headers_everywhere(visit: Visit) -> None:
    visitor = visit()
    page = visitor.get("/").text
    static = next(part for part in page.split('"') if part.endswith("console.css"))
    for path in ("/", "/nowhere", static, "/verify"):
        headers = visitor.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        for part in ("form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert part in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        expected = "public, max-age=3600" if path == static else "no-store"
        assert headers["cache-control"] == expected


def test_too_large_a_body_is_refused_before_it_is_read(visit: Visit) -> None:
    visitor = visit()
    visitor.get("/verify")
    answer = visitor.send("/verify", files={"file": ("big.bin", bytes(MAX_FILE + 100_000))})
    assert answer.status_code == 413
    assert "file-too-large" in answer.text


def test_file_over_the_limit_inside_an_allowed_body_is_refused(visit: Visit) -> None:
    visitor = visit()
    visitor.get("/verify")
    assert visitor.send("/verify", files={"file": ("big.bin", bytes(MAX_FILE + 1))}).status_code == 413


def test_unexpected_error_says_nothing_about_itself(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = visit("holder", raising=False)

    async def fails(_: object) -> object:
        raise RuntimeError("secret detail 339900199003070028")

    monkeypatch.setattr(visitor.app.certificates, "mine", fails)
    answer = visitor.get("/me")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "系统暂时出错" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
