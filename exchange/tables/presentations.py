"""Presentations (亮证): codes are kept only as keyed hashes; a code that was used or died can never match again."""

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, String, Table, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from exchange.tables.base import metadata

presentation = Table(
    "exchange_presentation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subject", String(40), nullable=False),
    Column("certificates", ARRAY(String(120)), nullable=False),
    Column("code_hash", LargeBinary(32), nullable=False),
    Column("state", String(12), nullable=False),
    Column("offered_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("department", String(18)),
    Column("officer", String(40)),
    Column("case_number", String(40)),
    Column("service_item", String(40)),
    Column("requested", JSONB),
    Column("decided_at", DateTime(timezone=True)),
    Index(
        "uq_exchange_presentation_live_code",
        "code_hash",
        unique=True,
        postgresql_where=text("state = 'shown'"),
    ),
    Index(None, "subject", "offered_at"),
)

code_miss = Table(
    "exchange_code_miss",
    metadata,
    Column("officer", String(40), nullable=False),
    Column("window_start", DateTime(timezone=True), nullable=False),
    Column("misses", Integer, nullable=False),
    Index(None, "officer", "window_start", unique=True),
)
