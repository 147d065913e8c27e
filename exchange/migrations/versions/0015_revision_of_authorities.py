"""One number says whether authorities and revocation lists are still those a process has read."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TABLE = "exchange_authority_revision"


def upgrade() -> None:
    """The number; there is none until the next change."""
    op.create_table(
        _TABLE,
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f(f"ck_{_TABLE}_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_TABLE}")),
    )


def downgrade() -> None:
    """Without it they are read each time."""
    op.drop_table(_TABLE)
