"""Faults of a request that the frame finds before any service is asked."""

from collections.abc import Mapping


class Fault(Exception):
    """The request is refused by the frame; `slug` is a row of `exchange.http.problems`."""

    def __init__(self, slug: str, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.slug, self.detail, self.headers = slug, detail, dict(headers or {})
        super().__init__(slug)
