"""Log-ins of people: lock-out, idle and absolute ends, and what is stored."""

import asyncio
from collections import Counter

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from exchange.errors import LoginLockedError, LoginRefusedError, RegistrationRefusedError
from exchange.model import Principal, Role
from exchange.service.sessions import decoy
from tests.exchange.rig import CITIZEN, NR, OFFICER, Rig, jwk_of

PASSWORD = "correct-horse-battery"
PERSON = Principal(Role.APPLICANT, "王春华", subject=CITIZEN)


@pytest.fixture
async def known(rig: Rig) -> Rig:
    await rig.access.register_person("wang", PASSWORD, PERSON)
    await rig.access.register_person("clerk", PASSWORD, Principal(Role.CLERK, "x", department=NR, officer=OFFICER))
    return rig


async def test_a_session_idles_out_and_ends_for_good(known: Rig) -> None:
    principal, token = await known.access.login("wang", PASSWORD, address="a")
    assert principal == PERSON
    for _ in range(23):
        known.clock.forward(minutes=29)
        assert await known.access.session(token) == PERSON
    known.clock.forward(minutes=29)
    known.clock.forward(minutes=29)
    assert await known.access.session(token) is None
    _, token = await known.access.login("wang", PASSWORD, address="a")
    for _ in range(26):
        known.clock.forward(minutes=28)
        alive = await known.access.session(token)
    assert alive is None  # twelve hours, however busy
    _, token = await known.access.login("wang", PASSWORD, address="a")
    await known.access.logout(token)
    assert await known.access.session(token) is None


async def test_neither_password_nor_token_is_stored(known: Rig) -> None:
    _, token = await known.access.login("wang", PASSWORD, address="a")
    hashed = await known.scalar("SELECT password_hash FROM exchange_person WHERE username = 'wang'")
    assert hashed.startswith("$argon2id$")
    stored = bytes(await known.scalar("SELECT token_hash FROM exchange_session"))
    assert token.encode() not in stored
    assert len(stored) == 32


def test_trying_an_unknown_name_costs_as_much_as_a_known_one() -> None:
    hasher = PasswordHasher(time_cost=2, memory_cost=64, parallelism=2)
    drawn = decoy(hasher)
    assert not hasher.check_needs_rehash(drawn)  # the same work
    assert drawn != decoy(hasher)
    with pytest.raises(VerifyMismatchError):  # all of it is done: it is not refused for its form
        hasher.verify(drawn, PASSWORD)


async def test_the_fifth_failure_locks_the_account_even_for_the_right_password(known: Rig) -> None:
    for _ in range(5):
        with pytest.raises(LoginRefusedError):
            await known.access.login("wang", "wrong", address="a")
    with pytest.raises(LoginLockedError) as caught:
        await known.access.login("wang", PASSWORD, address="b")
    assert 0 < caught.value.retry_after <= 901
    assert (await known.access.login("clerk", PASSWORD, address="a"))[0].officer == OFFICER
    known.clock.forward(minutes=15, seconds=1)
    assert await known.access.login("wang", PASSWORD, address="b")


async def test_of_guesses_sent_at_once_no_more_are_tried_than_one_after_another(known: Rig) -> None:
    guesses = [known.access.login("wang", f"wrong {number}", address=f"a{number}") for number in range(20)]
    ends = await asyncio.gather(*guesses, return_exceptions=True)
    assert Counter(type(end) for end in ends) == {LoginRefusedError: 5, LoginLockedError: 15}
    with pytest.raises(LoginLockedError):
        await known.access.login("wang", PASSWORD, address="b")


async def test_a_good_log_in_clears_the_account_and_never_the_address(known: Rig) -> None:
    for _ in range(4):
        with pytest.raises(LoginRefusedError):
            await known.access.login("wang", "wrong", address="a")
    await known.access.login("wang", PASSWORD, address="a")
    assert await known.scalar("SELECT failures FROM exchange_login_failure WHERE key = 'address:a'") == 4
    assert await known.scalar("SELECT count(*) FROM exchange_login_failure WHERE key = 'account:wang'") == 0


async def test_an_address_that_tries_many_names_is_locked(known: Rig) -> None:
    await known.run("INSERT INTO exchange_login_failure VALUES ('address:a', 49, :now, NULL)", now=known.clock())
    with pytest.raises(LoginRefusedError):
        await known.access.login("nobody", "wrong", address="a")
    with pytest.raises(LoginLockedError):
        await known.access.login("wang", PASSWORD, address="a")
    assert await known.access.login("wang", PASSWORD, address="b")


async def test_failures_far_apart_do_not_add_up(known: Rig) -> None:
    for _ in range(8):
        with pytest.raises(LoginRefusedError):
            await known.access.login("wang", "wrong", address="a")
        known.clock.forward(minutes=16)


async def test_failed_and_good_log_ins_are_events(known: Rig) -> None:
    before = await known.scalar("SELECT count(*) FROM log_entry")
    with pytest.raises(LoginRefusedError):
        await known.access.login("nobody", "wrong", address="a")
    await known.access.login("wang", PASSWORD, address="a")
    bodies = await known.scalar("SELECT string_agg(convert_from(body, 'UTF8'), '') FROM log_entry")
    assert await known.scalar("SELECT count(*) FROM log_entry") == before + 2
    assert "access:login-failed" in bodies
    assert "nobody" not in bodies
    assert CITIZEN not in bodies


async def test_a_stopped_officers_sessions_end(known: Rig) -> None:
    _, token = await known.access.login("clerk", PASSWORD, address="a")
    await known.access.deactivate_officer(NR, OFFICER)
    assert await known.access.session(token) is None
    with pytest.raises(LoginRefusedError):
        await known.access.login("clerk", PASSWORD, address="a")


async def test_bad_registrations_are_refused(known: Rig) -> None:
    with pytest.raises(RegistrationRefusedError):
        await known.access.register_person("wang", PASSWORD, PERSON)
    with pytest.raises(RegistrationRefusedError):
        await known.access.register_person("li", "short", PERSON)
    with pytest.raises(RegistrationRefusedError):
        await known.access.register_person("li", PASSWORD, Principal(Role.CLERK, "x"))
    private = {**jwk_of(known.key), "d": "AAAA"}
    for keys in ([], [private], [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}], [jwk_of(known.key)] * 9, ["x"], None):
        with pytest.raises(RegistrationRefusedError):
            await known.access.register_client("c", department=NR, jwks={"keys": keys})
