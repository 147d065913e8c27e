"""Cases (办件), the materials handed in for them, and what was demanded of the applicant."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, LargeBinary, String, Table, Uuid

from exchange.tables.base import metadata

case = Table(
    "exchange_case",
    metadata,
    Column("number", String(40), primary_key=True),
    Column("service_item", String(40), nullable=False),
    Column("department", String(18), nullable=False),
    Column("subject", String(40), nullable=False),
    Column("opened_by", String(40), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("state", String(12), nullable=False),
    Index(None, "department", "opened_at"),
    Index(None, "subject"),
)

# Everybody a case may ask about: the applicant, and who the records say stands behind him (法定代表人, 配偶).
case_subject = Table(
    "exchange_case_subject",
    metadata,
    Column("case_number", String(40), ForeignKey("exchange_case.number"), primary_key=True),
    Column("role", String(24), primary_key=True),
    Column("subject", String(40), nullable=False),
    Index(None, "subject"),
)

material = Table(
    "exchange_material",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subject", String(40), nullable=False),
    Column("evidence_type", String(60), nullable=False),
    Column("case_number", String(40), ForeignKey("exchange_case.number"), nullable=False),
    Column("filename", String(200), nullable=False),
    Column("media_type", String(60), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("blob", String(200), nullable=False),
    Column("state", String(12), nullable=False),
    Column("trust_level", String(1), nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("checked_by", String(40)),
    Column("checked_at", DateTime(timezone=True)),
    Column("valid_until", DateTime(timezone=True)),
    Index(None, "subject", "evidence_type"),
    Index(None, "case_number"),
)

demand = Table(
    "exchange_demand",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_number", String(40), ForeignKey("exchange_case.number"), nullable=False),
    Column("department", String(18), nullable=False),
    Column("evidence_type", String(60), nullable=False),
    Column("outcome", String(12), nullable=False),  # refused | recorded
    Column("at", DateTime(timezone=True), nullable=False),
    Index(None, "department", "outcome"),
)
