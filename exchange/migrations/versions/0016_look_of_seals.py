"""How a seal's picture looks in a PDF, so that a verifier can tell whose it is."""

import sqlalchemy as sa
from alembic import op

from certs.pdf.signing_picture import picture_digest
from certs.seals.signature import read_v4

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_SEAL = sa.table("seal_seal", sa.column("es_id"), sa.column("der"), sa.column("drawn"))


def upgrade() -> None:
    """A digest for every seal, also those on file."""
    about = "SHA-256 of its picture as PDFs draw it, null if they cannot"
    op.add_column("seal_seal", sa.Column("drawn", sa.LargeBinary(), nullable=True, comment=about))
    connection = op.get_bind()
    for es_id, content in connection.execute(sa.select(_SEAL.c.es_id, _SEAL.c.der)).all():
        drawn = picture_digest(read_v4(bytes(content)).info.picture)
        connection.execute(_SEAL.update().where(_SEAL.c.es_id == es_id).values(drawn=drawn))


def downgrade() -> None:
    """Without it the picture in a PDF is compared with nothing."""
    op.drop_column("seal_seal", "drawn")
