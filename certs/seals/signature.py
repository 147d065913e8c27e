"""A stamp (SES_Signature, GB/T 38540-2020 §7): the act of putting a seal on a document, read and made.

The signer signs the DER of TBS_Sign, which holds the whole seal, the time, and SM3 of the document's Signature.xml.
"""

from datetime import datetime

from certs.crypto.alg import Alg
from certs.crypto.ecdsa_form import raw_to_der
from certs.crypto.ports import Signer, Verifier
from certs.crypto.sm3 import sm3
from certs.pki import der
from certs.pki.der_reader import Node
from certs.seals import asn1
from certs.seals.errors import SealAlgorithmRefused, SealMalformed, SealVersionUnsupported
from certs.seals.model import SM2_WITH_SM3, Recognised, Seal, Stamp, Standard
from certs.seals.seal import MAX_SEAL_BYTES, check_signature, read_seal, read_seal_value

_V1_MEMBERS = 2
_DIGEST_SIZE = 32
_MAX_BYTES = MAX_SEAL_BYTES + 1024 * 1024


def read_stamp(data: bytes) -> Stamp | Recognised:
    """Read an SES_Signature: two members are version 1, four or five are version 4 or 5 by the seal's header.

    Raises:
        MalformedDer: not strict DER.
        SealMalformed: not a stamp of any of these.
    """
    if len(data) > _MAX_BYTES:
        raise SealMalformed("a stamp of more than 5 MiB")
    parts = asn1.read(data).members(2, 5)
    if len(parts) == _V1_MEMBERS:
        return _recognised_v1(parts[0])
    if len(parts) == _V1_MEMBERS + 1:
        raise SealMalformed("a stamp of three members")
    tbs, certificate, algorithm, signature, *rest = parts
    version, eseal, time, data_hash, path, *more = tbs.members(5, 6)
    seal = read_seal_value(eseal)
    if isinstance(seal, Recognised):
        return seal
    if version.small_integer() != asn1.VERSION:
        raise SealMalformed("stamp and seal have different versions")
    digest = data_hash.require(der.BIT_STRING).octets_of_bits()
    if len(digest) != _DIGEST_SIZE:
        raise SealMalformed("dataHash is not an SM3 digest")
    return Stamp(
        seal=seal,
        time=time.require(der.GENERALIZED_TIME).moment(),
        data_hash=digest,
        signed_path=path.text(der.IA5_STRING),
        extensions=asn1.read_extensions(_tagged(more[0])) if more else (),
        tbs=tbs.raw,
        certificate=certificate.require(der.OCTET_STRING).content,
        algorithm=algorithm.require(der.OID).oid(),
        signature=signature.require(der.BIT_STRING).octets_of_bits(),
        timestamp=_tagged(rest[0]).only().require(der.BIT_STRING).octets_of_bits() if rest else None,
    )


def make_stamp(
    seal_der: bytes, *, certificate: bytes, signer: Signer, at: datetime, data_hash: bytes, signed_path: str
) -> bytes:
    """Make an SES_Signature with a seal, over the digest of a Signature.xml at `signed_path` in the package.

    Raises:
        MalformedDer, SealMalformed: the seal cannot be read, or the digest has not 32 bytes.
        SealVersionUnsupported: it is not version 4.
        SealAlgorithmRefused: the signer's key is not SM2.
    """
    seal = read_v4(seal_der)
    if signer.alg is not Alg.SM2:
        raise SealAlgorithmRefused(f"of a {signer.alg.value} key")
    if len(data_hash) != _DIGEST_SIZE:
        raise SealMalformed("dataHash is not an SM3 digest")
    tbs = der.sequence(
        der.integer(asn1.VERSION),
        seal.der,
        der.generalized_time(at),
        der.bits(data_hash),
        asn1.write_text(der.IA5_STRING, signed_path),
    )
    return der.sequence(
        tbs,
        der.octets(certificate),
        der.oid(SM2_WITH_SM3),
        der.bits(raw_to_der(signer.sign(tbs))),
    )


def with_timestamp(stamp_der: bytes, token: bytes) -> bytes:
    """The stamp with an RFC 3161 token over its signature octets; raises MalformedDer, SealMalformed."""
    stamp = read_stamp(stamp_der)
    if isinstance(stamp, Recognised) or stamp.timestamp is not None:
        raise SealMalformed("only a version 4 stamp without a time stamp takes one")
    return der.sequence(asn1.read(stamp_der).content, der.tlv(der.constructed(0), der.bits(token)))


def check_stamp_signature(stamp: Stamp, signer: Verifier) -> None:
    """Check the signer's signature over TBS_Sign; raises SealAlgorithmRefused, InvalidSignature."""
    check_signature(stamp.algorithm, stamp.tbs, stamp.signature, signer)


def stamp_digest(stamp: Stamp) -> bytes:
    """What names a stamp in the log of uses: SM3 of TBS_Sign. Never the signature, whose value is not unique."""
    return sm3(stamp.tbs)


def read_v4(data: bytes) -> Seal:
    """Read a seal that is to be used.

    Raises:
        MalformedDer, SealMalformed: it cannot be read.
        SealVersionUnsupported: it is of version 1 or 5.
    """
    seal = read_seal(data)
    if isinstance(seal, Recognised):
        raise SealVersionUnsupported(seal.standard)
    return seal


def _recognised_v1(tbs: Node) -> Recognised:
    version, eseal, *_ = tbs.members(2, 8)
    read_seal_value(eseal)
    return Recognised(Standard.V1, version.small_integer())


def _tagged(value: Node) -> Node:
    if value.tag != der.constructed(0):
        raise SealMalformed("an optional member without its [0] tag")
    return value
