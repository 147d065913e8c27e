"""The services around sealed documents: authorities, seals, sealing, copies. Called by `exchange.wiring` once."""

import secrets
from functools import partial

from adapters.tsa.client import TsaClient
from certs.layout.fonts import load_fonts
from exchange.app import DocumentServices
from exchange.sealing import Sealer
from exchange.service.repeats import Repeats
from exchange.service.seal_views import SealViews
from exchange.service.sealers import Sealers
from exchange.service.seals import Seals
from exchange.wiring_base import Base

_NONCE_BITS = 64


def open_documents(base: Base) -> DocumentServices:
    """Every service of sealed documents with its collaborators."""
    settings = base.settings
    return DocumentServices(
        fonts=load_fonts(),
        authorities=base.authorities,
        seals=_seals(base),
        sealers=Sealers(
            reads=base.reads,
            keys=base.keys,
            authorities=base.authorities,
            ask_tsa=TsaClient(settings.tsa_url, settings.tsa_seconds) if settings.tsa_url else None,
            new_nonce=partial(secrets.randbits, _NONCE_BITS),
            now=base.units.now,
        ),
    )


def _seals(base: Base) -> Seals:
    return Seals(
        views=SealViews(base.reads, base.units.now),
        repeats=Repeats(base.units, base.reads, Sealer(base.secret("repeats"), secrets.token_bytes)),
        authorities=base.authorities,
        departments=base.catalogue,
        types=base.types,
        profile=base.settings.profile.value,
    )
