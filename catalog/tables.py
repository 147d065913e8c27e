"""Tables of the catalogue. Columns hold what is looked up or constrained; `body` holds the whole value as JSON."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _body() -> tuple[Column[object], Column[object]]:
    return Column("body", JSONB, nullable=False), Column("changed_at", DateTime(timezone=True), nullable=False)


revision = Table(
    "catalog_revision",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="single_row"), primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

department = Table("catalog_department", metadata, Column("code", Text, primary_key=True), *_body())

resource = Table(
    "catalog_resource",
    metadata,
    Column("id", Text, primary_key=True),
    Column("provider", Text, ForeignKey("catalog_department.code"), nullable=False),
    Column("state", Text, CheckConstraint("state IN ('published', 'withdrawn')", name="state"), nullable=False),
    Column("version", Integer, CheckConstraint("version >= 1", name="version"), nullable=False),
    *_body(),
)

resource_version = Table(
    "catalog_resource_version",
    metadata,
    Column("id", Text, ForeignKey("catalog_resource.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    *_body(),
)

evidence_type = Table("catalog_evidence_type", metadata, Column("id", Text, primary_key=True), *_body())

requirement = Table("catalog_requirement", metadata, Column("id", Text, primary_key=True), *_body())

service_item = Table(
    "catalog_service_item",
    metadata,
    Column("code", Text, primary_key=True),
    Column("department", Text, ForeignKey("catalog_department.code"), nullable=False),
    *_body(),
)

grant = Table(
    "catalog_grant",
    metadata,
    Column("id", Text, primary_key=True),
    Column("resource", Text, ForeignKey("catalog_resource.id"), nullable=False),
    Column("consumer", Text, ForeignKey("catalog_department.code"), nullable=False),
    Column(
        "state",
        Text,
        CheckConstraint("state IN ('active', 'suspended', 'revoked', 'expired')", name="state"),
        nullable=False,
    ),
    *_body(),
    Index(None, "resource", "state"),
)
