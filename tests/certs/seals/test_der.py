from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.seals import der
from certs.seals.errors import DerMalformed


@pytest.mark.parametrize(
    "data",
    [
        "",  # nothing
        "02",  # no length
        "0201",  # cut off
        "020100ff",  # trailing byte
        "02810101",  # long form of a short length
        "0282000101",  # padded length
        "0280010000",  # indefinite
        "3080020101000000"[:-2],  # indefinite sequence
        "1f0100",  # tag of several bytes
        "0285000000000100",  # absurd length
    ],
)
def test_other_spellings_of_a_value_are_refused(data: str) -> None:
    with pytest.raises(DerMalformed):
        der.read(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("data", "reader"),
    [
        ("0200", der.read_integer),
        ("02020001", der.read_integer),
        ("0202ffff", der.read_integer),
        ("010101", der.read_boolean),
        ("0101fe", der.read_boolean),
        ("0300", der.read_bits),
        ("03020780", der.read_bits),
        ("0600", der.read_oid),
        ("060180", der.read_oid),
        ("0603808001", der.read_oid),
    ],
)
def test_values_not_in_their_one_form_are_refused(data: str, reader: object) -> None:
    with pytest.raises(DerMalformed):
        reader(der.read(bytes.fromhex(data)))  # type: ignore[operator]  # a table of readers


@pytest.mark.parametrize(
    "text", ["20261122020000", "20261122020000+0800", "20261122020000.0Z", "20261122020000.10Z", "20261322020000Z", "٢"]
)
def test_times_other_than_utc_in_shortest_form_are_refused(text: str) -> None:
    with pytest.raises(DerMalformed):
        der.read_time(der.read(der.write(der.GENERALIZED_TIME, text.encode())))


def test_a_time_is_read_in_utc() -> None:
    at = datetime(2026, 11, 22, 2, 0, 5, 250000, tzinfo=UTC)
    assert der.read_time(der.read(der.write(der.GENERALIZED_TIME, b"20261122020005.25Z"))) == at
    assert der.write_time(at)[2:] == b"20261122020005Z"


def test_published_encodings() -> None:
    """SM2-with-SM3 as OpenSSL writes it; integers of X.690 §8.3."""
    assert der.write_oid("1.2.156.10197.1.501").hex() == "06082a811ccf55018375"
    assert der.read_oid(der.read(bytes.fromhex("06082a811ccf55018375"))) == "1.2.156.10197.1.501"
    assert [der.write_integer(n).hex() for n in (0, 127, 128, -1, -128, -129)] == [
        "020100",
        "02017f",
        "02020080",
        "0201ff",
        "020180",
        "0202ff7f",
    ]


@given(st.integers(-(2**200), 2**200))
def test_an_integer_survives(number: int) -> None:
    assert der.read_integer(der.read(der.write_integer(number))) == number


@given(st.binary(max_size=70000))
def test_octets_survive_at_every_length(octets: bytes) -> None:
    assert der.read(der.write(der.OCTET_STRING, octets)).content == octets


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_and_what_is_read_is_written_the_same(data: bytes) -> None:
    try:
        value = der.read(data)
    except DerMalformed:
        return
    assert der.write(value.tag, value.content) == data
