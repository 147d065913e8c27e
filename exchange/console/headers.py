"""Headers on every page: what the browser may load, keep and tell others. Pure ASGI, no buffering."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

# Referrer-Policy is not `no-referrer`: browsers would then send `Origin: null` with our own forms.
_EVERYWHERE = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_STATIC_SECONDS = 3600


def page_headers(*, secure: bool) -> dict[str, str]:
    """The headers of every answer; with `secure` the browser is told to use https from now on."""
    return _EVERYWHERE | ({"Strict-Transport-Security": "max-age=31536000"} if secure else {})


class PageHeaders:
    """Adds the headers; pages are never stored, static files (versioned by their address) for an hour."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = page_headers(secure=secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and decorate the start of the response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        static = "/static/" in scope["path"]

        async def decorated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", f"public, max-age={_STATIC_SECONDS}" if static else "no-store")
            await send(message)

        await self._app(scope, receive, decorated)
