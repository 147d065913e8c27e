"""The first tables of all four packages.

Long because a migration is a record of what was created, table by table; it is generated and never edited.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them.

    Long because it is generated: one call per table.
    """
    op.create_table(
        "catalog_department",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_catalog_department")),
    )
    op.create_table(
        "catalog_evidence_type",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_evidence_type")),
    )
    op.create_table(
        "catalog_requirement",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_requirement")),
    )
    op.create_table(
        "catalog_revision",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_revision")),
    )
    op.create_table(
        "catalog_resource",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["provider"], ["catalog_department.code"], name=op.f("fk_catalog_resource_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_resource")),
    )
    op.create_table(
        "catalog_service_item",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["department"], ["catalog_department.code"], name=op.f("fk_catalog_service_item_department")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_catalog_service_item")),
    )
    op.create_table(
        "catalog_grant",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consumer"], ["catalog_department.code"], name=op.f("fk_catalog_grant_consumer")),
        sa.ForeignKeyConstraint(["resource"], ["catalog_resource.id"], name=op.f("fk_catalog_grant_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_grant")),
    )
    op.create_index(op.f("ix_catalog_grant_resource_state"), "catalog_grant", ["resource", "state"], unique=False)
    op.create_table(
        "catalog_resource_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["catalog_resource.id"], name=op.f("fk_catalog_resource_version_id")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_catalog_resource_version")),
    )
    op.create_table(
        "adapter_quarantine",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("violations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "row_no", name=op.f("pk_adapter_quarantine")),
    )
    op.create_table(
        "adapter_record",
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("resource", "key", name=op.f("pk_adapter_record")),
    )
    op.create_table(
        "adapter_record_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("op", sa.String(length=1), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adapter_record_change")),
    )
    op.create_index(
        "ix_adapter_record_change_unconsumed",
        "adapter_record_change",
        ["id"],
        unique=False,
        postgresql_where=sa.text("consumed_at IS NULL"),
    )
    op.create_table(
        "adapter_record_subject",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "resource", "key", name=op.f("pk_adapter_record_subject")),
    )
    op.create_table(
        "adapter_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("manifest_digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lower_bound", sa.Text(), nullable=True),
        sa.Column("upper_bound", sa.Text(), nullable=True),
        sa.Column("position", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("read", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("stored", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("quarantined", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("withheld", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("deleted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unkeyed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("chunks", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adapter_run")),
    )
    op.create_index("ix_adapter_run_resource_started_at", "adapter_run", ["resource", "started_at"], unique=False)
    op.create_table(
        "adapter_run_key",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "key", name=op.f("pk_adapter_run_key")),
    )
    op.create_table(
        "cert_status_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reason_text", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cert_status_change")),
    )
    op.create_index(op.f("ix_cert_status_change_identifier"), "cert_status_change", ["identifier"], unique=False)
    op.create_table(
        "cert_status_list",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("next_index", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("next_index >= 0 AND next_index <= size", name=op.f("ck_cert_status_list_within_size")),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_cert_status_list")),
    )
    op.create_table(
        "cert_intent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("type_code", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record_digest", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False, comment="canonical JSON face, exactly as signed"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of payload"),
        sa.Column("holder_key", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("status_list", sa.Uuid(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("predecessor", sa.Text(), nullable=True),
        sa.Column("predecessor_state", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("outcome IN ('stored', 'abandoned')", name=op.f("ck_cert_intent_outcome")),
        sa.CheckConstraint("(outcome IS NULL) = (resolved_at IS NULL)", name=op.f("ck_cert_intent_resolved")),
        sa.ForeignKeyConstraint(["status_list"], ["cert_status_list.list_id"], name=op.f("fk_cert_intent_status_list")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cert_intent")),
        sa.UniqueConstraint("identifier", name=op.f("uq_cert_intent_identifier")),
        sa.UniqueConstraint("status_list", "status_index", name=op.f("uq_cert_intent_status_list_status_index")),
    )
    op.create_index(
        "ix_cert_intent_abandoned",
        "cert_intent",
        ["status_list"],
        unique=False,
        postgresql_where=sa.text("outcome = 'abandoned'"),
    )
    op.create_index(
        "ix_cert_intent_open", "cert_intent", ["created_at"], unique=False, postgresql_where=sa.text("outcome IS NULL")
    )
    op.create_index(
        "uq_cert_intent_version",
        "cert_intent",
        ["type_code", "resource", "key", "version"],
        unique=True,
        postgresql_where=sa.text("outcome IS DISTINCT FROM 'abandoned'"),
    )
    op.create_table(
        "cert_certificate",
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("intent_id", sa.Uuid(), nullable=False),
        sa.Column("type_code", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record_digest", sa.LargeBinary(), nullable=False),
        sa.Column("issuer_code", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("status_list", sa.Uuid(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("predecessor", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('valid','suspended','superseded','deregistered','annulled','revoked','voided','transferred')",
            name=op.f("ck_cert_certificate_state"),
        ),
        sa.ForeignKeyConstraint(["intent_id"], ["cert_intent.id"], name=op.f("fk_cert_certificate_intent_id")),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_cert_certificate")),
        sa.UniqueConstraint("intent_id", name=op.f("uq_cert_certificate_intent_id")),
        sa.UniqueConstraint("predecessor", name=op.f("uq_cert_certificate_predecessor")),
        sa.UniqueConstraint(
            "type_code", "resource", "key", "version", name=op.f("uq_cert_certificate_type_code_resource_key_version")
        ),
    )
    op.create_index(
        "ix_cert_certificate_not_valid",
        "cert_certificate",
        ["status_list", "status_index"],
        unique=False,
        postgresql_where=sa.text("state <> 'valid'"),
    )
    op.create_index("ix_cert_certificate_source", "cert_certificate", ["resource", "key"], unique=False)
    op.create_table(
        "cert_face",
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="signed bytes as released"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["identifier"], ["cert_certificate.identifier"], name=op.f("fk_cert_face_identifier")),
        sa.PrimaryKeyConstraint("identifier", "kind", name=op.f("pk_cert_face")),
    )
    op.create_table(
        "cert_holder",
        sa.Column("holder_id", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identifier"], ["cert_certificate.identifier"], name=op.f("fk_cert_holder_identifier")
        ),
        sa.PrimaryKeyConstraint("holder_id", "identifier", name=op.f("pk_cert_holder")),
    )
    op.create_table(
        "log_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "appended_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("octet_length(body) BETWEEN 1 AND 65535", name=op.f("ck_log_entry_body_length")),
        sa.CheckConstraint("octet_length(leaf_hash) = 32", name=op.f("ck_log_entry_leaf_hash_length")),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_log_entry_seq_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("seq", name=op.f("uq_log_entry_seq")),
    )
    op.create_index(
        "ix_log_entry_unsequenced",
        "log_entry",
        ["appended_at", "id"],
        unique=False,
        postgresql_where=sa.text("seq IS NULL"),
    )
    op.create_table(
        "log_head",
        sa.Column("row_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.Column("published_size", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("published_size BETWEEN -1 AND size", name=op.f("ck_log_head_published_within_size")),
        sa.CheckConstraint("row_no = 1", name=op.f("ck_log_head_one_row")),
        sa.PrimaryKeyConstraint("row_no", name=op.f("pk_log_head")),
    )
    op.create_table(
        "log_subject_key",
        sa.Column("subject_index", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(wrapped_key IS NULL) = (destroyed_at IS NOT NULL)", name=op.f("ck_log_subject_key_destroyed_or_present")
        ),
        sa.CheckConstraint("octet_length(subject_index) = 32", name=op.f("ck_log_subject_key_subject_index_length")),
        sa.PrimaryKeyConstraint("subject_index", name=op.f("pk_log_subject_key")),
    )
    op.create_table(
        "exchange_answered",
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("request_id", sa.String(length=80), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "request_id", name=op.f("pk_exchange_answered")),
    )
    op.create_index(op.f("ix_exchange_answered_expires_at"), "exchange_answered", ["expires_at"], unique=False)
    op.create_table(
        "exchange_case",
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("service_item", sa.String(length=40), nullable=False),
        sa.Column("department", sa.String(length=18), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("opened_by", sa.String(length=40), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_exchange_case")),
    )
    op.create_index(
        op.f("ix_exchange_case_department_opened_at"), "exchange_case", ["department", "opened_at"], unique=False
    )
    op.create_index(op.f("ix_exchange_case_subject"), "exchange_case", ["subject"], unique=False)
    op.create_table(
        "exchange_client",
        sa.Column("client_id", sa.String(length=60), nullable=False),
        sa.Column("department", sa.String(length=18), nullable=False),
        sa.Column("jwks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_exchange_client")),
    )
    op.create_table(
        "exchange_code_miss",
        sa.Column("officer", sa.String(length=40), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
    )
    op.create_index(
        op.f("ix_exchange_code_miss_officer_window_start"),
        "exchange_code_miss",
        ["officer", "window_start"],
        unique=True,
    )
    op.create_table(
        "exchange_jti",
        sa.Column("issuer", sa.String(length=60), nullable=False),
        sa.Column("jti_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "jti_hash", name=op.f("pk_exchange_jti")),
    )
    op.create_index(op.f("ix_exchange_jti_expires_at"), "exchange_jti", ["expires_at"], unique=False)
    op.create_table(
        "exchange_key",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=18), nullable=False),
        sa.Column("alg", sa.String(length=10), nullable=False),
        sa.Column("uri", sa.String(length=400), nullable=False),
        sa.Column("jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_exchange_key")),
    )
    op.create_index(op.f("ix_exchange_key_role_owner"), "exchange_key", ["role", "owner"], unique=False)
    op.create_table(
        "exchange_login_failure",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_exchange_login_failure")),
    )
    op.create_table(
        "exchange_officer",
        sa.Column("department", sa.String(length=18), nullable=False),
        sa.Column("officer", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("department", "officer", name=op.f("pk_exchange_officer")),
    )
    op.create_table(
        "exchange_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("department", sa.String(length=18), nullable=True),
        sa.Column("officer", sa.String(length=40), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_person")),
        sa.UniqueConstraint("username", name=op.f("uq_exchange_person_username")),
    )
    op.create_table(
        "exchange_presentation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("certificates", postgresql.ARRAY(sa.String(length=120)), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("department", sa.String(length=18), nullable=True),
        sa.Column("officer", sa.String(length=40), nullable=True),
        sa.Column("case_number", sa.String(length=40), nullable=True),
        sa.Column("service_item", sa.String(length=40), nullable=True),
        sa.Column("requested", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_presentation")),
    )
    op.create_index(
        op.f("ix_exchange_presentation_subject_offered_at"),
        "exchange_presentation",
        ["subject", "offered_at"],
        unique=False,
    )
    op.create_index(
        "uq_exchange_presentation_live_code",
        "exchange_presentation",
        ["code_hash"],
        unique=True,
        postgresql_where=sa.text("state = 'shown'"),
    )
    op.create_table(
        "exchange_session",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_exchange_session")),
    )
    op.create_index(op.f("ix_exchange_session_expires_at"), "exchange_session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_exchange_session_person_id"), "exchange_session", ["person_id"], unique=False)
    op.create_table(
        "exchange_use",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("use", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("department", sa.String(length=18), nullable=False),
        sa.Column("officer", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("case_number", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=120), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.String(length=60)), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_exchange_use")),
    )
    op.create_index(
        op.f("ix_exchange_use_department_officer_at"), "exchange_use", ["department", "officer", "at"], unique=False
    )
    op.create_index(op.f("ix_exchange_use_subject_at"), "exchange_use", ["subject", "at"], unique=False)
    op.create_table(
        "exchange_case_subject",
        sa.Column("case_number", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_number"],
            ["exchange_case.number"],
        ),
        sa.PrimaryKeyConstraint("case_number", "role", name=op.f("pk_exchange_case_subject")),
    )
    op.create_index(op.f("ix_exchange_case_subject_subject"), "exchange_case_subject", ["subject"], unique=False)
    op.create_table(
        "exchange_demand",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.String(length=40), nullable=False),
        sa.Column("department", sa.String(length=18), nullable=False),
        sa.Column("evidence_type", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_number"],
            ["exchange_case.number"],
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_demand")),
    )
    op.create_index(
        op.f("ix_exchange_demand_department_outcome"), "exchange_demand", ["department", "outcome"], unique=False
    )
    op.create_table(
        "exchange_material",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("evidence_type", sa.String(length=60), nullable=False),
        sa.Column("case_number", sa.String(length=40), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("blob", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("trust_level", sa.String(length=1), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by", sa.String(length=40), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_number"],
            ["exchange_case.number"],
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_material")),
    )
    op.create_index(op.f("ix_exchange_material_case_number"), "exchange_material", ["case_number"], unique=False)
    op.create_index(
        op.f("ix_exchange_material_subject_evidence_type"),
        "exchange_material",
        ["subject", "evidence_type"],
        unique=False,
    )


def downgrade() -> None:
    """Drop them.

    Long because it is generated: one call per table.
    """
    op.drop_index(op.f("ix_exchange_material_subject_evidence_type"), table_name="exchange_material")
    op.drop_index(op.f("ix_exchange_material_case_number"), table_name="exchange_material")
    op.drop_table("exchange_material")
    op.drop_index(op.f("ix_exchange_demand_department_outcome"), table_name="exchange_demand")
    op.drop_table("exchange_demand")
    op.drop_index(op.f("ix_exchange_case_subject_subject"), table_name="exchange_case_subject")
    op.drop_table("exchange_case_subject")
    op.drop_index(op.f("ix_exchange_use_subject_at"), table_name="exchange_use")
    op.drop_index(op.f("ix_exchange_use_department_officer_at"), table_name="exchange_use")
    op.drop_table("exchange_use")
    op.drop_index(op.f("ix_exchange_session_person_id"), table_name="exchange_session")
    op.drop_index(op.f("ix_exchange_session_expires_at"), table_name="exchange_session")
    op.drop_table("exchange_session")
    op.drop_index(
        "uq_exchange_presentation_live_code",
        table_name="exchange_presentation",
        postgresql_where=sa.text("state = 'shown'"),
    )
    op.drop_index(op.f("ix_exchange_presentation_subject_offered_at"), table_name="exchange_presentation")
    op.drop_table("exchange_presentation")
    op.drop_table("exchange_person")
    op.drop_table("exchange_officer")
    op.drop_table("exchange_login_failure")
    op.drop_index(op.f("ix_exchange_key_role_owner"), table_name="exchange_key")
    op.drop_table("exchange_key")
    op.drop_index(op.f("ix_exchange_jti_expires_at"), table_name="exchange_jti")
    op.drop_table("exchange_jti")
    op.drop_index(op.f("ix_exchange_code_miss_officer_window_start"), table_name="exchange_code_miss")
    op.drop_table("exchange_code_miss")
    op.drop_table("exchange_client")
    op.drop_index(op.f("ix_exchange_case_subject"), table_name="exchange_case")
    op.drop_index(op.f("ix_exchange_case_department_opened_at"), table_name="exchange_case")
    op.drop_table("exchange_case")
    op.drop_index(op.f("ix_exchange_answered_expires_at"), table_name="exchange_answered")
    op.drop_table("exchange_answered")
    op.drop_table("log_subject_key")
    op.drop_table("log_head")
    op.drop_index("ix_log_entry_unsequenced", table_name="log_entry", postgresql_where=sa.text("seq IS NULL"))
    op.drop_table("log_entry")
    op.drop_table("cert_holder")
    op.drop_table("cert_face")
    op.drop_index("ix_cert_certificate_source", table_name="cert_certificate")
    op.drop_index(
        "ix_cert_certificate_not_valid", table_name="cert_certificate", postgresql_where=sa.text("state <> 'valid'")
    )
    op.drop_table("cert_certificate")
    op.drop_index(
        "uq_cert_intent_version",
        table_name="cert_intent",
        postgresql_where=sa.text("outcome IS DISTINCT FROM 'abandoned'"),
    )
    op.drop_index("ix_cert_intent_open", table_name="cert_intent", postgresql_where=sa.text("outcome IS NULL"))
    op.drop_index(
        "ix_cert_intent_abandoned", table_name="cert_intent", postgresql_where=sa.text("outcome = 'abandoned'")
    )
    op.drop_table("cert_intent")
    op.drop_table("cert_status_list")
    op.drop_index(op.f("ix_cert_status_change_identifier"), table_name="cert_status_change")
    op.drop_table("cert_status_change")
    op.drop_table("adapter_run_key")
    op.drop_index("ix_adapter_run_resource_started_at", table_name="adapter_run")
    op.drop_table("adapter_run")
    op.drop_table("adapter_record_subject")
    op.drop_index(
        "ix_adapter_record_change_unconsumed",
        table_name="adapter_record_change",
        postgresql_where=sa.text("consumed_at IS NULL"),
    )
    op.drop_table("adapter_record_change")
    op.drop_table("adapter_record")
    op.drop_table("adapter_quarantine")
    op.drop_table("catalog_resource_version")
    op.drop_index(op.f("ix_catalog_grant_resource_state"), table_name="catalog_grant")
    op.drop_table("catalog_grant")
    op.drop_table("catalog_service_item")
    op.drop_table("catalog_resource")
    op.drop_table("catalog_revision")
    op.drop_table("catalog_requirement")
    op.drop_table("catalog_evidence_type")
    op.drop_table("catalog_department")
