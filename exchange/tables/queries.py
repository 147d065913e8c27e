"""Answers kept a day for repetition of the same request (Idempotency-Key), encrypted; queries per minute of a grant."""

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, String, Table, Text

from exchange.tables.base import metadata

answered = Table(
    "exchange_answered",
    metadata,
    Column("scope", String(80), primary_key=True),
    Column("request_id", String(80), primary_key=True),
    Column("body_digest", LargeBinary(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index(None, "expires_at"),
)

grant_minute = Table(
    "exchange_grant_minute",
    metadata,
    Column("grant_id", Text, primary_key=True),
    Column("minute", DateTime(timezone=True), primary_key=True),
    Column("used", Integer, nullable=False, comment="asked for, those beyond the ceiling included"),
)
