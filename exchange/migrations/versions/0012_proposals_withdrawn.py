"""Who proposed an act on a seal can take the proposal back."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ONE_END = "approved_at IS NULL OR withdrawn_at IS NULL"


def upgrade() -> None:
    """When it was; a proposal ends one way."""
    column = sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="by who proposed it")
    op.add_column("seal_proposal", column)
    op.create_check_constraint(op.f("ck_seal_proposal_one_end"), "seal_proposal", _ONE_END)


def downgrade() -> None:
    """A proposal that was taken back must not wait again: it goes with the column."""
    op.execute("DELETE FROM seal_proposal WHERE withdrawn_at IS NOT NULL")
    op.drop_constraint(op.f("ck_seal_proposal_one_end"), "seal_proposal")
    op.drop_column("seal_proposal", "withdrawn_at")
