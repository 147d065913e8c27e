"""Logs of a process hold no rows, no numbers of people and nothing that moves a terminal's cursor."""

import logging
from traceback import format_exception

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from exchange.logs import Discreet
from exchange.wiring import engine_for

CITIZEN = "33990019880315002X"
NAME = "张䶮"


def written(message: str, error: BaseException | None = None) -> str:
    info = None if error is None else (type(error), error, error.__traceback__)
    return Discreet("%(message)s").format(logging.LogRecord("x", logging.ERROR, "x.py", 1, message, (), info))


async def refused(engine: AsyncEngine) -> DBAPIError:
    async with engine.begin() as conn:
        await conn.execute(text("CREATE TABLE person (id text PRIMARY KEY, name text NOT NULL, kind text)"))
        await conn.execute(text("INSERT INTO person VALUES (:id, :name, '')"), {"id": CITIZEN, "name": NAME})
    with pytest.raises(DBAPIError) as caught:
        async with engine.begin() as conn:
            await conn.execute(text("INSERT INTO person VALUES (:id, :name, '')"), {"id": CITIZEN, "name": NAME})
    return caught.value


async def test_a_refused_row_is_not_repeated(database_url: str) -> None:
    engine = engine_for(database_url)
    error = await refused(engine)
    await engine.dispose()
    assert NAME not in str(error), "parameters stay out of the error itself"
    assert CITIZEN in "".join(format_exception(error)), "the server repeats the key it refused"
    lines = written("request failed", error)
    assert "UniqueViolation" in lines
    assert CITIZEN not in lines
    assert NAME not in lines


def test_the_row_a_server_repeats_is_left_out() -> None:
    error = ValueError(f'null value in column "kind"\nDETAIL:  Failing row contains ({NAME}, null).')
    lines = written("failed", error)
    assert 'null value in column "kind"' in lines
    assert NAME not in lines


@pytest.mark.parametrize("number", [CITIZEN, "339900198803150028", "91339900MA9000118C"])
def test_numbers_of_people_and_firms_are_masked(number: str) -> None:
    assert written(f"no record of {number}.") == f"no record of {number[:6]}************."


@pytest.mark.parametrize(
    "kept", ["trace=0123456789abcdef0123456789abcdef", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "11339900MB9000015P"]
)
def test_what_names_nobody_stays(kept: str) -> None:
    assert written(kept) == kept


def test_no_character_moves_the_cursor_or_turns_the_line() -> None:
    assert written("a\rb\x1b[2Jc\u202ed\x00") == "a\\rb\\x1b[2Jc\\u202ed\\x00"
