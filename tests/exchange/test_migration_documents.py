"""Certificates on file before the column came say how their documents stand."""

from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from exchange import migrate

_CERTIFICATE = """
INSERT INTO cert_certificate VALUES
    (:i, gen_random_uuid(), 't', 'r', :i, 1, '', 'x', now(), NULL, 'valid', gen_random_uuid(), 1, NULL)
"""
_FACE = "INSERT INTO cert_face VALUES (:i, :k, '', now(), 'K1')"
_ROW = "INSERT INTO exchange_sealing_row VALUES (gen_random_uuid(), :i, :s, :r, NULL, now())"
_FACES = {"sealed": ("json", "ofd", "pdf"), "half": ("json", "ofd"), "tried": ("json", "ofd", "pdf")}
_ROWS = [
    ("overflow", "refused", "layout-overflow"),
    ("suspended", "refused", "certificate-not-valid"),
    ("tried", "refused", "layout-overflow"),
    ("sealed", "sealed", None),
]


def test_they_are_filled_from_what_is_on_file_and_what_was_refused(database_url: str) -> None:
    engine = create_engine(migrate.psycopg_address(database_url), poolclass=NullPool)
    with engine.begin() as conn:
        command.upgrade(migrate._config(conn), "0012")
        conn.execute(text("SET LOCAL session_replication_role = replica"))  # no intents and jobs needed for this
        for name in ("sealed", "half", "tried", "overflow", "suspended"):
            conn.execute(text(_CERTIFICATE), {"i": name})
            for kind in _FACES.get(name, ("json",)):
                conn.execute(text(_FACE), {"i": name, "k": kind})
        for name, state, reason in _ROWS:
            conn.execute(text(_ROW), {"i": name, "s": state, "r": reason})
    with engine.begin() as conn:
        command.upgrade(migrate._config(conn), "0013")
        rows = conn.execute(text("SELECT identifier, documents FROM cert_certificate")).all()
        command.downgrade(migrate._config(conn), "0012")
    engine.dispose()
    assert {row.identifier: row.documents for row in rows} == {
        "sealed": "complete",
        "half": "missing",
        "tried": "complete",
        "overflow": "refused",
        "suspended": "missing",
    }
