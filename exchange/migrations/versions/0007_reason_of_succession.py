"""An intent says why the version before ends: its record changed, or its key was lost."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column."""
    says = "why the version before ends; null: source-changed"
    op.add_column("cert_intent", sa.Column("predecessor_reason", sa.Text(), nullable=True, comment=says))


def downgrade() -> None:
    """The reason is lost; the version still ends."""
    op.drop_column("cert_intent", "predecessor_reason")
