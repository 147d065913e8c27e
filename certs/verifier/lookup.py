"""Which certificate a document claims to be, and trust that knows more about it."""

from collections.abc import Mapping
from dataclasses import replace

from certs.crypto.jws import parse_jws
from certs.crypto.strict_json import loads_object
from certs.errors import CertsError
from certs.trust import TrustBundle
from certs.verifier.model import Knowledge


def claimed_identifier(token: str) -> str:
    """The identifier a token says it has, unverified: good for looking up, never for believing."""
    try:
        claims = loads_object(parse_jws(token.split("~", 1)[0]).payload)
    except CertsError:
        return ""
    about = claims.get("certificate")
    found = about.get("identifier") if isinstance(about, Mapping) else claims.get("ZZBS")
    return found if isinstance(found, str) else ""


def informed(trust: TrustBundle, identifier: str, known: Knowledge) -> TrustBundle:
    """The trust with every decision about one certificate that is known beyond it."""
    history = known.decisions(identifier) if identifier else None
    return trust if history is None else replace(trust, histories={**trust.histories, history.uri: history})
