"""The web server over an open hub, as `yzt serve` and the story run it."""

from collections.abc import Sequence

import uvicorn

from exchange.app import App
from exchange.main import create_app


def http_server(app: App, host: str, port: int, trusted_proxies: Sequence[str] = ()) -> uvicorn.Server:
    """The web server over an open hub; only `trusted_proxies` are believed about who the caller is."""
    config = uvicorn.Config(
        create_app(app),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
    )
    return uvicorn.Server(config)
