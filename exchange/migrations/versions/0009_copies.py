"""Purpose-marked copies (加注件) and the files that wait to be downloaded."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "exchange_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("identifier", sa.String(length=120), nullable=False, comment="of the original"),
        sa.Column("type_code", sa.String(length=21), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("matter", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False, comment="last day in China, inclusive"),
        sa.Column("code", sa.String(length=34), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of the file"),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("downloaded_at", _INSTANT, nullable=True),
        sa.Column("withdrawn_at", _INSTANT, nullable=True),
        sa.Column("checked_at", _INSTANT, nullable=True, comment="last time a check was recorded"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_copy")),
        sa.UniqueConstraint("code", name=op.f("uq_exchange_copy_code")),
    )
    op.create_index(op.f("ix_exchange_copy_subject_made_at"), "exchange_copy", ["subject", "made_at"])
    op.create_table(
        "exchange_copy_file",
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="encrypted at rest"),
        sa.Column("drop_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["copy_id"], ["exchange_copy.id"], name=op.f("fk_exchange_copy_file_copy_id_exchange_copy")
        ),
        sa.PrimaryKeyConstraint("copy_id", name=op.f("pk_exchange_copy_file")),
    )
    op.create_index(op.f("ix_exchange_copy_file_drop_at"), "exchange_copy_file", ["drop_at"])


def downgrade() -> None:
    """Copies that are out can no longer be checked here; their seals still verify."""
    op.drop_table("exchange_copy_file")
    op.drop_table("exchange_copy")
