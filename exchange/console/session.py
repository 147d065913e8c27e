"""Cookies, form tokens and safe redirects: everything that ties a browser to a person.

The session cookie is HttpOnly and SameSite=Strict, and `__Host-` with Secure when the hub is reached by https.
The form token (CSRF) is a digest of the session token, or of a seed cookie before log-in: who cannot read the
cookie cannot make the token, and the server keeps nothing for it.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.responses import Response

SESSION_SECONDS = 8 * 3600
PREFERENCE_SECONDS = 365 * 86400
_LONGEST_PATH = 512


@dataclass(frozen=True, slots=True)
class Cookies:
    """Names and attributes of the cookies for this hub; `secure` when its public address is https."""

    secure: bool

    @property
    def session(self) -> str:
        """Holds the session token."""
        return self._name("yzt_session")

    @property
    def seed(self) -> str:
        """Holds the seed of the form token before log-in."""
        return self._name("yzt_seed")

    @property
    def show(self) -> str:
        """Holds a one-time code for the minute it lives, so that it never stands in an address."""
        return self._name("yzt_show")

    @property
    def lang(self) -> str:
        """Holds the chosen language."""
        return self._name("yzt_lang")

    @property
    def care(self) -> str:
        """Holds `1` when large type (关怀版) is on."""
        return self._name("yzt_care")

    def put(self, response: Response, name: str, value: str, seconds: int) -> None:
        """Set one of our cookies."""
        response.set_cookie(
            name, value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="strict"
        )

    def drop(self, response: Response, name: str) -> None:
        """Remove one of our cookies."""
        response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="strict")

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name


def new_seed() -> str:
    """A fresh unguessable seed."""
    return secrets.token_urlsafe(32)


def form_token(seed: str) -> str:
    """The form token that belongs to a session token or seed."""
    return hashlib.sha256(b"yzt form token\x00" + seed.encode()).hexdigest()


def token_matches(seed: str, given: str) -> bool:
    """Whether `given` is the form token of `seed`, compared in constant time."""
    return secrets.compare_digest(form_token(seed).encode(), given.encode())


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether the browser says that the form was sent from one of our own pages.

    A browser that sends neither Sec-Fetch-Site nor Origin is judged by the form token alone.
    """
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


def local_path(path: str, otherwise: str = "/") -> str:
    """`path` when it certainly stays on this site, else `otherwise` (no open redirect)."""
    tame = path.isascii() and path.isprintable() and len(path) <= _LONGEST_PATH and "\\" not in path
    if tame and path.startswith("/") and not path.startswith("//"):
        return path
    return otherwise
