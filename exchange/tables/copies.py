"""Purpose-marked copies (加注件): terms and digest stay, the file only until it is downloaded."""

from sqlalchemy import Column, Date, DateTime, ForeignKey, Index, LargeBinary, String, Table, Uuid

from exchange.tables.base import metadata

copy = Table(
    "exchange_copy",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subject", String(40), nullable=False),
    Column("identifier", String(120), nullable=False, comment="of the original"),
    Column("type_code", String(21), nullable=False),
    Column("format", String(4), nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("matter", String(40), nullable=False),
    Column("recipient", String(40), nullable=False),
    Column("valid_until", Date, nullable=False, comment="last day in China, inclusive"),
    Column("code", String(34), nullable=False, unique=True),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("digest", LargeBinary(32), nullable=False, comment="SHA-256 of the file"),
    Column("kid", String(64), nullable=False),
    Column("downloaded_at", DateTime(timezone=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("checked_at", DateTime(timezone=True), comment="last time a check was recorded"),
    Index(None, "subject", "made_at"),
)

copy_file = Table(
    "exchange_copy_file",
    metadata,
    Column("copy_id", Uuid, ForeignKey("exchange_copy.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False, comment="encrypted at rest"),
    Column("drop_at", DateTime(timezone=True), nullable=False),
    Index(None, "drop_at"),
)
