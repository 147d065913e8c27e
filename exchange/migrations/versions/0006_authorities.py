"""X.509 authorities with their revocation lists; certificates and loss of keys."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Two tables and two columns."""
    op.create_table(
        "exchange_authority",
        sa.Column("sha256", sa.LargeBinary(), nullable=False, comment="of der"),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="for people"),
        sa.Column("not_after", _INSTANT, nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('root', 'intermediate')", name=op.f("ck_exchange_authority_kind")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_exchange_authority")),
    )
    op.create_table(
        "exchange_revocation_list",
        sa.Column("sha256", sa.LargeBinary(), nullable=False, comment="of der"),
        sa.Column("issuer", sa.LargeBinary(), nullable=False, comment="Name as DER"),
        sa.Column("this_update", _INSTANT, nullable=False),
        sa.Column("next_update", _INSTANT, nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_exchange_revocation_list")),
    )
    op.create_index(
        op.f("ix_exchange_revocation_list_issuer_this_update"), "exchange_revocation_list", ["issuer", "this_update"]
    )
    chain = "PEM: the key's certificate, then its issuers, without the root"
    lost = "since when its signatures prove nothing by themselves"
    op.add_column("exchange_key", sa.Column("chain", sa.LargeBinary(), nullable=True, comment=chain))
    op.add_column("exchange_key", sa.Column("distrusted_at", _INSTANT, nullable=True, comment=lost))


def downgrade() -> None:
    """Without them the hub believes no authority and knows no lost key."""
    op.drop_column("exchange_key", "distrusted_at")
    op.drop_column("exchange_key", "chain")
    op.drop_table("exchange_revocation_list")
    op.drop_table("exchange_authority")
