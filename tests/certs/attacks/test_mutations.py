"""No mutation of a signed artefact that changes what is seen or said is believed, and none escapes as an exception.

Each artefact is changed blindly and along its structure. What comes out is refused with one of our own errors, or says
exactly what the genuine one says. (Entries of a sealed package are changed in tests/certs/ofd/test_mutations.py.)
"""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.errors import CertsError
from tests.certs.attacks.artefacts import ARTEFACTS
from tests.certs.attacks.effort import examples
from tests.certs.attacks.mutants import blind, of_der, of_lines, of_token

DER = [n for n in ARTEFACTS if n.startswith(("seal", "ses", "certificate", "crl", "cms", "timestamp"))]
TOKENS = ["sd-jwt", "sd-jwt-face", "json-face", "status-list", "trust-list", "receipt"]
LINES = ["pdf-plain", "pdf-stamped", "pdf-archived", "proof", "checkpoint"]


@cache
def genuine(name: str) -> object:
    artefact = ARTEFACTS[name]()
    return artefact.said(artefact.data)


def refused_or_the_same(name: str, data: bytes) -> None:
    try:
        said = ARTEFACTS[name]().said(data)
    except CertsError:
        return
    assert said == genuine(name), f"{name}: changed bytes are believed and say something else"


@pytest.mark.parametrize("name", ARTEFACTS)
def test_the_genuine_artefact_holds(name: str) -> None:
    assert genuine(name) is not None
    refused_or_the_same(name, ARTEFACTS[name]().data)


@pytest.mark.parametrize("name", ARTEFACTS)
@examples(120)
@given(data=st.data())
def test_bytes_changed_blindly(name: str, data: st.DataObject) -> None:
    refused_or_the_same(name, data.draw(blind(ARTEFACTS[name]().data)))


@pytest.mark.parametrize("name", DER)
@examples(150)
@given(data=st.data())
def test_values_exchanged_with_their_lengths_made_right(name: str, data: st.DataObject) -> None:
    refused_or_the_same(name, data.draw(of_der(ARTEFACTS[name]().data)))


@pytest.mark.parametrize("name", TOKENS)
@examples(150)
@given(data=st.data())
def test_parts_and_members_of_tokens_changed(name: str, data: st.DataObject) -> None:
    refused_or_the_same(name, data.draw(of_token(ARTEFACTS[name]().data)))


@pytest.mark.parametrize("name", LINES)
@examples(100)
@given(data=st.data())
def test_lines_deleted_doubled_exchanged_moved(name: str, data: st.DataObject) -> None:
    refused_or_the_same(name, data.draw(of_lines(ARTEFACTS[name]().data)))


@pytest.mark.parametrize("name", ARTEFACTS)
def test_one_artefact_never_passes_for_another(name: str) -> None:
    for other in ARTEFACTS:
        if other != name:
            refused_or_the_same(name, ARTEFACTS[other]().data)


@pytest.mark.parametrize("name", [n for n in ARTEFACTS if not n.startswith(("pdf", "ofd", "evidence"))])
def test_every_byte_counts_or_says_nothing(name: str) -> None:
    """One changed bit in every byte, not a sample."""
    good = ARTEFACTS[name]().data
    for at in range(len(good)):
        refused_or_the_same(name, good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :])
