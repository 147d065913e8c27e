"""公安局: the household register in PostgreSQL, its columns named in pinyin abbreviations.

Quirks: sex, ethnicity and relation are codes, dates are eight digits, some names carry padding blanks.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from exchange.demo.changes import Change
from exchange.demo.ids import with_wrong_check
from exchange.demo.words import ETHNICITIES
from exchange.demo.world import Defect, Person, Resource, World

DATABASE: Final = "yzt_demo_psb"

SEX: Final = {"男": "1", "女": "2"}
"""GB/T 2261.1."""

RELATION: Final = {"户主": "02", "配偶": "10", "子": "20", "女": "30", "父亲": "51", "母亲": "52"}
"""GB/T 4761."""

_COLUMNS: Final = ("gmsfhm", "xm", "xb", "mz", "csrq", "zz", "hh", "yhzgx", "djrq", "gxsj")
_TABLE: Final = """
CREATE TABLE ry_jbxx (
    gmsfhm varchar(18) PRIMARY KEY,
    xm varchar(50),
    xb char(1),
    mz char(2),
    csrq char(8),
    zz varchar(200),
    hh varchar(20),
    yhzgx char(2),
    djrq char(8),
    gxsj timestamptz NOT NULL
);
CREATE INDEX ry_jbxx_gxsj ON ry_jbxx (gxsj);
COMMENT ON TABLE ry_jbxx IS '人员基本信息';
"""
_PADDED_EVERY: Final = 25


def row_of(person: Person, changed_at: datetime, defect: Defect | None = None) -> dict[str, str | datetime | None]:
    """The row the register keeps for one resident; `defect` spoils it the way a clerk or an import would."""
    row: dict[str, str | datetime | None] = {
        "gmsfhm": person.citizen_id,
        "xm": person.name,
        "xb": SEX[person.sex],
        "mz": ETHNICITIES[person.ethnicity],
        "csrq": f"{person.birth_date:%Y%m%d}",
        "zz": person.address,
        "hh": person.household_no,
        "yhzgx": RELATION[person.relation],
        "djrq": f"{person.registered_on:%Y%m%d}",
        "gxsj": changed_at,
    }
    if defect is Defect.CHECK_DIGIT:
        row["gmsfhm"] = with_wrong_check(person.citizen_id)
    elif defect is Defect.DATE:
        row["csrq"] = "19900231"
    elif defect is Defect.BLANK_NAME:
        row["xm"] = "  "
    return row


def _first_written(person: Person) -> datetime:
    return datetime.combine(person.registered_on, time(9), tzinfo=UTC)


class PublicSecurity:
    """The register's database on a PostgreSQL server; `server_url` and `url` are libpq or SQLAlchemy addresses."""

    def __init__(self, server_url: str, database: str = DATABASE) -> None:
        server = make_url(server_url).set(drivername="postgresql")
        self._server = server.render_as_string(hide_password=False)
        self._database = database
        self.url = server.set(database=database).render_as_string(hide_password=False)

    def create(self, world: World) -> None:
        """Make the database anew and fill it with every resident and the planted bad rows."""
        self.drop()
        with psycopg.connect(self._server, autocommit=True) as conn:
            name = sql.Identifier(self._database)
            conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(name))
        rows = [row_of(person, _first_written(person)) for person in world.people]
        for padded in rows[::_PADDED_EVERY]:
            padded["xm"] = f"{padded['xm']}  "
        rows.extend(
            row_of(item.record, _first_written(item.record), item.defect)
            for item in world.bad(Resource.HOUSEHOLD)
            if isinstance(item.record, Person)
        )
        with psycopg.connect(self.url) as conn:
            conn.execute(_TABLE)
            copying = sql.SQL("COPY ry_jbxx ({}) FROM STDIN").format(sql.SQL(", ").join(map(sql.Identifier, _COLUMNS)))
            with conn.cursor().copy(copying) as copy:
                for row in rows:
                    copy.write_row([row[column] for column in _COLUMNS])

    def apply(self, changes: Sequence[Change], at: datetime) -> None:
        """Write the changes that concern residents; `at` becomes their time of change (`gxsj`)."""
        updates = sql.SQL(", ").join(sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(c)) for c in _COLUMNS[1:])
        upsert = sql.SQL("INSERT INTO ry_jbxx ({}) VALUES ({}) ON CONFLICT (gmsfhm) DO UPDATE SET {}").format(
            sql.SQL(", ").join(map(sql.Identifier, _COLUMNS)),
            sql.SQL(", ").join(map(sql.Placeholder, _COLUMNS)),
            updates,
        )
        rows = [row_of(change.after, at) for change in changes if isinstance(change.after, Person)]
        with psycopg.connect(self.url) as conn:
            conn.cursor().executemany(upsert, rows)

    def drop(self) -> None:
        """Remove the database, if it exists, with whoever is connected to it."""
        with psycopg.connect(self._server, autocommit=True) as conn:
            name = sql.Identifier(self._database)
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def count(self) -> int:
        """Rows in the register, bad ones included."""
        with psycopg.connect(self.url) as conn:
            row = conn.execute("SELECT count(*) FROM ry_jbxx").fetchone()
        return int(row[0]) if row else 0
