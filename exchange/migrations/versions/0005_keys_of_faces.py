"""A face on file names the key that signed it, so that what a key signed is one question."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Until now faces were JWS and SD-JWT alone; both begin with a protected header that names the key.
_HEADER = "translate(split_part(convert_from(body, 'UTF8'), '.', 1), '-_', '+/')"
_PADDED = f"rpad({_HEADER}, (length({_HEADER}) + 3) / 4 * 4, '=')"
_KID = f"convert_from(decode({_PADDED}, 'base64'), 'UTF8')::jsonb ->> 'kid'"


def upgrade() -> None:
    """The column, filled from what was signed, and its index."""
    op.add_column(
        "cert_face", sa.Column("kid", sa.Text(), nullable=True, comment="thumbprint of the key that signed it")
    )
    op.execute(f"UPDATE cert_face SET kid = {_KID}")  # noqa: S608 - constants of this file
    op.alter_column("cert_face", "kid", existing_type=sa.Text(), nullable=False)
    op.create_index(op.f("ix_cert_face_kid_made_at"), "cert_face", ["kid", "made_at"])


def downgrade() -> None:
    """Sealed faces stay; only the column goes."""
    op.drop_index(op.f("ix_cert_face_kid_made_at"), table_name="cert_face")
    op.drop_column("cert_face", "kid")
