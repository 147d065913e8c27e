"""What the hub believes of X.509: authorities and the revocation lists they signed, as their octets."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from exchange.tables.base import metadata

revision = Table(
    "exchange_authority_revision",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="single_row"), primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

authority = Table(
    "exchange_authority",
    metadata,
    Column("sha256", LargeBinary, primary_key=True, comment="of der"),
    Column("kind", String(12), nullable=False),
    Column("subject", Text, nullable=False, comment="for people"),
    Column("not_after", DateTime(timezone=True), nullable=False),
    Column("der", LargeBinary, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("kind IN ('root', 'intermediate')", name="kind"),
)

revocation_list = Table(
    "exchange_revocation_list",
    metadata,
    Column("sha256", LargeBinary, primary_key=True, comment="of der"),
    Column("issuer", LargeBinary, nullable=False, comment="Name as DER"),
    Column("this_update", DateTime(timezone=True), nullable=False),
    Column("next_update", DateTime(timezone=True), nullable=False),
    Column("der", LargeBinary, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Index(None, "issuer", "this_update"),
)
