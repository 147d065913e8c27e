"""The development authority as a directory: five encrypted keys, their certificates, the lists. Not for production."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from certs.crypto.alg import Alg
from certs.crypto.keys import generate_key
from certs.pki.crl import Crl, Revocation
from certs.pki.dev_ca import DevelopmentCa, DevelopmentKeys, development_ca, refuse_production
from certs.pki.files import load_identity, write_pem

LISTS = ("root.crl", "issuing.crl")
ROLES = tuple(item.name for item in fields(DevelopmentKeys))


def make_authority_files(
    directory: Path, alg: Alg, passphrase: bytes, *, now: datetime, profile: str, crl_url: str = ""
) -> DevelopmentCa:
    """Make the keys and certificates of one algorithm and write them: `<role>.key`, `<role>.pem`, `<authority>.crl`.

    The lists hold for a week; `write_lists` renews them.

    Raises:
        DevelopmentOnly: `profile` is "production"; nothing was written.
        KeyUnreadable: a key file is there already (never overwritten), or cannot be written.
        OSError: the directory or a file cannot be written.
    """
    refuse_production(profile)
    directory.mkdir(parents=True, exist_ok=True)
    keys = DevelopmentKeys(**{role: generate_key(alg, directory / f"{role}.key", passphrase) for role in ROLES})
    authority = development_ca(keys, now=now, profile=profile, crl_url=crl_url)
    for role in ROLES:
        identity = getattr(authority, role)
        (directory / f"{role}.pem").write_bytes(write_pem((identity.certificate, *identity.chain)))
    write_lists(directory, authority, now=now)
    return authority


def open_authority_files(directory: Path, passphrase: bytes, *, profile: str) -> DevelopmentCa:
    """What `make_authority_files` wrote.

    Raises:
        DevelopmentOnly: `profile` is "production".
        OSError: a file is not there. What `certs.pki.files.load_identity` raises: it does not belong together.
    """
    refuse_production(profile)
    found: Mapping[str, object] = {
        role: load_identity(
            (directory / f"{role}.key").absolute().as_uri(), passphrase, (directory / f"{role}.pem").read_bytes()
        )
        for role in ROLES
    }
    return DevelopmentCa(**found)  # type: ignore[arg-type]  # its fields are the roles, each an Identity


def write_lists(
    directory: Path, authority: DevelopmentCa, *, now: datetime, number: int = 1, revoked: Sequence[Revocation] = ()
) -> tuple[Crl, Crl]:
    """Write fresh revocation lists beside the certificates, `root.crl` and `issuing.crl` (DER), and return them."""
    lists = authority.crls(now, revoked, number)
    for name, crl in zip(LISTS, lists, strict=True):
        (directory / name).write_bytes(crl.der)
    return lists
