"""C2SP signed-note: text signed by one or more Ed25519 keys (signature type 0x01).

Unknown signatures are ignored, as the specification demands (key rotation, witnesses); a *known* key whose signature
is wrong refuses the whole note. Reading is strict: one byte sequence per meaning, so a changed byte never passes.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature as BadSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certs.crypto import base64url
from certs.crypto.alg import Alg
from certs.crypto.ports import Signer
from certs.evidence.errors import NoteMalformed, NoteUntrusted, TrustMalformed

MAX_NOTE_BYTES = 64 * 1024  # room for 16 signatures, the required minimum, with 4 kB post-quantum ones to spare
MAX_SIGNATURES = 32
ED25519_TYPE = b"\x01"
_LINE_START = "— "
_KEY_ID_BYTES = 4
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: who says so (unproven), which key id, and the signature bytes."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed, *unverified* note. `text` ends in a newline; nothing in it counts before `open_note`."""

    text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A trusted Ed25519 note key: `name` and the 32 public bytes."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        """Raise `TrustMalformed` for a bad name or key length."""
        if not is_key_name(self.name) or len(self.public_key) != _KEY_BYTES:
            raise TrustMalformed("note key needs a name without spaces or '+', and 32 key bytes")

    @property
    def key_id(self) -> bytes:
        """SHA-256(name || newline || type || key)[:4]."""
        seed = self.name.encode() + b"\n" + ED25519_TYPE + self.public_key
        return hashlib.sha256(seed).digest()[:_KEY_ID_BYTES]

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's Ed25519 signature over `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except BadSignature:
            return False
        return True

    def vkey(self) -> str:
        """`name+hash+key`, the form Go's sumdb/note and other C2SP tools read."""
        key = base64.b64encode(ED25519_TYPE + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def from_vkey(cls, vkey: str) -> "NoteVerifier":
        """Parse `name+hash+key`. Raises `TrustMalformed` unless it is exactly what `vkey()` would write."""
        name, _, rest = vkey.partition("+")
        key_bytes = _decode_base64(rest.partition("+")[2])
        if key_bytes is None or key_bytes[:1] != ED25519_TYPE:
            raise TrustMalformed("not an Ed25519 note key")
        verifier = cls(name, key_bytes[1:])
        if verifier.vkey() != vkey:
            raise TrustMalformed("note key id or encoding is wrong")
        return verifier


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """An Ed25519 key that signs notes under the name of `verifier`."""

    verifier: NoteVerifier
    signer: Signer

    @classmethod
    def of(cls, name: str, signer: Signer) -> "NoteSigner":
        """Give a signing key a note name. Raises `TrustMalformed` unless the key is Ed25519."""
        if signer.alg is not Alg.ED25519:
            raise TrustMalformed("a note is signed with Ed25519")
        return cls(NoteVerifier(name, base64url.decode(signer.verifier().jwk()["x"])), signer)

    def sign(self, text: str) -> NoteSignature:
        """Sign the note text (which ends in a newline)."""
        return NoteSignature(self.verifier.name, self.verifier.key_id, self.signer.sign(text.encode()))


def sign_note(text: str, signers: Sequence[NoteSigner]) -> str:
    """Return the signed note. Raises `NoteMalformed` if `text` cannot be a note text."""
    return render_note(Note(text, tuple(signer.sign(text) for signer in signers)))


def render_note(note: Note) -> str:
    """Write a note; parsing the result gives the same note. Raises `NoteMalformed` if that is impossible."""
    lines = [f"{_LINE_START}{s.name} {base64.b64encode(s.key_id + s.value).decode()}\n" for s in note.signatures]
    rendered = note.text + "\n" + "".join(lines)
    if parse_note(rendered) != note:
        raise NoteMalformed("text or key name cannot be represented")
    return rendered


def parse_note(note: str) -> Note:
    """Split text and signatures by C2SP signed-note; trust nothing yet. Raises `NoteMalformed`."""
    try:
        size = len(note.encode())
    except UnicodeEncodeError:
        raise NoteMalformed("not UTF-8") from None
    if size > MAX_NOTE_BYTES:
        raise NoteMalformed(f"over {MAX_NOTE_BYTES} bytes")
    if any(char < " " and char != "\n" for char in note):
        raise NoteMalformed("control character")
    text, separator, block = note.rpartition("\n\n")
    if not separator or not text or not block.endswith("\n"):
        raise NoteMalformed("no blank line before a signature block that ends in a newline")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteMalformed(f"over {MAX_SIGNATURES} signatures")
    return Note(text + "\n", tuple(_parse_signature(line) for line in lines))


def open_note(note: str, trusted: Iterable[NoteVerifier]) -> str:
    """Return the text of a note signed by at least one trusted key.

    Raises `NoteMalformed`, or `NoteUntrusted` when no trusted key signed it or one of them signed something else.
    """
    parsed = parse_note(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in trusted}
    message, proven = parsed.text.encode(), False
    for signature in parsed.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            continue
        if not verifier.verifies(message, signature.value):
            raise NoteUntrusted("the signature of a trusted key is wrong", names=(signature.name,))
        proven = True
    if not proven:
        raise NoteUntrusted("no trusted key signed it", names=tuple(s.name for s in parsed.signatures))
    return parsed.text


def is_key_name(name: str) -> bool:
    """Non-empty, no Unicode space, no plus sign, no control character."""
    return bool(name) and not any(char.isspace() or char == "+" or char < " " for char in name)


def _parse_signature(line: str) -> NoteSignature:
    name, separator, encoded = line.removeprefix(_LINE_START).partition(" ")
    value = _decode_base64(encoded)
    if not line.startswith(_LINE_START) or not separator or not is_key_name(name):
        raise NoteMalformed("signature line is not '— <name> <base64>'")
    if value is None or len(value) <= _KEY_ID_BYTES:
        raise NoteMalformed("signature is not canonical base64 of key id and signature")
    return NoteSignature(name, value[:_KEY_ID_BYTES], value[_KEY_ID_BYTES:])


def _decode_base64(text: str) -> bytes | None:
    """Standard base64 in its one canonical spelling, else None (stray bits would be a second spelling)."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if base64.b64encode(value).decode() == text else None
