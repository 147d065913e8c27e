"""A certificate says how its sealed documents stand, so that what is missing is found without reading the others."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_COMPLETE = """
UPDATE cert_certificate c SET documents = 'complete'
WHERE 2 = (SELECT count(*) FROM cert_face f WHERE f.identifier = c.identifier AND f.kind IN ('ofd', 'pdf'))
"""
_REFUSED = """
UPDATE cert_certificate SET documents = 'refused'
WHERE documents = 'missing' AND identifier IN (
    SELECT identifier FROM exchange_sealing_row WHERE state = 'refused' AND reason <> 'certificate-not-valid'
)
"""


def upgrade() -> None:
    """The column, filled from what is on file and what was refused, and what finds the rest quickly."""
    op.add_column(
        "cert_certificate",
        sa.Column(
            "documents",
            sa.Text(),
            server_default="missing",
            nullable=False,
            comment="how its sealed documents stand",
        ),
    )
    op.execute(_COMPLETE)
    op.execute(_REFUSED)
    op.create_check_constraint(
        op.f("ck_cert_certificate_documents"), "cert_certificate", "documents IN ('missing','complete','refused')"
    )
    op.create_index(
        "ix_cert_certificate_undocumented",
        "cert_certificate",
        ["type_code", "valid_until", "identifier"],
        postgresql_where=sa.text("state = 'valid' AND documents = 'missing'"),
    )
    op.create_index(
        "ix_exchange_sealing_job_unfinished",
        "exchange_sealing_job",
        ["type_code", "created_at", "id"],
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index(
        "ix_exchange_sealing_job_fruitful",
        "exchange_sealing_job",
        ["type_code"],
        postgresql_where=sa.text("sealed > 0"),
    )


def downgrade() -> None:
    """Documents stay; only what says so of their certificates goes."""
    op.drop_index("ix_exchange_sealing_job_fruitful", table_name="exchange_sealing_job")
    op.drop_index("ix_exchange_sealing_job_unfinished", table_name="exchange_sealing_job")
    op.drop_index("ix_cert_certificate_undocumented", table_name="cert_certificate")
    op.drop_constraint(op.f("ck_cert_certificate_documents"), "cert_certificate")
    op.drop_column("cert_certificate", "documents")
