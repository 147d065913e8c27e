"""Sealing jobs and what came of each certificate of them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Two tables."""
    _create_jobs()
    _create_rows()


def _create_jobs() -> None:
    op.create_table(
        "exchange_sealing_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type_code", sa.String(40), nullable=False),
        sa.Column(
            "ordered_by", sa.String(80), nullable=False, comment="work number; empty when ordered on the command line"
        ),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("finished_at", _INSTANT, nullable=True),
        sa.Column(
            "stopped",
            sa.String(60),
            nullable=True,
            comment="code of what kept it from going on; empty again when it does",
        ),
        sa.Column("stopped_detail", sa.Text(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Integer(), nullable=False),
        sa.Column("existing", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column(
            "busy_seconds", sa.Float(), nullable=False, comment="time spent working, without waiting for a restart"
        ),
        sa.CheckConstraint("sealed + existing + refused <= total", name=op.f("ck_exchange_sealing_job_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_sealing_job")),
    )
    op.create_index(
        op.f("ix_exchange_sealing_job_created_at_id"), "exchange_sealing_job", ["created_at", "id"], unique=False
    )


def _create_rows() -> None:
    op.create_table(
        "exchange_sealing_row",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(60), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("done_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sealed', 'existing', 'refused')", name=op.f("ck_exchange_sealing_row_state")
        ),
        sa.CheckConstraint("(state = 'waiting') = (done_at IS NULL)", name=op.f("ck_exchange_sealing_row_done")),
        sa.CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name=op.f("ck_exchange_sealing_row_reason")),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["exchange_sealing_job.id"],
            name=op.f("fk_exchange_sealing_row_job_id_exchange_sealing_job"),
        ),
        sa.PrimaryKeyConstraint("job_id", "identifier", name=op.f("pk_exchange_sealing_row")),
    )
    for state in ("waiting", "refused"):
        op.create_index(
            f"ix_exchange_sealing_row_{state}",
            "exchange_sealing_row",
            ["job_id", "identifier"],
            unique=False,
            postgresql_where=sa.text(f"state = '{state}'"),
        )


def downgrade() -> None:
    """The documents stay; what is known about the jobs that made them goes."""
    op.drop_table("exchange_sealing_row")
    op.drop_table("exchange_sealing_job")
