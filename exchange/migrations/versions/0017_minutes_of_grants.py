"""How often each grant with a ceiling was used in the present minute, counted by all processes."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLE = "exchange_grant_minute"


def upgrade() -> None:
    """The counts; a minute without one has not been asked in."""
    op.create_table(
        _TABLE,
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False, comment="asked for, those beyond the ceiling included"),
        sa.PrimaryKeyConstraint("grant_id", "minute", name=op.f(f"pk_{_TABLE}")),
    )


def downgrade() -> None:
    """Without it no ceiling holds."""
    op.drop_table(_TABLE)
