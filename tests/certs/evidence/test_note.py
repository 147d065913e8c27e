import base64
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.crypto.ed25519 import Ed25519Signer
from certs.crypto.p256 import P256Signer
from certs.evidence.checkpoint import Checkpoint, LogIdentity, open_checkpoint, sign_checkpoint
from certs.evidence.errors import (
    CheckpointForeign,
    CheckpointMalformed,
    EvidenceError,
    NoteMalformed,
    NoteUntrusted,
    TrustMalformed,
)
from certs.evidence.note import NoteSigner, NoteVerifier, open_note, parse_note, render_note, sign_note
from tests.certs.evidence.builders import ORIGIN

# The example of the Go documentation of sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def key(name: str = ORIGIN) -> NoteSigner:
    return NoteSigner.of(name, Ed25519Signer.generate())


def test_reads_a_note_signed_by_go() -> None:
    verifier = NoteVerifier.from_vkey(GO_VKEY)
    assert verifier.vkey() == GO_VKEY
    assert open_note(GO_NOTE, [verifier]).startswith("If you think")
    with pytest.raises(NoteUntrusted):
        open_note(GO_NOTE.replace("answer", "Answer"), [verifier])


def test_unknown_signatures_are_ignored_and_a_wrong_known_one_refuses() -> None:
    known, stranger, second = key(), key("stranger.example"), key("witness.example")
    text = "text\n\nwith a blank line\n"
    signed = sign_note(text, [stranger, known, second])
    assert open_note(signed, [known.verifier]) == text
    assert open_note(signed, [second.verifier, known.verifier]) == text
    with pytest.raises(NoteUntrusted):
        open_note(signed, [])
    with pytest.raises(NoteUntrusted):
        open_note(signed, [key().verifier])
    parsed = parse_note(signed)
    broken = replace(parsed, signatures=(*parsed.signatures, replace(parsed.signatures[1], value=bytes(64))))
    with pytest.raises(NoteUntrusted, match="wrong"):
        open_note(render_note(broken), [known.verifier])


def test_a_name_or_an_id_alone_is_nobody() -> None:
    """Same name with another key, and same key with another name, are unknown keys."""
    mine = key()
    same_name = key()
    same_key = NoteSigner(NoteVerifier("else.example", mine.verifier.public_key), mine.signer)
    for other in (same_name, same_key):
        with pytest.raises(NoteUntrusted, match="no trusted key"):
            open_note(sign_note("text\n", [other]), [mine.verifier])


BAD_NOTES = [
    "",
    "\ud800\n\n— name AAAAAAA=\n",
    "text\n",
    "text\n\n",
    "\n\n— a b\n",
    "text\n\n— name AAAA\n",
    "text\n\n— na+me AAAAAAA=\n",
    "text\n\n— na\u00a0me AAAAAAA=\n",
    "text\n\n—  AAAAAAA=\n",
    "text\n\n- name AAAAAAA=\n",
    "text\n\n— name AAAAAAA=",
    "text\n\n— name AAAAAAB=\n",
    "text\n\n— name AAAAAA-=\n",
    "te\txt\n\n— name AAAAAAA=\n",
    "te\rxt\n\n— name AAAAAAA=\n",
    "text\n\n— name AAAAAAA= \n",
    "text\n\n" + "— name AAAAAAA=\n" * 33,
    "t" * 70_000 + "\n\n— name AAAAAAA=\n",
]


@pytest.mark.parametrize("note", BAD_NOTES)
def test_malformed_notes_are_refused(note: str) -> None:
    with pytest.raises(NoteMalformed):
        parse_note(note)


def test_sixteen_signatures_are_accepted() -> None:
    signers = [key(f"k{n}.example") for n in range(16)]
    assert open_note(sign_note("text\n", signers), [signers[15].verifier]) == "text\n"


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000+AAAA",
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY.replace("c74f20a3", "C74F20A3"),
        GO_VKEY + "=",
        GO_VKEY.replace("+ARpc", "+BBpc"),
        GO_VKEY.replace("Peter", "Pe ter"),
    ],
)
def test_bad_note_keys_are_refused(vkey: str) -> None:
    with pytest.raises(TrustMalformed):
        NoteVerifier.from_vkey(vkey)


def test_only_ed25519_signs_notes() -> None:
    with pytest.raises(TrustMalformed):
        NoteSigner.of(ORIGIN, P256Signer.generate())


SIGNER = key()
LOG = LogIdentity(ORIGIN, (SIGNER.verifier,))
SIGNED = sign_checkpoint(Checkpoint(ORIGIN, 4711, bytes(range(32))), [SIGNER])


def test_checkpoint_round_trip_and_strangers() -> None:
    assert open_checkpoint(SIGNED, LOG) == Checkpoint(ORIGIN, 4711, bytes(range(32)))
    with pytest.raises(CheckpointForeign):
        open_checkpoint(SIGNED, LogIdentity("other.example/log", (SIGNER.verifier,)))
    with pytest.raises(NoteUntrusted):
        open_checkpoint(SIGNED, LogIdentity(ORIGIN, ()))


def test_every_single_bit_of_a_checkpoint_counts() -> None:
    raw = SIGNED.encode()
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(EvidenceError):
            open_checkpoint(changed.decode("utf-8", "replace"), LOG)


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n01\n{ROOT}\n",
        f"{ORIGIN}\n-1\n{ROOT}\n",
        f"{ORIGIN}\n+1\n{ROOT}\n",
        f"{ORIGIN}\n1\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n1\n{ROOT[:-2]}B=\n",
        f"{ORIGIN}\n1\n{ROOT}\nextension\n",
        f"{ORIGIN}\n1\n",
        f"\n1\n{ROOT}\n",
        f"{ORIGIN}\n9223372036854775808\n{ROOT}\n",
        f"{ORIGIN}\n１\n{ROOT}\n",
        f"{ORIGIN}\n1\n{ROOT}\n\n",
    ],
)
def test_signed_but_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises((CheckpointMalformed, NoteMalformed)):
        open_checkpoint(sign_note(text, [SIGNER]), LOG)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_reads_back_or_is_refused(text: str) -> None:
    try:
        signed = sign_note(text, [SIGNER])
    except NoteMalformed:
        return
    assert open_note(signed, [SIGNER.verifier]) == text
