"""Verifications of many documents, kept a day."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """What was asked, and a result for each file."""
    batch, result = "exchange_verification_batch", "exchange_verification_result"
    op.create_table(
        batch,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("as_of", _INSTANT, nullable=False),
        sa.Column("uploads", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("trust_digest", sa.String(length=64), nullable=False),
        sa.Column("finished_at", _INSTANT, nullable=True),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{batch}")),
    )
    op.create_index(op.f(f"ix_{batch}_owner_asked_at"), batch, ["owner", "asked_at"])
    op.create_index(op.f(f"ix_{batch}_expires_at"), batch, ["expires_at"])
    op.create_table(
        result,
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=14), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], [f"{batch}.id"], name=op.f(f"fk_{result}_batch_id_{batch}"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f(f"pk_{result}")),
    )
    op.create_index(op.f(f"ix_{result}_batch_id_verdict"), result, ["batch_id", "verdict"])


def downgrade() -> None:
    """Without them only one document is verified at a time."""
    op.drop_table("exchange_verification_result")
    op.drop_table("exchange_verification_batch")
