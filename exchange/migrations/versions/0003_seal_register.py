"""The register of seals: seals, changes of state, proposals of custodians, log of uses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them.

    Long because it is generated: one call per table.
    """
    op.create_table(
        "seal_seal",
        sa.Column("es_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SM3 of der"),
        sa.Column("der", sa.LargeBinary(), nullable=False, comment="SESeal as imported, byte for byte"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="USCC"),
        sa.Column("maker_id", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("custodians", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("origin IN ('imported', 'made-for-test')", name=op.f("ck_seal_seal_origin")),
        sa.CheckConstraint(
            "state IN ('registered', 'active', 'suspended', 'revoked')", name=op.f("ck_seal_seal_state")
        ),
        sa.CheckConstraint("cardinality(custodians) >= 2", name=op.f("ck_seal_seal_two_custodians")),
        sa.PrimaryKeyConstraint("es_id", name=op.f("pk_seal_seal")),
        sa.UniqueConstraint("digest", name=op.f("uq_seal_seal_digest")),
    )
    op.create_table(
        "seal_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("es_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column(
            "seq", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="order of changes of one instant"
        ),
        sa.CheckConstraint("proposed_by <> done_by", name=op.f("ck_seal_change_four_eyes")),
        sa.ForeignKeyConstraint(["es_id"], ["seal_seal.es_id"], name=op.f("fk_seal_change_es_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_change")),
    )
    op.create_index(op.f("ix_seal_change_es_id"), "seal_change", ["es_id"], unique=False)
    op.create_table(
        "seal_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("es_id", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("policy", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("act IN ('activate', 'lift', 'set-policy')", name=op.f("ck_seal_proposal_act")),
        sa.CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name=op.f("ck_seal_proposal_approved")),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_seal_proposal_four_eyes")),
        sa.ForeignKeyConstraint(["es_id"], ["seal_seal.es_id"], name=op.f("fk_seal_proposal_es_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_proposal")),
    )
    op.create_index(op.f("ix_seal_proposal_es_id"), "seal_proposal", ["es_id"], unique=False)
    op.create_table(
        "seal_use",
        sa.Column("stamp_digest", sa.LargeBinary(), nullable=False, comment="SM3 of TBS_Sign, never of the signature"),
        sa.Column("es_id", sa.Text(), nullable=False),
        sa.Column("type_code", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="certificate identifier"),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["es_id"], ["seal_seal.es_id"], name=op.f("fk_seal_use_es_id")),
        sa.PrimaryKeyConstraint("stamp_digest", name=op.f("pk_seal_use")),
    )
    op.create_index("ix_seal_use_es_id_used_at", "seal_use", ["es_id", "used_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_seal_use_es_id_used_at", table_name="seal_use")
    op.drop_table("seal_use")
    op.drop_index(op.f("ix_seal_proposal_es_id"), table_name="seal_proposal")
    op.drop_table("seal_proposal")
    op.drop_index(op.f("ix_seal_change_es_id"), table_name="seal_change")
    op.drop_table("seal_change")
    op.drop_table("seal_seal")
