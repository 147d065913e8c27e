"""The hub's signing keys: public halves, roles and windows; private halves stay behind their URIs."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from exchange.tables.base import metadata

key = Table(
    "exchange_key",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("owner", String(18), nullable=False),
    Column("alg", String(10), nullable=False),
    Column("uri", String(400), nullable=False),
    Column("jwk", JSONB, nullable=False),
    Column("not_before", DateTime(timezone=True), nullable=False),
    Column("not_after", DateTime(timezone=True), nullable=False),
    Column("retired_at", DateTime(timezone=True)),
    Column("chain", LargeBinary, comment="PEM: the key's certificate, then its issuers, without the root"),
    Column("distrusted_at", DateTime(timezone=True), comment="since when its signatures prove nothing by themselves"),
    Index(None, "role", "owner"),
)
