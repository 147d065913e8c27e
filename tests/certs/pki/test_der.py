"""One codec for everything that is DER: other spellings are refused, and what is read is written the same."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.pki import der
from certs.pki.der_reader import Node, read
from certs.pki.errors import MalformedDer


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
        "30800201010000",  # indefinite sequence
        "1f0100",  # tag of several bytes
        "0285000000000100",  # absurd length
        "0000",  # the mark of an indefinite length's end
        "24030401ff",  # a string in pieces
        "1000",  # a sequence that is primitive
    ],
)
def test_other_spellings_of_a_value_are_refused(data: str) -> None:
    with pytest.raises(MalformedDer):
        read(bytes.fromhex(data))


@pytest.mark.parametrize(
    "data",
    [
        "0200",
        "02020001",
        "0202ffff",
        "010101",
        "0101fe",
        "0300",
        "03020781",
        "030109",
        "0600",
        "060180",
        "0603808001",
        "050100",
        "1601ff",
        "0c02c328",
        "3106020102020101",  # a set out of order
    ],
)
def test_values_not_in_their_one_form_are_refused_wherever_they_are(data: str) -> None:
    value = bytes.fromhex(data)
    for whole in (value, der.sequence(value), der.explicit(0, der.sequence(der.null(), value))):
        with pytest.raises(MalformedDer):
            read(whole)


@pytest.mark.parametrize(
    "reader",
    [
        lambda node: node.small_integer(),
        lambda node: node.require(der.BOOLEAN).truth(),
        lambda node: node.require(der.BIT_STRING).octets_of_bits(),
        lambda node: node.require(der.OID).oid(),
        lambda node: node.require(der.GENERALIZED_TIME).moment(),
        lambda node: node.text(der.IA5_STRING),
        lambda node: node.members(0, 9),
    ],
)
def test_a_value_of_another_type_is_refused(reader: Callable[[Node], object]) -> None:
    with pytest.raises(MalformedDer):
        reader(read(der.null()))


@pytest.mark.parametrize(
    "text", ["20261122020000", "20261122020000+0800", "20261122020000.0Z", "20261122020000.10Z", "20261322020000Z", "٢"]
)
def test_times_other_than_utc_in_shortest_form_are_refused(text: str) -> None:
    with pytest.raises(MalformedDer):
        read(der.tlv(der.GENERALIZED_TIME, text.encode()))


def test_a_time_is_read_in_utc() -> None:
    at = datetime(2026, 11, 22, 2, 0, 5, 250000, tzinfo=UTC)
    assert read(der.tlv(der.GENERALIZED_TIME, b"20261122020005.25Z")).moment() == at
    assert der.generalized_time(at)[2:] == b"20261122020005Z"


def test_limits_of_size_number_and_depth() -> None:
    many = der.sequence(*[der.null()] * 100)
    assert len(read(many, max_values=101).children) == 100
    with pytest.raises(MalformedDer, match="too many"):
        read(many, max_values=100)
    with pytest.raises(MalformedDer, match="bytes"):
        read(many, max_bytes=len(many) - 1)
    deep = der.null()
    for _ in range(32):
        deep = der.sequence(deep)
    assert read(deep).raw == deep
    with pytest.raises(MalformedDer, match="nested"):
        read(der.sequence(deep))
    assert read(der.integer(2**511 - 1)).small_integer() == 2**511 - 1
    with pytest.raises(MalformedDer, match="64 octets"):
        read(der.integer(2**511)).small_integer()


@pytest.mark.parametrize(
    ("text", "good"), [("SM3", True), ("a-b/c", True), ("a@b", False), ("a*", False), ("a\x00", False)]
)
def test_a_printable_string_keeps_to_its_alphabet_when_asked(text: str, good: bool) -> None:
    node = read(der.tlv(der.PRINTABLE_STRING, text.encode()))
    if good:
        assert node.text(der.PRINTABLE_STRING) == text
    else:
        with pytest.raises(MalformedDer):
            node.text(der.PRINTABLE_STRING)


def test_members_are_counted() -> None:
    three = read(der.sequence(*[der.null()] * 3))
    assert len(three.members(3, 3)) == 3
    for least, most in ((0, 2), (4, 9)):
        with pytest.raises(MalformedDer, match="3 members"):
            three.members(least, most)


def test_published_encodings() -> None:
    """SM2-with-SM3 as OpenSSL writes it; integers of X.690 §8.3."""
    assert der.oid("1.2.156.10197.1.501").hex() == "06082a811ccf55018375"
    assert read(bytes.fromhex("06082a811ccf55018375")).oid() == "1.2.156.10197.1.501"
    assert [der.integer(n).hex() for n in (0, 127, 128, -1, -128, -129)] == [
        "020100",
        "02017f",
        "02020080",
        "0201ff",
        "020180",
        "0202ff7f",
    ]


@given(st.integers(-(2**200), 2**200))
def test_an_integer_survives(number: int) -> None:
    assert read(der.integer(number)).small_integer() == number


@given(st.binary(max_size=70000))
def test_octets_survive_at_every_length(octets: bytes) -> None:
    assert read(der.octets(octets)).content == octets


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_and_what_is_read_is_written_the_same(data: bytes) -> None:
    try:
        value = read(data)
    except MalformedDer:
        return
    assert der.tlv(value.tag, value.content) == data
