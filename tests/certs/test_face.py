import secrets
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.crypto.disclosures import reveal
from certs.crypto.jws import parse_jws
from certs.crypto.strict_json import canonical, loads_object
from certs.errors import FaceInvalid
from certs.face import certificate_of, claims_of, json_face
from certs.identifiers import ALPHABET, compose
from certs.issue import Ticket, redeem
from certs.model import Certificate, FaceKind, Holder, Lineage, SignedCertificate, StatusRef
from tests.certs.world import NOW, SLUGS, World, issuer_of, key, kind_of

WORLD = World()
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
DAYS = st.dates(date(1949, 10, 1), date(9998, 12, 30))


@st.composite
def certificates(draw: st.DrawFn) -> tuple[str, Certificate]:
    slug = draw(st.sampled_from(SLUGS))
    kind, issuer = kind_of(slug), issuer_of(slug)
    identifier = compose(
        kind.code, issuer.code, draw(st.text(ALPHABET, min_size=20, max_size=20)), draw(st.integers(1, 999))
    )
    holders = st.builds(Holder, code=TEXTS, code_type=st.sampled_from(["111", "001"]), name=TEXTS)
    face = {f.code: draw(TEXTS) for f in kind.face if f.required or draw(st.booleans())}
    return slug, Certificate(
        identifier=identifier,
        name=kind.zh,
        number=draw(TEXTS),
        issuer_code=issuer.code,
        issuer_name=issuer.name,
        issuer_level=issuer.level,
        region=issuer.region,
        issuer_uri=issuer.uri,
        issued_at=NOW + timedelta(seconds=draw(st.integers(0, 10**9))),
        valid_from=draw(DAYS),
        valid_until=draw(st.none() | st.dates(date(1970, 1, 2), date(9998, 12, 30))),
        holders=tuple(draw(st.lists(holders, min_size=1, max_size=3))),
        face=face,
        status=StatusRef(draw(TEXTS), draw(st.integers(0, 2**32))),
        source=Lineage(
            kind.resource,
            draw(TEXTS),
            draw(st.binary(min_size=32, max_size=32)),
            UUID(int=draw(st.integers(0, 2**128 - 1))),
            NOW,
        ),
        supersedes=draw(st.none() | st.just(identifier)),
    )


def payloads(signed: SignedCertificate) -> list[dict[str, object]]:
    jwt, *disclosures, _ = signed.faces[FaceKind.SD_JWT].decode().split("~")
    return [
        loads_object(parse_jws(signed.faces[FaceKind.JSON].decode()).payload),
        reveal(loads_object(parse_jws(jwt).payload), disclosures),
    ]


@settings(max_examples=200, deadline=None)
@given(certificates())
def test_all_faces_state_the_same_and_read_back(made: tuple[str, Certificate]) -> None:
    slug, certificate = made
    ticket = Ticket(certificate, kind_of(slug), canonical(json_face(certificate, kind_of(slug))))
    faces = payloads(redeem(ticket, WORLD.issuer_key, secrets.token_bytes))
    assert claims_of(faces[0]) == claims_of(faces[1])
    for face in faces:
        assert certificate_of(face) == certificate


def test_json_face_has_the_names_of_the_standard() -> None:
    face = payloads(WORLD.signed("business_licence"))[0]
    assert face["ZZMC"] == "营业执照"
    assert face["ZZLXDM"] == "11100000MB0143028R001"
    assert face["ZZBB"] == "001"
    assert face["CZZT"] == ["339900测试有限公司"]
    assert face["CZZTDMLXDM"] == ["001"]
    assert face["ZZYXQJZRQ"] == "2026-12-31"
    assert face["ZZBFRQ"] == "2026-11-22"
    assert face["KZ_FDDBR"] == "测试甲"
    assert payloads(WORLD.signed("household"))[0]["ZZYXQJZRQ"] == ""


@pytest.mark.parametrize("slug", SLUGS)
def test_the_signed_part_of_the_sd_jwt_names_nobody(slug: str) -> None:
    signed = WORLD.signed(slug)
    open_part = parse_jws(signed.faces[FaceKind.SD_JWT].decode().split("~")[0]).payload.decode()
    for holder in signed.certificate.holders:
        assert holder.name not in open_part
        assert holder.code not in open_part
    for field in kind_of(slug).face:
        if field.sensitive:
            assert signed.certificate.face[field.code] not in open_part
    # A digest of a short record can be guessed; it must not travel with every presentation.
    assert signed.certificate.source.digest.hex() not in open_part


def test_withheld_claims_are_absent_not_empty() -> None:
    jwt, *disclosures, _ = WORLD.signed("household").faces[FaceKind.SD_JWT].decode().split("~")
    claims = claims_of(reveal(loads_object(parse_jws(jwt).payload), disclosures[:0]))
    assert "holders" not in claims
    assert not [name for name in claims if name.startswith("face.")]
    with pytest.raises(FaceInvalid, match="not complete"):
        certificate_of(reveal(loads_object(parse_jws(jwt).payload), []))


def test_a_bound_credential_names_the_wallet_key() -> None:
    jwk = key().verifier().jwk()
    face = payloads(WORLD.signed("household", holder_key=jwk))[1]
    assert face["cnf"] == {"jwk": jwk}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("ZZBB", "002"),
        ("ZZLXDM", "111000000000131433001"),
        ("ZZBH", 7),
        ("CZZT", []),
        ("CZZT", "x"),
        ("iat", True),
        ("iat", -1),
        ("status", {}),
        ("YZT", []),
        ("KZ_XM", None),
        ("ZZBS", ""),
    ],
)
def test_a_garbled_json_face_is_refused(member: str, value: object) -> None:
    face = payloads(WORLD.signed("household"))[0]
    with pytest.raises(FaceInvalid):
        claims_of({**face, member: value})


@pytest.mark.parametrize("member", ["ZZBS", "iss", "iat", "status", "YZT", "CZZTDM", "KZ_XM"])
def test_a_json_face_with_something_missing_is_refused(member: str) -> None:
    face = payloads(WORLD.signed("household"))[0]
    del face[member]
    with pytest.raises(FaceInvalid):
        claims_of(face)


def test_exp_and_the_last_valid_day_must_agree() -> None:
    face = payloads(WORLD.signed("business_licence"))[1]
    with pytest.raises(FaceInvalid, match="exp differs"):
        claims_of({**face, "exp": 9_999_999_999})
    del face["exp"]
    with pytest.raises(FaceInvalid):
        claims_of(face)
