"""Which department issues which certificate type: the provider of the resource a type is made from."""

from datetime import datetime

from catalog.model import DepartmentCode, ResourceId
from catalog.snapshot import CatalogueSnapshot
from certs.model import Issuer
from certs.trust import Entitlement, TrustedIssuer
from certs.type_catalogue import CertificateType, TypeCatalogue

LEVEL = "地市级"


def issuer_of(kind: CertificateType, snapshot: CatalogueSnapshot, public_url: str) -> Issuer | None:
    """The issuing authority (证照颁发机构) of a type, None while its resource is not in the catalogue."""
    resource = snapshot.resources.get(ResourceId(kind.resource))
    department = None if resource is None else snapshot.departments.get(DepartmentCode(resource.provider))
    if department is None:
        return None
    return Issuer(
        code=department.code,
        name=department.name_zh,
        level=LEVEL,
        region=department.region,
        uri=issuer_uri(department.code, public_url),
        types=frozenset({kind.code}),
    )


def issuer_uri(code: str, public_url: str) -> str:
    """The `iss` address of a department's certificates."""
    return f"{public_url}/issuers/{code}"


def trusted_issuers(
    types: TypeCatalogue, snapshot: CatalogueSnapshot, public_url: str, since: datetime
) -> dict[str, TrustedIssuer]:
    """USCC -> issuer with everything it may issue, for the trust list."""
    rights: dict[str, list[Entitlement]] = {}
    issuers: dict[str, Issuer] = {}
    for kind in types:
        issuer = issuer_of(kind, snapshot, public_url)
        if issuer is not None:
            issuers[issuer.code] = issuer
            rights.setdefault(issuer.code, []).append(Entitlement(kind.code, since))
    return {code: TrustedIssuer(code, issuer.name, issuer.uri, tuple(rights[code])) for code, issuer in issuers.items()}
