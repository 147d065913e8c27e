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


_OBJECTS = """
SELECT string_agg(statement, '; ') FROM (
    SELECT 'DROP TABLE IF EXISTS ' || oid::regclass || ' CASCADE' AS statement FROM pg_class
    WHERE relkind = 'r' AND left(relname, 14) = 'procrastinate_'
    UNION ALL
    SELECT 'DROP FUNCTION IF EXISTS ' || oid::regprocedure || ' CASCADE' FROM pg_proc WHERE left(proname, 14) = 'procrastinate_'
    UNION ALL
    SELECT 'DROP TYPE IF EXISTS ' || t.oid::regtype || ' CASCADE' FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE left(t.typname, 14) = 'procrastinate_' AND (t.typtype = 'e' OR c.relkind = 'c')
) AS every
"""


def downgrade() -> None:
    op.execute(op.get_bind().exec_driver_sql(_OBJECTS).scalar_one())
