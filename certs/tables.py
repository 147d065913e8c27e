"""Tables of the certificate hub. `certs.repo` writes them, and `certs.repo_documents` one column of them;
`certs.repo_listing` reads beside them.

An intent is written before anything is signed and stays for good: its identifier and status index are never reused.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_INSTANT = sa.DateTime(timezone=True)

status_list = sa.Table(
    "cert_status_list",
    metadata,
    sa.Column("list_id", sa.Uuid, primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("next_index", sa.Integer, nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.CheckConstraint("next_index >= 0 AND next_index <= size", name="within_size"),
)

intent = sa.Table(
    "cert_intent",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("identifier", sa.Text, nullable=False, unique=True),
    sa.Column("type_code", sa.Text, nullable=False),
    sa.Column("resource", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("record_digest", sa.LargeBinary, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False, comment="canonical JSON face, exactly as signed"),
    sa.Column("digest", sa.LargeBinary, nullable=False, comment="SHA-256 of payload"),
    sa.Column("holder_key", JSONB(none_as_null=True)),
    sa.Column("status_list", sa.Uuid, sa.ForeignKey("cert_status_list.list_id"), nullable=False),
    sa.Column("status_index", sa.Integer, nullable=False),
    sa.Column("predecessor", sa.Text),
    sa.Column("predecessor_state", sa.Text),
    sa.Column("predecessor_reason", sa.Text, comment="why the version before ends; null: source-changed"),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("resolved_at", _INSTANT),
    sa.Column("outcome", sa.Text),
    sa.UniqueConstraint("status_list", "status_index"),
    sa.CheckConstraint("outcome IN ('stored', 'abandoned')", name="outcome"),
    sa.CheckConstraint("(outcome IS NULL) = (resolved_at IS NULL)", name="resolved"),
)
# Two issuances of one version exclude each other from the intent on; an abandoned one makes room.
sa.Index(
    "uq_cert_intent_version",
    intent.c.type_code,
    intent.c.resource,
    intent.c.key,
    intent.c.version,
    unique=True,
    postgresql_where=sa.text("outcome IS DISTINCT FROM 'abandoned'"),
)
sa.Index("ix_cert_intent_open", intent.c.created_at, postgresql_where=sa.text("outcome IS NULL"))
sa.Index("ix_cert_intent_abandoned", intent.c.status_list, postgresql_where=sa.text("outcome = 'abandoned'"))

certificate = sa.Table(
    "cert_certificate",
    metadata,
    sa.Column("identifier", sa.Text, primary_key=True),
    sa.Column("intent_id", sa.Uuid, sa.ForeignKey("cert_intent.id"), nullable=False, unique=True),
    sa.Column("type_code", sa.Text, nullable=False),
    sa.Column("resource", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("record_digest", sa.LargeBinary, nullable=False),
    sa.Column("issuer_code", sa.Text, nullable=False),
    sa.Column("issued_at", _INSTANT, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("status_list", sa.Uuid, nullable=False),
    sa.Column("status_index", sa.Integer, nullable=False),
    sa.Column("predecessor", sa.Text, unique=True),
    sa.Column("documents", sa.Text, nullable=False, server_default="missing", comment="how its sealed documents stand"),
    sa.UniqueConstraint("type_code", "resource", "key", "version"),
    sa.CheckConstraint("documents IN ('missing','complete','refused')", name="documents"),
    sa.CheckConstraint(
        "state IN ('valid','suspended','superseded','deregistered','annulled','revoked','voided','transferred')",
        name="state",
    ),
)
sa.Index("ix_cert_certificate_source", certificate.c.resource, certificate.c.key)
sa.Index(
    "ix_cert_certificate_not_valid",
    certificate.c.status_list,
    certificate.c.status_index,
    postgresql_where=sa.text("state <> 'valid'"),
)
# What is to be sealed? It holds the certificates without documents and no others.
sa.Index(
    "ix_cert_certificate_undocumented",
    certificate.c.type_code,
    certificate.c.valid_until,
    certificate.c.identifier,
    postgresql_where=sa.text("state = 'valid' AND documents = 'missing'"),
)

holder = sa.Table(
    "cert_holder",
    metadata,
    sa.Column("holder_id", sa.Text, primary_key=True),
    sa.Column("identifier", sa.Text, sa.ForeignKey("cert_certificate.identifier"), primary_key=True),
)

face = sa.Table(
    "cert_face",
    metadata,
    sa.Column("identifier", sa.Text, sa.ForeignKey("cert_certificate.identifier"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False, comment="signed bytes as released"),
    sa.Column("kid", sa.Text, nullable=False, comment="thumbprint of the key that signed it"),
    sa.Column("made_at", _INSTANT, nullable=False),
)
# What did key K sign between t1 and t2?
sa.Index("ix_cert_face_kid_made_at", face.c.kid, face.c.made_at)

# No foreign key to the certificate: a decision may arrive before the certificate does, and must then win.
status_change = sa.Table(
    "cert_status_change",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("identifier", sa.Text, nullable=False, index=True),
    sa.Column("from_state", sa.Text, nullable=False),
    sa.Column("to_state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("reason_text", sa.Text, nullable=False),
    sa.Column("authority", sa.Text, nullable=False),
    sa.Column("effective_at", _INSTANT, nullable=False),
    sa.Column("recorded_at", _INSTANT, nullable=False),
    sa.Column("event_id", sa.Uuid, nullable=False),
)
