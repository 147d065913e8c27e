"""用证记录: who used which fields of whom, for what; names of fields only, never values."""

from sqlalchemy import Boolean, Column, DateTime, Index, String, Table, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from exchange.tables.base import metadata

use = Table(
    "exchange_use",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("use", String(30), nullable=False),
    Column("subject", String(40), nullable=False),
    Column("department", String(18), nullable=False),
    Column("officer", String(40), nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("case_number", String(40), nullable=False),
    Column("what", String(120), nullable=False),
    Column("fields", ARRAY(String(60)), nullable=False),
    Column("released", Boolean, nullable=False),
    Column("recipient", String(40), nullable=False, server_default="", comment="of a copy, as its holder named it"),
    Index(None, "subject", "at"),
    Index(None, "department", "officer", "at"),
)
