"""Verbs about the X.509 authorities the hub believes, and their revocation lists."""

from pathlib import Path
from typing import Annotated

import typer
from asn1crypto import pem

from certs.pki.crl import parse_crl
from certs.pki.errors import MalformedCertificate
from certs.pki.files import read_pem
from exchange.app import App
from exchange.cli.session import answer, guarded, with_hub
from exchange.model_views import AuthorityView

app = typer.Typer(no_args_is_help=True, help="X.509 authorities the hub believes (信任根、撤销列表).")
_File = Annotated[Path, typer.Argument(help="PEM or DER.")]


@app.command(name="list")
def show() -> None:
    """Every authority with its newest revocation list; a list that ended leaves verdicts undetermined."""

    async def work(hub: App) -> tuple[tuple[AuthorityView, ...], str]:
        found = await hub.documents.authorities.list()
        return found, "\n".join(_line(view, hub) for view in found)

    found, text = with_hub(work)
    answer([_plain(view) for view in found], text or "The hub believes no authority yet.")


@app.command()
def root(file: _File) -> None:
    """Believe a root. Make sure by another way that it is the right one: its SHA-256 is printed."""
    _add(file, "root")


@app.command()
def intermediate(file: _File) -> None:
    """File an authority below a root, or several from one PEM file, the upper one first."""
    _add(file, "intermediate")


@app.command()
def crl(file: _File) -> None:
    """File a revocation list; verifiers get it with the next trust list."""
    content = guarded(file.read_bytes)
    der = guarded(lambda: _list_der(content))

    async def work(hub: App) -> bool:
        added = await hub.documents.authorities.add_crl(der)
        await hub.trust.publish()
        return added

    added, entries = with_hub(work), len(parse_crl(der).entries)
    answer({"added": added, "entries": entries}, _said(added, f"list with {entries} entries"))


@app.command()
def remove(sha256: Annotated[str, typer.Argument(help="Of the certificate or list, as `list` shows it.")]) -> None:
    """Believe an authority no longer, or take out a list. What rests on it is undetermined from then on."""

    async def work(hub: App) -> None:
        await hub.documents.authorities.remove(sha256)
        await hub.trust.publish()

    with_hub(work)
    answer({"removed": sha256}, f"{sha256} is out")


def _add(file: Path, kind: str) -> None:
    content = guarded(file.read_bytes)
    ders = guarded(lambda: _certificate_ders(content))

    async def work(hub: App) -> list[bool]:
        authorities = hub.documents.authorities
        add = authorities.add_root if kind == "root" else authorities.add_intermediate
        added = [await add(der) for der in ders]
        await hub.trust.publish()
        return added

    added = with_hub(work)
    answer({"added": sum(added), "known": len(added) - sum(added)}, _said(any(added), f"{kind} from {file.name}"))


def _said(added: bool, what: str) -> str:
    return f"{what}: {'filed' if added else 'on file already'}"


def _certificate_ders(content: bytes) -> list[bytes]:
    return [item.der for item in read_pem(content)] if pem.detect(content) else [content]


def _list_der(content: bytes) -> bytes:
    if not pem.detect(content):
        return content
    label, _, der = pem.unarmor(content)
    if label != "X509 CRL":
        raise MalformedCertificate(f"the PEM file holds {label}, not X509 CRL")
    return bytes(der)


def _line(view: AuthorityView, hub: App) -> str:
    if view.list_until is None:
        lists = "no revocation list"
    else:
        ended = "ENDED " if view.list_until <= hub.now() else "until "
        lists = f"list {ended}{view.list_until:%Y-%m-%d %H:%M}, {view.revoked} revoked"
    return f"{view.kind:<12} {view.alg:<5} {view.subject}\n  sha256 {view.sha256}\n  {lists}"


def _plain(view: AuthorityView) -> dict[str, object]:
    return {name: getattr(view, name) for name in view.__slots__}
