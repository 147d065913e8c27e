"""Distinguished names (RFC 5280 §4.1.2.4): written in one form, compared by their bytes, shown to people as text."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from certs.pki import der
from certs.pki.der_reader import Fields, Node

_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"C": "2.5.4.6", "ST": "2.5.4.8", "L": "2.5.4.7", "O": "2.5.4.10", "OU": "2.5.4.11", "CN": "2.5.4.3"}
)
_LABELS: Final = MappingProxyType({oid: label for label, oid in _TYPES.items()} | {"2.5.4.97": "USCC"})


def name(*, common_name: str, organisation: str, unit: str = "", country: str = "CN") -> bytes:
    """DER of C, O, [OU], CN; PrintableString for the country, UTF8String for the rest."""
    parts = [_attribute("C", der.printable(country)), _attribute("O", der.utf8(organisation))]
    if unit:
        parts.append(_attribute("OU", der.utf8(unit)))
    return der.sequence(*parts, _attribute("CN", der.utf8(common_name)))


def _attribute(label: str, value: bytes) -> bytes:
    return der.set_of([der.sequence(der.oid(_TYPES[label]), value)])


def describe(node: Node) -> str:
    """One line for people, most specific first, e.g. `CN=…, O=…, C=CN`; never parsed again.

    Raises:
        MalformedDer: not a Name.
    """
    parts = []
    for rdn in node.require(der.SEQUENCE).children:
        for attribute in rdn.require(der.SET).children:
            fields = Fields(attribute)
            oid, value = fields.take(der.OID).oid(), fields.take()
            fields.done()
            parts.append(f"{_LABELS.get(oid, oid)}={_shown(value)}")
    return ", ".join(reversed(parts))


def _shown(value: Node) -> str:
    text = value.string() if value.tag in (der.UTF8_STRING, der.PRINTABLE_STRING, der.IA5_STRING) else value.raw.hex()
    return "".join(char if char.isprintable() and char not in ",=" else f"\\{ord(char):x}" for char in text)
