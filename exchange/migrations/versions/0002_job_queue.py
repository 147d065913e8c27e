"""The tables and functions of the job queue (Procrastinate), as its own release defines them."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # By the driver itself: the script is many statements, and its colons and percent signs are not parameters.
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())


def downgrade() -> None:
    names = op.get_bind().exec_driver_sql(
        "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE tablename LIKE 'procrastinate_%%'"
    )
    op.execute(f"DROP TABLE {names.scalar_one()} CASCADE")
