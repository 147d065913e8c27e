"""Every table of the exchange on one metadata, for migrations."""

from exchange.tables import (
    access,
    authorities,
    cases,
    copies,
    keys,
    presentations,
    queries,
    sealing,
    uses,
    verifications,
)
from exchange.tables.base import metadata

FAMILIES = (access, authorities, cases, copies, keys, presentations, queries, sealing, uses, verifications)

__all__ = ["FAMILIES", "metadata"]
