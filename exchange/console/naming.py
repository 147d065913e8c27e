"""Names of certificates and their fields, from the certificate types: the catalogue does not know them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from certs.identifiers import ROOT
from certs.type_catalogue import CertificateType
from exchange.model_views import Labels


@dataclass(frozen=True, slots=True)
class Naming:
    """`kinds` names certificate types by code and short name; `fields` names the fields of each type's face."""

    kinds: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    fields: Mapping[str, Labels] = field(default_factory=dict)

    def over(self, labels: Labels) -> Labels:
        """The catalogue's labels and the certificate types' names."""
        return Labels({**labels.names, **self.kinds})

    def of_face(self, kind: str, otherwise: Labels) -> Labels:
        """Names of the fields on a certificate of this type; a 姓名 is not a firm's 名称."""
        return self.fields.get(kind, otherwise)


def naming(types: Iterable[CertificateType]) -> Naming:
    """The names of all certificate types."""
    known = tuple(types)
    pairs = {name: (kind.zh, kind.en) for kind in known for name in (kind.code, kind.slug)}
    faces = {
        name: Labels({entry.code: (entry.zh, entry.en) for entry in kind.face})
        for kind in known
        for name in (kind.code, kind.slug)
    }
    return Naming(pairs, faces)


def type_in(identifier: str) -> str:
    """The type code inside a certificate identifier (GB/T 36903), the text itself when it is something else."""
    if not identifier.startswith(ROOT):
        return identifier
    return identifier.removeprefix(ROOT).strip(".").split(".")[0]
