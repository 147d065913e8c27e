"""A hub that can seal: development authorities, the departments of the sample catalogue, some of them enrolled."""

from catalog.samples import sample_catalogue
from exchange.app import App
from exchange.service.dev_enrolment import Enrolled

PSB = "11339900MB9000015P"


async def with_departments(hub: App) -> None:
    """The sample catalogue, for its departments."""
    await hub.catalogue.import_file(sample_catalogue(), source="test")


async def enrolled(hub: App, *owners: str) -> tuple[Enrolled, ...]:
    """Development authorities and departments that are ready to seal."""
    await with_departments(hub)
    await hub.documents.development.init()
    return tuple([await hub.documents.enrolment.enrol(owner) for owner in owners or (PSB,)])
