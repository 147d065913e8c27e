"""The trust list is read strictly: one unknown key or wrong time and nothing of it is believed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from certs.crypto.jws import parse_jws, sign_jws
from certs.crypto.strict_json import canonical, loads_object
from certs.errors import InvalidSignature, TrustBundleInvalid, TypeMismatch
from certs.model import Reason, State
from certs.trust import TYP, Entitlement, StatusHistory, StatusNotice, parse_trust_bundle, sign_trust_bundle
from tests.certs.test_verify import city, history
from tests.certs.world import NOW, key, kind_of

HUB = key()


def document() -> dict[str, Any]:
    _, trust = city(histories=history(until=NOW), withdrawn_copies={b"\7" * 32: NOW})
    return loads_object(parse_jws(sign_trust_bundle(trust, HUB)).payload)


def read(content: object, typ: str = TYP) -> object:
    return parse_trust_bundle(sign_jws(canonical(content), HUB, typ), lambda kid, alg: HUB.verifier())


FAULTS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda d: d.update(extra=1), "extra is unknown"),
    (lambda d: d.pop("keys"), "keys is missing"),
    (lambda d: d.update(expires_at="2026-11-22T00:00:00"), "expires_at is not a time with its zone"),
    (lambda d: d.update(expires_at=None), "expires_at"),
    (lambda d: d.update(issuers={}), "issuers is not a list"),
    (lambda d: d["issuers"].append(d["issuers"][0]), "one issuer occurs twice"),
    (lambda d: d["types"].append(d["types"][0]), "one type occurs twice"),
    (lambda d: d["issuers"][0]["entitlements"][0].update(type="x"), "type 'x' is not a type code"),
    (lambda d: d["issuers"][0]["entitlements"][0].update(until="never"), "until is not a time"),
    (lambda d: d["keys"][0]["jwk"].update(d="AA"), "jwk: JWK holds a private key"),
    (lambda d: d["keys"][0].update(jwk="x"), "jwk is not an object"),
    (lambda d: d["keys"][0].update(not_after="1999-01-01T00:00:00Z"), "jwk: validity"),
    (lambda d: d["keys"][0].update(role=""), "role is not a non-empty text"),
    (lambda d: d["withdrawn_copies"].append({"code_sha256": "00", "at": str(NOW)}), "code_sha256 is not 64 lower-case"),
    (lambda d: d["withdrawn_copies"].append(d["withdrawn_copies"][0]), "one withdrawn copy occurs twice"),
    (lambda d: d["withdrawn_copies"][0].update(at="soon"), "at is not a time"),
    (lambda d: d["status_lists"][0].update(token=7), "token is not a non-empty text"),
    (
        lambda d: d["status_histories"][0].update(
            notices=[{"index": -1, "state": "expired", "reason": "whim", "authority": "a", "effective_at": "x"}]
        ),
        "state is 'expired'",
    ),
]


@pytest.mark.parametrize(("spoil", "fault"), FAULTS)
def test_a_fault_refuses_the_whole_list(spoil: Callable[[dict[str, Any]], object], fault: str) -> None:
    content = document()
    read(content)
    spoil(content)
    with pytest.raises(TrustBundleInvalid) as refused:
        read(content)
    assert fault in str(refused.value)


def test_only_the_hub_signs_the_list_and_only_as_a_list() -> None:
    _, trust = city()
    with pytest.raises(InvalidSignature):
        parse_trust_bundle(sign_trust_bundle(trust, key()), lambda kid, alg: HUB.verifier())
    with pytest.raises(TypeMismatch):
        read(document(), "yzt-cert+jws")


def test_an_entitlement_ends_before_its_last_instant() -> None:
    code = kind_of("household").code
    right = Entitlement(code, NOW, NOW + timedelta(days=1))
    assert right.covers(code, NOW)
    assert not right.covers(code, NOW + timedelta(days=1))
    assert not right.covers(code, NOW - timedelta(microseconds=1))
    assert not right.covers(kind_of("marriage").code, NOW)


def test_decisions_about_one_entry_are_looked_up_in_their_order() -> None:
    told = [StatusNotice(n % 3, State.SUSPENDED, Reason.REINSTATED, "A", NOW + timedelta(n)) for n in range(9)]
    known = StatusHistory("https://hub/lists/1", NOW, tuple(told))
    assert known.of(1) == (told[1], told[4], told[7])
    assert known.of(3) == ()
    assert known == StatusHistory("https://hub/lists/1", NOW, tuple(told))
