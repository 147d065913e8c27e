"""Answers kept for repetition of the same request (Idempotency-Key), encrypted, for a day."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, String, Table

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
