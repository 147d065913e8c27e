"""A marriage register with every vice: `python -m tests.adapters.rest_service`. Prints its port."""

import asyncio
import gzip
import json
import sys

from aiohttp import web

MODES = {"fail": 0, "tokens": 0, "calls": 0}
TOKENS: set[str] = set()
TOTAL = 1203


def record(n: int) -> dict[str, object]:
    return {
        "djh": f"J339900-2020-{n:06d}",
        "a": {"sfzh": f"A{n}", "xm": "甲"},
        "b": {"sfzh": f"B{n}"},
        "djrq": "2020-01-02",
        "je": 12345678901234567890 if n == 1 else n,
        "odd": [1] if n == 2 else "\ud800" if n == 3 else None,
        "gxsj": f"2026-01-01T00:00:{n % 60:02d}",
    }


async def token(request: web.Request) -> web.Response:
    form = await request.post()
    if form.get("client_id") != "hub" or form.get("client_secret") != "s3cret":
        return web.json_response({"error": "invalid_client"}, status=401)
    MODES["tokens"] += 1
    TOKENS.clear()
    TOKENS.add(f"t{MODES['tokens']}")
    return web.json_response({"access_token": f"t{MODES['tokens']}"})


async def marriages(request: web.Request) -> web.StreamResponse:
    if request.headers.get("Authorization", "")[7:] not in TOKENS:
        return web.json_response({"error": "invalid_token"}, status=401)
    MODES["calls"] += 1
    if MODES["calls"] == 2:
        TOKENS.clear()  # the token expires in the middle
    page, size = int(request.query["page"]), min(int(request.query["size"]), 500)
    found = [record(n) for n in range(TOTAL)][(page - 1) * size : page * size]
    total = TOTAL + (page if "drift" in request.query else 0)
    return web.json_response({"data": {"rows": found, "total": total}})


async def linked(request: web.Request) -> web.Response:
    at = int(request.query.get("cursor", "0"))
    following = at + 100 if at + 100 < 250 else None
    rows = [record(n) for n in range(at, min(at + 100, 250))]
    link = None if following is None else f"{request.path}?cursor={following}"
    return web.json_response({"rows": rows, "next": link, "evil": "http://evil.example/x"})


async def flaky(request: web.Request) -> web.Response:
    MODES["fail"] += 1
    if MODES["fail"] % 3:
        return web.Response(status=503)
    return web.json_response({"rows": [record(0)], "next": None})


async def hang(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.05)


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for _ in range(2048):
        await response.write(b" " * 1024 * 1024)
    return response


async def bomb(_request: web.Request) -> web.Response:
    body = gzip.compress(b" " * (256 * 1024 * 1024), 9)
    return web.Response(body=body, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})


async def announced(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(2**31)})
    await response.prepare(request)
    await asyncio.sleep(30)
    return response


def garbage(body: str, kind: str = "application/json") -> web.Response:
    return web.Response(text=body, content_type=kind)


async def broken(request: web.Request) -> web.Response:
    which = request.match_info["which"]
    if which == "redirect":
        raise web.HTTPFound("http://127.0.0.1:1/")
    return {
        "html": garbage("<html>", "text/html"),
        "half": garbage('{"rows": [{"djh"'),
        "nan": garbage('{"rows": [NaN]}'),
        "deep": garbage("[" * 100_000),
        "shape": garbage('{"rows": {"djh": 1}}'),
        "missing": garbage(json.dumps({"rows": [{"djh": "1"}], "next": None})),
    }[which]


async def main() -> None:
    app = web.Application()
    app.add_routes(
        [
            web.post("/oauth/token", token),
            web.get("/v1/marriages", marriages),
            web.get("/linked", linked),
            web.get("/flaky", flaky),
            web.get("/hang", hang),
            web.get("/endless", endless),
            web.get("/bomb", bomb),
            web.get("/announced", announced),
            web.get("/broken/{which}", broken),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201  # the test reads it
    await asyncio.sleep(600)  # ended by the test; this is for the case that it cannot


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
