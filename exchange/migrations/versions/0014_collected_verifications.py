"""Verifications of many documents may be collected in several additions before they start."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """How many numbers were handed out, and which of them count; all of what was taken in one request."""
    batch, addition = "exchange_verification_batch", "exchange_verification_addition"
    says = "upload numbers handed out"
    op.add_column(batch, sa.Column("reserved", sa.Integer(), server_default="0", nullable=False, comment=says))
    op.alter_column(batch, "reserved", server_default=None)
    op.create_table(
        addition,
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False, comment="the first of its upload numbers"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False, comment="every upload is stored"),
        sa.ForeignKeyConstraint(
            ["batch_id"], [f"{batch}.id"], name=op.f(f"fk_{addition}_batch_id_{batch}"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "first", name=op.f(f"pk_{addition}")),
    )
    op.execute(f"UPDATE {batch} SET reserved = uploads")  # noqa: S608 - ours
    op.execute(f"INSERT INTO {addition} SELECT id, 0, uploads, asked_at, true FROM {batch}")  # noqa: S608 - ours


def downgrade() -> None:
    """What is still being collected waits for a worker then; numbers that do not count are found to be gone."""
    batch = "exchange_verification_batch"
    op.execute(f"UPDATE {batch} SET uploads = reserved, total = GREATEST(total, reserved)")  # noqa: S608 - ours
    op.execute(f"UPDATE {batch} SET state = 'waiting' WHERE state = 'collecting'")  # noqa: S608 - ours
    op.drop_table("exchange_verification_addition")
    op.drop_column(batch, "reserved")
