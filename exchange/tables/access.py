"""Who may call: departments' systems, their officers, local demo identities, sessions and what must not recur."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, LargeBinary, String, Table, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from exchange.tables.base import metadata

client = Table(
    "exchange_client",
    metadata,
    Column("client_id", String(60), primary_key=True),
    Column("department", String(18), nullable=False),
    Column("jwks", JSONB, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
)

officer = Table(
    "exchange_officer",
    metadata,
    Column("department", String(18), primary_key=True),
    Column("officer", String(40), primary_key=True),
    Column("name", String(60), nullable=False),
    Column("roles", ARRAY(String(20)), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
)

person = Table(
    "exchange_person",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("username", String(60), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False),
    Column("role", String(12), nullable=False),
    Column("name", String(60), nullable=False),
    Column("department", String(18)),
    Column("officer", String(40)),
    Column("subject", String(40)),
    Column("active", Boolean, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
)

session = Table(
    "exchange_session",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_seen_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index(None, "person_id"),
    Index(None, "expires_at"),
)

jti = Table(
    "exchange_jti",
    metadata,
    Column("issuer", String(60), primary_key=True),
    Column("jti_hash", LargeBinary(32), primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index(None, "expires_at"),
)

# keyed by `account:<name>` or `address:<ip>`; the name is what was typed, so nobody learns which accounts exist
login_failure = Table(
    "exchange_login_failure",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("window_start", DateTime(timezone=True), nullable=False),
    Column("locked_until", DateTime(timezone=True)),
)
