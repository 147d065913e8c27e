"""Verbs for who is let in: departments' systems, their officers, and people with a log-in.

Passwords and citizen numbers are asked for (or read line by line from a pipe): command lines are seen by others.
"""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from exchange.app import App
from exchange.cli.session import Exit, answer, ask, fail, guarded, with_hub
from exchange.model import Principal, Role

app = typer.Typer(no_args_is_help=True, help="Who is let in: departments' systems, officers, people.")
_Department = Annotated[str, typer.Option(help="USCC of the department.")]


@app.command()
def client(
    client_id: str, department: _Department, jwks: Annotated[Path, typer.Option(help="File with the public JWK set.")]
) -> None:
    """Register a department's system, or replace its keys."""
    text = guarded(jwks.read_bytes)
    try:
        keys = orjson.loads(text)
    except orjson.JSONDecodeError:
        fail(f"{jwks} is not JSON", Exit.USAGE)
    if not isinstance(keys, dict):
        fail(f"{jwks} is not a JWK set", Exit.USAGE)

    async def register(hub: App) -> None:
        await hub.access.register_client(client_id, department=department, jwks=keys)

    with_hub(register)
    answer({"client": client_id, "department": department}, f"{client_id} may ask for {department}")


@app.command()
def officer(number: str, department: _Department, name: Annotated[str, typer.Option(help="Name.")]) -> None:
    """Register an officer under the department's work number, or replace the name."""

    async def register(hub: App) -> None:
        await hub.access.register_officer(number, department=department, name=name)

    with_hub(register)
    answer({"officer": number, "department": department}, f"{number} of {department} is registered")


@app.command()
def person(
    username: str,
    role: Role,
    name: Annotated[str, typer.Option(help="Name.")],
    department: Annotated[str | None, typer.Option(help="USCC of the department; not for an applicant.")] = None,
    work_number: Annotated[str | None, typer.Option(help="Work number of a clerk or a custodian of seals.")] = None,
) -> None:
    """Give a person a log-in with one role; asks for the password and, for an applicant, the citizen number."""
    password = ask("Password", hidden=True)
    subject = ask("Citizen number or USCC") if role is Role.APPLICANT else None

    async def register(hub: App) -> None:
        principal = Principal(role, name, department, work_number, subject)
        await hub.access.register_person(username, password, principal)

    with_hub(register)
    answer({"username": username, "role": role}, f"{username} may log in as {role}")


@app.command("stop-client")
def stop_client(client_id: str) -> None:
    """Stop a department's system at once."""

    async def stop(hub: App) -> bool:
        return await hub.access.deactivate_client(client_id)

    _stopped(client_id, done=with_hub(stop))


@app.command("stop-officer")
def stop_officer(number: str, department: _Department) -> None:
    """Stop an officer at once, sessions included."""

    async def stop(hub: App) -> bool:
        return await hub.access.deactivate_officer(department, number)

    _stopped(number, done=with_hub(stop))


def _stopped(what: str, *, done: bool) -> None:
    if not done:
        fail(f"{what} was not registered, or was stopped before", Exit.REFUSED)
    answer({"stopped": what}, f"{what} is stopped")
