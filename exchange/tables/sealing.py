"""Sealing jobs: what was asked, and what came of each certificate. Both stay for a while, to be looked into."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    text,
)

from exchange.tables.base import metadata

job = Table(
    "exchange_sealing_job",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("type_code", String(40), nullable=False),
    Column("ordered_by", String(80), nullable=False, comment="work number; empty when ordered on the command line"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("stopped", String(60), comment="code of what kept it from going on; empty again when it does"),
    Column("stopped_detail", Text),
    Column("total", Integer, nullable=False),
    Column("sealed", Integer, nullable=False),
    Column("existing", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("busy_seconds", Float, nullable=False, comment="time spent working, without waiting for a restart"),
    CheckConstraint("sealed + existing + refused <= total", name="counts"),
    Index(None, "created_at", "id"),
)
Index(
    "ix_exchange_sealing_job_unfinished",
    job.c.type_code,
    job.c.created_at,
    job.c.id,
    postgresql_where=text("finished_at IS NULL"),
)
# Was anything of this type sealed?
Index("ix_exchange_sealing_job_fruitful", job.c.type_code, postgresql_where=text("sealed > 0"))

row = Table(
    "exchange_sealing_row",
    metadata,
    Column("job_id", Uuid, ForeignKey("exchange_sealing_job.id"), primary_key=True),
    Column("identifier", String(100), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("reason", String(60)),
    Column("detail", Text),
    Column("done_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('waiting', 'sealed', 'existing', 'refused')", name="state"),
    CheckConstraint("(state = 'waiting') = (done_at IS NULL)", name="done"),
    CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="reason"),
)
Index(
    "ix_exchange_sealing_row_waiting",
    row.c.job_id,
    row.c.identifier,
    postgresql_where=text("state = 'waiting'"),
)
Index(
    "ix_exchange_sealing_row_refused",
    row.c.job_id,
    row.c.identifier,
    postgresql_where=text("state = 'refused'"),
)
