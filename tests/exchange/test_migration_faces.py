"""Faces that were on file before the column came get the key their own header names."""

from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from certs.crypto.alg import Alg
from certs.crypto.jws import sign_jws
from certs.crypto.keys import ephemeral_key
from exchange import migrate


def test_faces_on_file_get_the_key_that_signed_them(database_url: str) -> None:
    keys = [ephemeral_key(Alg.ES256), ephemeral_key(Alg.ED25519)]
    engine = create_engine(migrate.psycopg_address(database_url), poolclass=NullPool)
    with engine.begin() as conn:
        command.upgrade(migrate._config(conn), "0004")
        conn.execute(text("SET LOCAL session_replication_role = replica"))  # no certificates needed for this
        for number, key in enumerate(keys):
            for kind, body in (
                ("json", sign_jws(b"{}", key, "x")),
                ("sd-jwt", sign_jws(b"{}", key, "longer") + "~abc~"),
            ):
                row = {"i": str(number), "k": kind, "b": body.encode()}
                conn.execute(text("INSERT INTO cert_face VALUES (:i, :k, :b, now())"), row)
    with engine.begin() as conn:
        command.upgrade(migrate._config(conn), "0005")
        found = conn.execute(text("SELECT identifier, kid FROM cert_face")).all()
        assert sorted(found) == sorted((str(n), key.kid) for n, key in enumerate(keys) for _ in range(2))
        command.downgrade(migrate._config(conn), "0004")
    engine.dispose()
