"""Certification requests (PKCS #10, RFC 2986): what an authority is sent to certify a key that stays where it is."""

from asn1crypto import pem

from certs.crypto.jwk import spki
from certs.crypto.ports import Signer
from certs.pki import der
from certs.pki.algorithms import SUITES, sign
from certs.pki.names import name


def certification_request(signer: Signer, *, common_name: str, organisation: str, unit: str = "") -> bytes:
    """A request in PEM, signed by the key it is about; purposes and term are the authority's to decide."""
    suite = SUITES[signer.alg]
    info = der.sequence(
        der.integer(0),
        name(common_name=common_name, organisation=organisation, unit=unit),
        spki(signer.verifier()),
        der.tlv(der.constructed(0), b""),
    )
    request = der.sequence(info, suite.identifier, der.bits(sign(signer, info)))
    return bytes(pem.armor("CERTIFICATE REQUEST", request))
