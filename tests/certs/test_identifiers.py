import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.errors import IdentifierInvalid, IdentifierRootObsolete
from certs.identifiers import (
    ALPHABET,
    ROOT,
    Identifier,
    compose,
    is_uscc,
    next_version,
    parse,
    random_serial,
)

# Real published identifiers; the check characters were computed by their issuers, not by us.
PUBLISHED = [
    "11100000000013338W032.11220000013544541J.2430599.001.F",
    "11100000000013338W011.11430000006122244L.20230000403.001.U",
    "11100000000013338W011.11430000006122244L.20230000403.002.S",
    "11100000000013338W009.11330105002500287C.2025052201.002.0",
    "11100000MB03271699022.340100.000000016.001.9",
]


@pytest.mark.parametrize("text", PUBLISHED)
def test_published_identifiers_are_right(text: str) -> None:
    assert str(parse(text)) == f"{ROOT}.{text}"
    assert parse(f"{ROOT}.{text}") == parse(text)


def test_fixture_of_the_standard_reading() -> None:
    made = compose("11100000MB03271699001", "11370800MB28559184", "20250000000000000001")
    assert str(made) == f"{ROOT}.11100000MB03271699001.11370800MB28559184.20250000000000000001.001.1"


@pytest.mark.parametrize("text", PUBLISHED)
def test_every_single_wrong_character_is_found(text: str) -> None:
    for at, right in enumerate(text):
        if right == ".":
            continue
        for wrong in ALPHABET:
            if wrong != right:
                with pytest.raises(IdentifierInvalid):
                    parse(text[:at] + wrong + text[at + 1 :])


def test_obsolete_root_is_refused_with_the_reason() -> None:
    with pytest.raises(IdentifierRootObsolete) as refused:
        parse(f"1.2.156.3003.2.{PUBLISHED[0]}")
    assert "obsolete" in refused.value.reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        ROOT,
        f"{ROOT}.",
        PUBLISHED[0].lower(),
        PUBLISHED[0] + "\n",
        PUBLISHED[0].replace("2430599", "２430599"),
        PUBLISHED[0].replace(".001.", ".000."),
        "1.2.156.3005.3." + PUBLISHED[0],
    ],
)
def test_malformed_identifiers_are_refused(text: str) -> None:
    with pytest.raises(IdentifierInvalid):
        parse(text)


def test_next_version_keeps_the_serial_and_gets_its_own_check() -> None:
    first, second = parse(PUBLISHED[1]), parse(PUBLISHED[2])
    assert next_version(first) == second
    with pytest.raises(IdentifierInvalid):
        next_version(Identifier(first.type_code, first.issuer, first.serial, 999))


@pytest.mark.parametrize(
    ("type_code", "issuer", "serial", "version"),
    [
        ("11100000MB03271698001", "11370800MB28559184", "A", 1),
        ("11100000MB03271699001", "340100", "A", 1),
        ("11100000MB03271699001", "11370800MB28559185", "A", 1),
        ("11100000MB03271699001", "11370800MB28559184", "a", 1),
        ("11100000MB03271699001", "11370800MB28559184", "A.B", 1),
        ("11100000MB03271699001", "11370800MB28559184", "A", 0),
        ("11100000MB03271699001", "11370800MB28559184", "A", 1000),
    ],
)
def test_compose_makes_no_wrong_identifier(type_code: str, issuer: str, serial: str, version: int) -> None:
    with pytest.raises(IdentifierInvalid):
        compose(type_code, issuer, serial, version)


@given(st.text(alphabet=ALPHABET, min_size=1, max_size=64), st.integers(1, 999))
def test_composed_identifiers_read_back(serial: str, version: int) -> None:
    made = compose("111000000000131433001", "11339900MB9000023J", serial, version)
    assert parse(str(made)) == made


def test_serials_use_the_whole_alphabet_evenly() -> None:
    drawn = "".join(random_serial(os.urandom) for _ in range(3600))
    assert len(drawn) == 72_000
    counts = [drawn.count(c) for c in ALPHABET]
    # 2000 expected each, standard deviation 44; a modulo bias would put some 12 % above others.
    assert min(counts) > 1750
    assert max(counts) < 2250
    # 252..255 are drawn again, not folded onto the first characters.
    fed = iter([b"\xff" * 20, b"\x23" * 20])
    assert random_serial(lambda n: next(fed)) == "Z" * 20


def test_uscc_is_the_code_itself() -> None:
    assert is_uscc("11339900MB9000015P")
    assert not is_uscc("11339900mb9000015p")
    assert not is_uscc(" 11339900MB9000015P")
    assert not is_uscc("11339900MB9000015Q")
