"""The whole catalogue at one revision, indexed for lookups without I/O. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from catalog.model import (
    Department,
    DepartmentCode,
    EvidenceType,
    EvidenceTypeId,
    Grant,
    Region,
    Requirement,
    RequirementId,
    Resource,
    ResourceId,
    ServiceItem,
    ServiceItemCode,
)
from catalog.onceonly import NO_CHOICES, Choices, Holdings, Resolution, resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueSnapshot:
    """Everything in the catalogue as of `revision`, whatever its state; deciding is the reader's part.

    `grants_by_pair` maps (consumer department, resource) to the grants between them, ordered by id.
    """

    revision: int
    departments: Mapping[DepartmentCode, Department]
    resources: Mapping[ResourceId, Resource]
    evidence_types: Mapping[EvidenceTypeId, EvidenceType]
    requirements: Mapping[RequirementId, Requirement]
    service_items: Mapping[ServiceItemCode, ServiceItem]
    grants_by_pair: Mapping[tuple[DepartmentCode, ResourceId], tuple[Grant, ...]]

    def grants_for(self, department: DepartmentCode, resource: ResourceId) -> tuple[Grant, ...]:
        """Grants of `department` on `resource`, whatever their state; see `rules.grant_in_force`."""
        return self.grants_by_pair.get((department, resource), ())

    @property
    def grants(self) -> tuple[Grant, ...]:
        """All grants, ordered by consumer, resource and id."""
        return tuple(grant for pair in sorted(self.grants_by_pair) for grant in self.grants_by_pair[pair])

    def requirements_of(self, item: ServiceItemCode) -> tuple[Requirement, ...]:
        """Requirements of a service item in its order.

        Raises:
            KeyError: the service item is not in the catalogue.
        """
        return tuple(self.requirements[entry] for entry in self.service_items[item].requirements)

    def resolve(
        self,
        item: ServiceItemCode,
        holdings: Holdings,
        *,
        at: datetime,
        jurisdiction: Region,
        choices: Choices = NO_CHOICES,
    ) -> Resolution:
        """Answer what a case of `item` still needs; see `catalog.onceonly.resolve`.

        Raises:
            KeyError: the service item is not in the catalogue.
        """
        return resolve(
            self.service_items[item],
            self.requirements,
            self.evidence_types,
            holdings,
            at=at,
            jurisdiction=jurisdiction,
            choices=choices,
        )


def index_grants(grants: Mapping[str, Grant]) -> dict[tuple[DepartmentCode, ResourceId], tuple[Grant, ...]]:
    """Group grants by (consumer, resource), ordered by id."""
    pairs: dict[tuple[DepartmentCode, ResourceId], tuple[Grant, ...]] = {}
    for grant_id in sorted(grants):
        grant = grants[grant_id]
        pair = (grant.consumer, grant.resource)
        pairs[pair] = (*pairs.get(pair, ()), grant)
    return pairs
