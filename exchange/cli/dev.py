"""Verbs for development and integration: `yzt dev-ca` and `yzt dev-tsa`. The production profile refuses all of them."""

import secrets
from datetime import datetime
from typing import Annotated

import typer
import uvicorn
from stdnum.cn import uscc

from certs.pki.crl import REASONS, Crl
from certs.pki.dev_ca import refuse_production
from exchange.app import App
from exchange.cli.key import DASHED
from exchange.cli.session import Exit, answer, err, fail, guarded, with_hub
from exchange.cli.session import settings as read_settings
from exchange.http.timestamping import timestamp_app
from exchange.service.dev_enrolment import Enrolled

ca = typer.Typer(no_args_is_help=True, help="Development authority (开发测试CA); never in production.")
tsa = typer.Typer(no_args_is_help=True, help="Development time-stamp authority (开发测试时间戳); never in production.")
_SERIAL_BITS = 63


def _not_in_production() -> None:
    guarded(lambda: refuse_production(read_settings().profile.value))


@ca.command()
def init() -> None:
    """Make authorities for SM2 and P-256 and let the hub believe them; again, renew revocation lists that end soon."""
    _not_in_production()

    async def work(hub: App) -> list[dict[str, object]]:
        await hub.documents.development.init()
        await hub.trust.publish()
        found = await hub.documents.authorities.list()
        return [{"sha256": v.sha256, "kind": v.kind, "alg": v.alg, "subject": v.subject} for v in found]

    found = with_hub(work)
    lines = [f"{item['kind']:<12} {item['alg']:<5} {item['subject']}" for item in found]
    answer(found, "\n".join([*lines, "Next: yzt dev-ca enrol USCC"]))


@ca.command()
def enrol(
    owner: Annotated[str, typer.Argument(help="USCC of a department of the catalogue.")],
    name: Annotated[str | None, typer.Option(help="Name in certificates and seal; default the catalogue's.")] = None,
) -> None:
    """Make a department ready to seal: two certified keys, a test seal in use, two custodians. Safe to repeat."""
    _not_in_production()
    if not uscc.is_valid(owner):
        fail(f"{owner} is no USCC", Exit.USAGE)

    async def work(hub: App) -> Enrolled:
        done = await hub.documents.enrolment.enrol(owner, name=name)
        await hub.trust.publish()
        return done

    done = with_hub(work)
    data = {field: getattr(done, field) for field in ("owner", "seal_kid", "pdf_kid", "es_id", "custodians")}
    accounts = [{"username": a.username, "password": a.password} for a in done.accounts]
    lines = [f"{owner} seals with {done.es_id}", f"  OFD key {done.seal_kid}", f"  PDF key {done.pdf_kid}"]
    lines += [f"  custodian {a.username}, password (shown once) {a.password}" for a in done.accounts]
    answer(data | {"accounts": accounts}, "\n".join(lines))


@ca.command(context_settings=DASHED)
def revoke(
    kid: str,
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(REASONS.values())}.")],
    since: Annotated[datetime | None, typer.Option(help="UTC: when the key was in doubt already.")] = None,
) -> None:
    """Revoke the certificate of a key of the hub; the new list goes out with the trust list."""
    _not_in_production()
    if reason not in REASONS.values():
        fail(f"{reason} is no reason for a revocation; one of {', '.join(REASONS.values())}", Exit.USAGE)

    async def work(hub: App) -> Crl:
        doubt = since.replace(tzinfo=hub.now().tzinfo) if since else None
        crl = await hub.documents.development.revoke(kid, reason, invalid_from=doubt)
        await hub.trust.publish()
        return crl

    crl = with_hub(work)
    answer({"kid": kid, "entries": len(crl.entries)}, f"revoked; the list has {len(crl.entries)} entries")


@tsa.command()
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on; 1 to 65535.", min=1, max=65535)],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve RFC 3161 over HTTP for SHA-256 and SM3; point the hub at it with YZT_TSA_URL."""
    _not_in_production()

    async def work(hub: App) -> None:
        reply = await hub.documents.development.timestamper(lambda: secrets.randbits(_SERIAL_BITS) + 1)
        config = uvicorn.Config(timestamp_app(reply), host=host, port=port, log_level="warning", access_log=False)
        err.print(f"time-stamps on http://{host}:{port}/")
        await uvicorn.Server(config).serve()

    with_hub(work)
