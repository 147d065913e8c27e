"""Ask a time-stamp authority and believe its answer only after checking it (RFC 3161 §2.2)."""

from collections.abc import Callable

from certs.pki.cms import Stamp
from certs.pki.timestamp import build_request, imprint, open_token, token_of

# DER of a TimeStampReq -> DER of a TimeStampResp; the network, or an authority in this process
AskAuthority = Callable[[bytes], bytes]


def stamping(ask: AskAuthority, *, digest_oid: str, new_nonce: Callable[[], int]) -> Stamp:
    """A function that returns a token over a value.

    The answer must carry the value's imprint, the request's fresh nonce and a good signature; who the authority is
    gets judged when the document is verified, at the time the token says.

    Raises (when called):
        TimestampRejected: the authority will not stamp.
        TimestampRefused, MalformedDer, CmsRefused, InvalidSignature: the answer is not one to this request.
    """

    def stamp(value: bytes) -> bytes:
        nonce = new_nonce()
        token = ask_token(ask, value, digest_oid=digest_oid, nonce=nonce)
        open_token(token, value, nonce=nonce)
        return token

    return stamp


def ask_token(ask: AskAuthority, value: bytes, *, digest_oid: str, nonce: int) -> bytes:
    """The token of the answer, not opened: `open_token` or `check_timestamp` with the same nonce must come next.

    Raises:
        TimestampRejected: the authority will not stamp.
        MalformedDer: not an answer.
    """
    return token_of(ask(build_request(imprint(digest_oid, value), nonce=nonce)))
