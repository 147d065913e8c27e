"""Verbs for purpose-marked copies (加注件): a holder makes, lists and withdraws them, anybody checks one.

The holder is named by `--by` and proven by a password, on the terminal or as a line of standard input.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeVar
from uuid import UUID

import typer

from certs.model import FaceKind, Verdict
from exchange.app import App
from exchange.cli.session import Exit, acting_as, answer, ask, guarded, with_hub
from exchange.model import Principal
from exchange.model_copies import CopyCheck, CopyComparison, CopyFile, CopyState, CopyView, CopyWish

app = typer.Typer(no_args_is_help=True, help="Copies of a certificate for one purpose (加注件).")
T = TypeVar("T")
_HERE: Final = "yzt"
_MAX_BYTES: Final = 16 * 1024 * 1024
_EXIT: Final = {Verdict.VALID: Exit.DONE, Verdict.INVALID: Exit.REFUSED, Verdict.INDETERMINATE: Exit.INDETERMINATE}

_By = Annotated[str, typer.Option(help="User name of the holder; asks for the password.")]
_Id = Annotated[UUID, typer.Argument(help="Id of the copy, see `yzt copy list`.")]


class Form(StrEnum):
    """What a copy is written as."""

    OFD = "ofd"
    PDF = "pdf"


@app.command()
def make(
    identifier: Annotated[str, typer.Argument(help="The certificate's identifier (电子证照标识).")],
    *,
    recipient: Annotated[str, typer.Option(help="Who will receive it (使用单位).")],
    matter: Annotated[str, typer.Option(help="The matter it is for (事项).")],
    purpose: Annotated[str, typer.Option(help="What it is to show (用途).")],
    out: Annotated[Path, typer.Option(help="File to write; must not be there yet.")],
    by: _By,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day; default 30 days.")] = None,
    form: Annotated[Form, typer.Option(help="Kind of file.")] = Form.PDF,
) -> None:
    """Make a copy and download it, once; the hub keeps its terms and digest, not the file."""
    wish = CopyWish(identifier, FaceKind(form.value), purpose, matter, recipient, _day(until))

    async def work(hub: App, who: Principal) -> tuple[CopyView, CopyFile]:
        made = await hub.documents.copies.make(who, wish, key=None)
        file = await hub.documents.copies.download(who, made.id)
        return await hub.documents.copies.get(who, made.id), file

    # the place first: a file that is given out once must not fail to be written
    guarded(lambda: out.touch(mode=0o600, exist_ok=False))
    try:
        made, file = _as(by, work)
    except typer.Exit:
        out.unlink()
        raise
    guarded(lambda: out.write_bytes(file.data))
    answer(made, f"{out}\n{_line(made)}\ncheck: {made.address}")


@app.command("list")
def list_(by: _By) -> None:
    """The copies a holder made, newest first."""
    found = _as(by, lambda hub, who: hub.documents.copies.mine(who))
    answer(found, "\n".join(map(_line, found)) or "no copies yet")


@app.command()
def withdraw(copy_id: _Id, by: _By) -> None:
    """End a copy: whoever checks it is told so."""
    ended = _as(by, lambda hub, who: hub.documents.copies.withdraw(who, copy_id))
    answer(ended, _line(ended))


@app.command()
def check(
    code: Annotated[str, typer.Argument(help="Verification code of the copy, seven groups of four.")],
    file: Annotated[Path | None, typer.Argument(help="The file that was received, to hold against the record.")] = None,
) -> None:
    """What a copy is for and whether it is good; with a file, whether it is this copy. Exits 0, 1 or 2 as verify."""
    if file is None:
        found = with_hub(lambda hub: hub.documents.copies.check(code, address=_HERE))
        answer(found, _check_line(found))
        raise typer.Exit(Exit.DONE if found.state == CopyState.IN_FORCE else Exit.REFUSED)
    content = guarded(lambda: _read(file))
    compared = with_hub(lambda hub: hub.documents.copies.compare(code, content, address=_HERE))
    answer(compared, _compared_line(compared))
    raise typer.Exit(_EXIT[Verdict(compared.verdict)])


def _as(username: str, work: Callable[[App, Principal], Awaitable[T]]) -> T:
    password = ask("Password", hidden=True)

    async def run(hub: App) -> T:
        return await work(hub, await acting_as(hub, username, password))

    return with_hub(run)


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()


def _read(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(_MAX_BYTES)


def _line(copy: CopyView) -> str:
    return (
        f"{copy.id}  {copy.state}  {copy.name_zh} {copy.format}  {copy.recipient} · {copy.matter} · {copy.purpose}  "
        f"until {copy.valid_until}  {copy.code}"
    )


def _check_line(found: CopyCheck) -> str:
    return (
        f"{found.state}: {found.name_zh} {found.format}, {found.issuer_name}\n"
        f"for {found.recipient} · {found.matter} · {found.purpose}, until {found.valid_until}"
    )


def _compared_line(found: CopyComparison) -> str:
    same = "the file on record" if found.same else "not the file on record"
    return f"{Verdict(found.verdict).zh} {found.verdict}: {same}\n{_check_line(found.check)}"
