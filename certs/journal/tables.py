"""Tables of the evidence log. PostgreSQL is the authority; tiles are derived from it."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Entries are inserted without a place (`seq` null) by the business transaction; one leader gives the places later.
log_entry = Table(
    "log_entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    # the database's own clock, so that an entry's stated time can be compared with a second one
    Column("appended_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("seq", BigInteger, unique=True),
    CheckConstraint("octet_length(leaf_hash) = 32", name="leaf_hash_length"),
    CheckConstraint("octet_length(body) BETWEEN 1 AND 65535", name="body_length"),
    CheckConstraint("seq >= 0", name="seq_not_negative"),
)

# Small however long the log is: only rows that still wait.
Index(
    "ix_log_entry_unsequenced",
    log_entry.c.appended_at,
    log_entry.c.id,
    postgresql_where=text("seq IS NULL"),
)

# One row. `checkpoint` is the signed note for `size`; `published_size` is what the tiles show to outsiders.
log_head = Table(
    "log_head",
    metadata,
    Column("row_no", BigInteger, primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("checkpoint", Text, nullable=False),
    Column("published_size", BigInteger, nullable=False),
    CheckConstraint("row_no = 1", name="one_row"),
    CheckConstraint("published_size BETWEEN -1 AND size", name="published_within_size"),
)

# Destroying `wrapped_key` erases the person from the log for ever; hashes and proofs stay.
log_subject_key = Table(
    "log_subject_key",
    metadata,
    Column("subject_index", LargeBinary, primary_key=True),
    Column("wrapped_key", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("destroyed_at", DateTime(timezone=True)),
    CheckConstraint("octet_length(subject_index) = 32", name="subject_index_length"),
    CheckConstraint("(wrapped_key IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed_or_present"),
)
