"""The machine-readable faces (照面) of a certificate, all made from one `Certificate`, and the way back.

* JSON face: GB/T 36903 metadata under its short names, face fields under `KZ_…`; signed as a JWS.
* SD-JWT VC claims: the same content, personal fields disclosable one by one (RFC 9901).

`claims_of` reads either into one flat form, so that faces can be compared; `certificate_of` rebuilds the value.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from uuid import UUID

from certs.errors import FaceInvalid, IdentifierInvalid
from certs.identifiers import Identifier, parse
from certs.model import Certificate, Holder, Lineage, StatusRef, day_ends, law_day
from certs.type_catalogue import RESERVED_CLAIMS, CertificateType, vct_of

JSON_FACE_TYP = "yzt-cert+jws"
SD_JWT_TYP = "dc+sd-jwt"

HOLDER_CODE_NAMES = {"111": "公民身份号码", "001": "统一社会信用代码"}


# ---- certificate to faces ------------------------------------------------------------------------------------


def json_face(certificate: Certificate, kind: CertificateType) -> dict[str, object]:
    """The JSON face before signing. An open-ended certificate has an empty ZZYXQJZRQ, as in practice."""
    c = certificate
    shorts = {f.code: f.short for f in kind.face if f.code in c.face}
    return {
        "ZZMC": c.name,
        "ZZLXDM": c.type_code,
        "ZZBH": c.number,
        "ZZBS": str(c.identifier),
        "ZZBB": c.identifier.version_text,
        "ZZBFJG": c.issuer_name,
        "ZZBFJGDM": c.issuer_code,
        "ZZBFJGJB": c.issuer_level,
        "ZZBFRQ": law_day(c.issued_at).isoformat(),
        "XZQHDM": c.region,
        "CZZT": [h.name for h in c.holders],
        "CZZTDM": [h.code for h in c.holders],
        "CZZTDMLX": [HOLDER_CODE_NAMES[h.code_type] for h in c.holders],
        "CZZTDMLXDM": [h.code_type for h in c.holders],
        "ZZYXQQSRQ": c.valid_from.isoformat(),
        "ZZYXQJZRQ": c.valid_until.isoformat() if c.valid_until else "",
        "GLZZBS": str(c.supersedes) if c.supersedes else "",
        **{shorts[code]: value for code, value in c.face.items()},
        "iss": c.issuer_uri,
        "iat": int(c.issued_at.timestamp()),
        "status": _status(c),
        # The reader needs no type file, also not one that has changed since: the face names its own fields.
        "YZT": {"fields": shorts, "source": _source(c)},
    }


def sd_jwt_claims(certificate: Certificate) -> dict[str, object]:
    """The SD-JWT VC claims before any is made disclosable: face fields at the top, where wallets ask for them.

    An open-ended certificate has neither `exp` nor `valid_until`.
    """
    c = certificate
    about: dict[str, object] = {
        "identifier": str(c.identifier),
        "name": c.name,
        "issuer": {"code": c.issuer_code, "name": c.issuer_name, "level": c.issuer_level, "region": c.region},
        "valid_from": c.valid_from.isoformat(),
    }
    if c.valid_until:
        about["valid_until"] = c.valid_until.isoformat()
    if c.supersedes:
        about["supersedes"] = str(c.supersedes)
    return {
        "iss": c.issuer_uri,
        "iat": int(c.issued_at.timestamp()),
        **({"exp": int(day_ends(c.valid_until).timestamp())} if c.valid_until else {}),
        "vct": vct_of(c.type_code),
        "status": _status(c),
        "certificate": about,
        "certificate_number": c.number,
        "certificate_holders": [{"name": h.name, "code": h.code, "code_type": h.code_type} for h in c.holders],
        "certificate_source": _source(c),
        **c.face,
    }


def disclosable(certificate: Certificate, kind: CertificateType) -> frozenset[str]:
    """Names of the SD-JWT claims the holder may withhold.

    The lineage is one of them: its digest over a short personal record could be guessed from outside.
    """
    fields = {f.code for f in kind.face if f.disclosable and f.code in certificate.face}
    return frozenset(fields | {"certificate_number", "certificate_holders", "certificate_source"})


def _status(c: Certificate) -> dict[str, object]:
    return {"status_list": {"idx": c.status.index, "uri": c.status.uri}}


def _source(c: Certificate) -> dict[str, str]:
    return {
        "resource": c.source.resource,
        "key": c.source.key,
        "digest": c.source.digest.hex(),
        "run_id": str(c.source.run_id),
        "as_of": c.source.as_of.astimezone(UTC).isoformat(),
    }


# ---- faces to claims -----------------------------------------------------------------------------------------


def claims_of(face: Mapping[str, object]) -> dict[str, object]:
    """One flat form of either face: the same names and values whichever face they were read from.

    Withheld claims are absent. Registered claims of the encoding (`exp`, `vct`, `cnf`) are left out.

    Raises:
        FaceInvalid: a member that is there has another form than every face of the hub.
    """
    try:
        return _claims_of_sd_jwt(face) if "vct" in face else _claims_of_json(face)
    except (LookupError, TypeError, ValueError) as error:
        raise FaceInvalid(f"not a face of a certificate: {type(error).__name__}") from error


def _claims_of_json(face: Mapping[str, object]) -> dict[str, object]:
    own = _mapping(face["YZT"])
    shorts = _mapping(own["fields"])
    names = zip(_list(face["CZZT"]), _list(face["CZZTDM"]), _list(face["CZZTDMLXDM"]), strict=True)
    claims = {
        "identifier": _text(face["ZZBS"]),
        "name": _text(face["ZZMC"]),
        "number": _text(face["ZZBH"]),
        "issuer_code": _text(face["ZZBFJGDM"]),
        "issuer_name": _text(face["ZZBFJG"]),
        "issuer_level": _text(face["ZZBFJGJB"]),
        "region": _text(face["XZQHDM"]),
        "issuer_uri": _text(face["iss"]),
        "issued_at": _number(face["iat"]),
        "valid_from": _text(face["ZZYXQQSRQ"]),
        "valid_until": _text(face["ZZYXQJZRQ"]) or None,
        "supersedes": _text(face["GLZZBS"]) or None,
        "holders": [{"name": _text(n), "code": _text(c), "code_type": _text(t)} for n, c, t in names],
        "status_uri": _status_list(face)["uri"],
        "status_index": _status_list(face)["idx"],
        "source": _source_texts(own["source"]),
        **{f"face.{code}": _text(face[_text(short)]) for code, short in shorts.items()},
    }
    # Said twice on this face; the two must agree.
    parts = _text(face["ZZBS"]).split(".")
    if (face["ZZLXDM"], face["ZZBB"]) != (parts[-5], parts[-2]):
        raise FaceInvalid("type or version differs from the identifier")
    return claims


def _claims_of_sd_jwt(face: Mapping[str, object]) -> dict[str, object]:
    about = _mapping(face["certificate"])
    issuer = _mapping(about["issuer"])
    until, before = about.get("valid_until"), about.get("supersedes")
    claims: dict[str, object] = {
        "identifier": _text(about["identifier"]),
        "name": _text(about["name"]),
        "issuer_code": _text(issuer["code"]),
        "issuer_name": _text(issuer["name"]),
        "issuer_level": _text(issuer["level"]),
        "region": _text(issuer["region"]),
        "issuer_uri": _text(face["iss"]),
        "issued_at": _number(face["iat"]),
        "valid_from": _text(about["valid_from"]),
        "valid_until": None if until is None else _text(until),
        "supersedes": None if before is None else _text(before),
        "status_uri": _status_list(face)["uri"],
        "status_index": _status_list(face)["idx"],
        **{f"face.{code}": _text(value) for code, value in face.items() if code not in RESERVED_CLAIMS},
    }
    if face["vct"] != vct_of(_text(about["identifier"]).split(".")[-5]):
        raise FaceInvalid("vct differs from the type in the identifier")
    if until is not None and face["exp"] != int(day_ends(date.fromisoformat(_text(until))).timestamp()):
        raise FaceInvalid("exp differs from the last valid day")
    if "certificate_number" in face:
        claims["number"] = _text(face["certificate_number"])
    if "certificate_holders" in face:
        claims["holders"] = [
            {"name": _text(h["name"]), "code": _text(h["code"]), "code_type": _text(h["code_type"])}
            for h in map(_mapping, _list(face["certificate_holders"]))
        ]
    if "certificate_source" in face:
        claims["source"] = _source_texts(face["certificate_source"])
    return claims


def certificate_of(face: Mapping[str, object]) -> Certificate:
    """The certificate a complete face states (nothing withheld).

    Raises:
        FaceInvalid: something is withheld or malformed.
    """
    claims = claims_of(face)
    try:
        return _certificate(claims)
    except (KeyError, TypeError, ValueError) as error:
        raise FaceInvalid(f"the face is not complete: {error}") from error
    except IdentifierInvalid as error:
        raise FaceInvalid(str(error)) from error


def _certificate(claims: Mapping[str, object]) -> Certificate:
    source = _mapping(claims["source"])
    until = claims["valid_until"]
    return Certificate(
        identifier=_identifier(claims["identifier"]),
        name=_text(claims["name"]),
        number=_text(claims["number"]),
        issuer_code=_text(claims["issuer_code"]),
        issuer_name=_text(claims["issuer_name"]),
        issuer_level=_text(claims["issuer_level"]),
        region=_text(claims["region"]),
        issuer_uri=_text(claims["issuer_uri"]),
        issued_at=datetime.fromtimestamp(_number(claims["issued_at"]), UTC),
        valid_from=date.fromisoformat(_text(claims["valid_from"])),
        valid_until=None if until is None else date.fromisoformat(_text(until)),
        holders=tuple(
            Holder(code=_text(h["code"]), code_type=_text(h["code_type"]), name=_text(h["name"]))
            for h in map(_mapping, _list(claims["holders"]))
        ),
        face={k.removeprefix("face."): _text(v) for k, v in claims.items() if k.startswith("face.")},
        status=StatusRef(_text(claims["status_uri"]), _number(claims["status_index"])),
        source=Lineage(
            resource=_text(source["resource"]),
            key=_text(source["key"]),
            digest=bytes.fromhex(_text(source["digest"])),
            run_id=UUID(_text(source["run_id"])),
            as_of=datetime.fromisoformat(_text(source["as_of"])),
        ),
        supersedes=None if claims["supersedes"] is None else _identifier(claims["supersedes"]),
    )


def _identifier(value: object) -> Identifier:
    return parse(_text(value))


def _status_list(face: Mapping[str, object]) -> dict[str, object]:
    entry = _mapping(_mapping(face["status"])["status_list"])
    return {"uri": _text(entry["uri"]), "idx": _number(entry["idx"])}


def _source_texts(value: object) -> dict[str, str]:
    return {k: _text(v) for k, v in _mapping(value).items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("whole number expected")
    return value


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError("object expected")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("list expected")
    return value
