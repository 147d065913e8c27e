"""Verifications of many documents: kept a day, for who asked, names and reports sealed."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, String, Table, Uuid

from exchange.tables.base import metadata

verification_batch = Table(
    "exchange_verification_batch",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner", LargeBinary(32), nullable=False),
    Column("state", String(12), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Column("uploads", Integer, nullable=False),
    Column("reserved", Integer, nullable=False, comment="upload numbers handed out"),
    Column("total", Integer, nullable=False),
    Column("trust_digest", String(64), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index(None, "owner", "asked_at"),
    Index(None, "expires_at"),
)

verification_addition = Table(
    "exchange_verification_addition",
    metadata,
    Column("batch_id", Uuid, ForeignKey("exchange_verification_batch.id", ondelete="CASCADE"), primary_key=True),
    Column("first", Integer, primary_key=True, comment="the first of its upload numbers"),
    Column("count", Integer, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("complete", Boolean, nullable=False, comment="every upload is stored"),
)

verification_result = Table(
    "exchange_verification_result",
    metadata,
    Column("batch_id", Uuid, ForeignKey("exchange_verification_batch.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("verdict", String(14), nullable=False),
    Column("code", String(60)),
    Column("sealed", LargeBinary, nullable=False),
    Index(None, "batch_id", "verdict"),
)
