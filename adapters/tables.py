"""Tables of pulled records and of the runs that brought them. Written and read by `adapters.repo` only."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Moment = DateTime(timezone=True)

record = Table(
    "adapter_record",
    metadata,
    Column("resource", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body", JSONB, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("as_of", _Moment, nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("deleted_at", _Moment),
)

record_subject = Table(
    "adapter_record_subject",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("key", Text, primary_key=True),
)

record_change = Table(
    "adapter_record_change",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("resource", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("op", String(1), nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("at", _Moment, nullable=False),
    Column("consumed_at", _Moment),
)
Index("ix_adapter_record_change_unconsumed", record_change.c.id, postgresql_where=text("consumed_at IS NULL"))

run = Table(
    "adapter_run",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("manifest_digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("started_at", _Moment, nullable=False),
    Column("finished_at", _Moment),
    Column("lower_bound", Text),
    Column("upper_bound", Text),
    Column("position", JSONB(none_as_null=True)),
    Column("read", BigInteger, nullable=False, server_default="0"),
    Column("stored", BigInteger, nullable=False, server_default="0"),
    Column("unchanged", BigInteger, nullable=False, server_default="0"),
    Column("quarantined", BigInteger, nullable=False, server_default="0"),
    Column("withheld", BigInteger, nullable=False, server_default="0"),
    Column("deleted", BigInteger, nullable=False, server_default="0"),
    Column("unkeyed", BigInteger, nullable=False, server_default="0"),
    Column("chunks", Integer, nullable=False, server_default="0"),
    Index("ix_adapter_run_resource_started_at", "resource", "started_at"),
)

run_key = Table(
    "adapter_run_key",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
)

quarantine = Table(
    "adapter_quarantine",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("row_no", BigInteger, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("key", Text),
    Column("rule", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("value", Text),
    Column("violations", JSONB, nullable=False),
    Column("raw", JSONB, nullable=False),
    Column("at", _Moment, nullable=False),
)
