"""The services around sealed documents: authorities, seals, sealing, copies. Called by `exchange.wiring` once."""

import secrets
from functools import partial

from argon2 import PasswordHasher

from adapters.tsa.client import TsaClient
from certs.layout.fonts import load_fonts
from exchange.app import DocumentServices
from exchange.sealing import Sealer
from exchange.service.dev_authority import DevelopmentAuthority
from exchange.service.dev_enrolment import DevelopmentEnrolment
from exchange.service.registration import Registration
from exchange.service.repeats import Repeats
from exchange.service.seal_views import SealViews
from exchange.service.sealers import Sealers
from exchange.service.seals import Seals
from exchange.wiring_base import Base

_NONCE_BITS = 64


def open_documents(base: Base) -> DocumentServices:
    """Every service of sealed documents with its collaborators."""
    settings = base.settings
    seals, development = _seals(base), _development(base)
    return DocumentServices(
        fonts=load_fonts(),
        authorities=base.authorities,
        seals=seals,
        development=development,
        enrolment=DevelopmentEnrolment(
            authority=development,
            keys=base.keys,
            seals=seals,
            catalogue=base.catalogue,
            types=base.types,
            reads=base.reads,
            register=Registration(units=base.units, hasher=PasswordHasher()).person,
            new_password=secrets.token_urlsafe,
            now=base.units.now,
        ),
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


def _development(base: Base) -> DevelopmentAuthority:
    settings = base.settings
    return DevelopmentAuthority(
        directory=settings.keys_dir,
        passphrase=settings.key_passphrase.get_secret_value().encode(),
        profile=settings.profile.value,
        authorities=base.authorities,
        keys=base.keys,
        now=base.units.now,
    )
