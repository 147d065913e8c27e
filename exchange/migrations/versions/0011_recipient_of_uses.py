"""For whom a copy was made has a field of its own among the uses, and is no officer's number any more."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_OF_COPIES = "use IN ('copy-downloaded', 'copy-checked')"


def upgrade() -> None:
    """The column, with what stood in the officer's."""
    says = "of a copy, as its holder named it"
    op.add_column(
        "exchange_use", sa.Column("recipient", sa.String(length=40), server_default="", nullable=False, comment=says)
    )
    op.execute(f"UPDATE exchange_use SET recipient = officer, officer = '' WHERE {_OF_COPIES}")  # noqa: S608 - ours


def downgrade() -> None:
    """Back to where it stood."""
    op.execute(f"UPDATE exchange_use SET officer = recipient WHERE {_OF_COPIES}")  # noqa: S608 - ours
    op.drop_column("exchange_use", "recipient")
