"""Tables of the seal register. Only `certs.seals.repo` reads and writes them. Rows of changes and uses are for good."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_INSTANT = sa.DateTime(timezone=True)

seal = sa.Table(
    "seal_seal",
    metadata,
    sa.Column("es_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True, comment="SM3 of der"),
    sa.Column("der", sa.LargeBinary, nullable=False, comment="SESeal as imported, byte for byte"),
    sa.Column("drawn", sa.LargeBinary, comment="SHA-256 of its picture as PDFs draw it, null if they cannot"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False, comment="USCC"),
    sa.Column("maker_id", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("custodians", ARRAY(sa.Text), nullable=False),
    sa.Column("policy", JSONB, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("valid_from", _INSTANT, nullable=False),
    sa.Column("valid_until", _INSTANT, nullable=False),
    sa.Column("registered_at", _INSTANT, nullable=False),
    sa.CheckConstraint("origin IN ('imported', 'made-for-test')", name="origin"),
    sa.CheckConstraint("state IN ('registered', 'active', 'suspended', 'revoked')", name="state"),
    sa.CheckConstraint("cardinality(custodians) >= 2", name="two_custodians"),
)

change = sa.Table(
    "seal_change",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("es_id", sa.Text, sa.ForeignKey("seal_seal.es_id"), nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("done_by", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text),
    sa.Column("at", _INSTANT, nullable=False),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column(
        "seq", sa.BigInteger, sa.Identity(always=True), nullable=False, comment="order of changes of one instant"
    ),
    sa.CheckConstraint("proposed_by <> done_by", name="four_eyes"),
)

proposal = sa.Table(
    "seal_proposal",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("es_id", sa.Text, sa.ForeignKey("seal_seal.es_id"), nullable=False, index=True),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("policy", JSONB(none_as_null=True)),
    sa.Column("leaving", sa.Text, comment="custodian whose custody ends; hand-over only"),
    sa.Column("taking", sa.Text, comment="custodian whose custody begins; hand-over only"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", _INSTANT, nullable=False),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", _INSTANT),
    sa.Column("withdrawn_at", _INSTANT, comment="by who proposed it"),
    sa.CheckConstraint("act IN ('activate', 'lift', 'set-policy', 'hand-over')", name="act"),
    sa.CheckConstraint(
        "(act = 'hand-over') = (leaving IS NOT NULL) AND (act = 'hand-over') = (taking IS NOT NULL)", name="handover"
    ),
    sa.CheckConstraint("approved_by <> proposed_by", name="four_eyes"),
    sa.CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved"),
    sa.CheckConstraint("approved_at IS NULL OR withdrawn_at IS NULL", name="one_end"),
)

use = sa.Table(
    "seal_use",
    metadata,
    sa.Column("stamp_digest", sa.LargeBinary, primary_key=True, comment="SM3 of TBS_Sign, never of the signature"),
    sa.Column("es_id", sa.Text, sa.ForeignKey("seal_seal.es_id"), nullable=False),
    sa.Column("type_code", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False, comment="certificate identifier"),
    sa.Column("used_at", _INSTANT, nullable=False),
    sa.Column("event_id", sa.Uuid, nullable=False),
)
sa.Index("ix_seal_use_es_id_used_at", use.c.es_id, use.c.used_at)
