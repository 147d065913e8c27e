"""The services around sealed documents: authorities, seals, sealing, copies. Called by `exchange.wiring` once."""

import secrets
from datetime import timedelta
from functools import partial

from argon2 import PasswordHasher

from adapters.tsa.client import TsaClient
from certs.layout.fonts import load_fonts
from certs.seals.pki_trust import PkiCertificates, PkiTrust
from certs.seals.service import SealRegister
from exchange.app import DocumentServices
from exchange.sealing import Sealer
from exchange.service.compromise import Compromise
from exchange.service.copies import Copies
from exchange.service.dev_authority import DevelopmentAuthority
from exchange.service.dev_enrolment import DevelopmentEnrolment
from exchange.service.documents import Originals
from exchange.service.issuing import Issuing
from exchange.service.registration import Registration
from exchange.service.repeats import Repeats
from exchange.service.reports import Reports
from exchange.service.seal_views import SealViews
from exchange.service.sealers import Sealers
from exchange.service.sealing_jobs import SealingJobs
from exchange.service.sealing_pool import KeyStore, SealingPool
from exchange.service.sealing_retention import SealingRetention
from exchange.service.sealing_upkeep import SealingUpkeep
from exchange.service.sealing_work import SealingWork
from exchange.service.seals import Seals
from exchange.service.trial_seals import TrialSeals
from exchange.service.trust import Trust
from exchange.service.verification import Verification
from exchange.service.verification_askers import Askers
from exchange.service.verification_batches import VerificationBatches
from exchange.service.verification_intake import VerificationIntake
from exchange.service.verification_uploads import Uploads
from exchange.wiring_base import Base

_NONCE_BITS = 64


def open_documents(base: Base, verification: Verification, *, issuing: Issuing, trust: Trust) -> DocumentServices:
    """Every service of sealed documents with its collaborators."""
    settings = base.settings
    seals, development = _seals(base), _development(base)
    trials = TrialSeals(development, base.keys, seals, base.units.now)
    sealers = Sealers(
        reads=base.reads,
        keys=base.keys,
        authorities=base.authorities,
        ask_tsa=TsaClient(settings.tsa_url, settings.tsa_seconds) if settings.tsa_url else None,
        new_nonce=partial(secrets.randbits, _NONCE_BITS),
        now=base.units.now,
    )
    (intake, batches), sealing = _batches(base, verification), _sealing(base, sealers, issuing)
    return DocumentServices(
        fonts=load_fonts(),
        authorities=base.authorities,
        seals=seals,
        trial_seals=trials,
        compromise=Compromise(base.units, base.reads, base.keys, issuing, trust, sealing),
        development=development,
        enrolment=DevelopmentEnrolment(
            authority=development,
            keys=base.keys,
            trials=trials,
            catalogue=base.catalogue,
            types=base.types,
            reads=base.reads,
            register=Registration(units=base.units, hasher=PasswordHasher()).person,
            new_password=secrets.token_urlsafe,
            now=base.units.now,
        ),
        sealers=sealers,
        sealing=sealing,
        upkeep=SealingUpkeep(sealing),
        retention=SealingRetention(base.units, base.reads, timedelta(days=settings.sealing_jobs_kept_days)),
        originals=Originals(base.units, base.reads, base.types, load_fonts(), base.photos, settings.public_url),
        copies=_copies(base, sealers, verification),
        intake=intake,
        batches=batches,
        reports=Reports(verification, batches, base.keys, base.hub, base.units.now, base.units.new_id),
    )


def _batches(base: Base, verification: Verification) -> tuple[VerificationIntake, VerificationBatches]:
    sealer = Sealer(base.secret("verifications"), secrets.token_bytes)
    uploads = Uploads(base.blobs, sealer)
    askers = Askers(base.reads, base.units.now, base.secret("verification-owners"))
    intake = VerificationIntake(base.units, base.reads, uploads, askers, base.jobs)
    return intake, VerificationBatches(base.units, base.reads, uploads, sealer, verification, askers)


def _sealing(base: Base, sealers: Sealers, issuing: Issuing) -> SealingJobs:
    work = SealingWork(
        units=base.units,
        reads=base.reads,
        types=base.types,
        issuance=issuing.issuance,
        sealers=sealers,
        register=_register(base),
        photos=base.photos,
        public_url=base.settings.public_url,
    )

    def pool(processes: int) -> SealingPool:
        store = KeyStore({row.kid: row.uri for row in base.keys.rows}, base.keys.open_key)
        return SealingPool(store, processes=processes, fonts=load_fonts())

    return SealingJobs(
        units=base.units,
        reads=base.reads,
        types=base.types,
        work=work,
        jobs=base.jobs,
        repeats=_repeats(base),
        pool=pool,
        processes=base.settings.sealing_processes,
    )


def _register(base: Base) -> SealRegister:
    """For the log of uses: it files no seal, so it judges no maker."""
    return SealRegister(PkiCertificates(PkiTrust((), (), ())), base.settings.profile.value)


def _copies(base: Base, sealers: Sealers, verification: Verification) -> Copies:
    return Copies(
        units=base.units,
        reads=base.reads,
        repeats=_repeats(base),
        types=base.types,
        fonts=load_fonts(),
        photos=base.photos,
        sealers=sealers,
        register=_register(base),
        verification=verification,
        sealer=Sealer(base.secret("copies"), secrets.token_bytes),
        random_bytes=secrets.token_bytes,
        public_url=base.settings.public_url,
    )


def _repeats(base: Base) -> Repeats:
    return Repeats(base.units, base.reads, Sealer(base.secret("repeats"), secrets.token_bytes))


def _seals(base: Base) -> Seals:
    return Seals(
        views=SealViews(base.reads, base.units.now),
        repeats=_repeats(base),
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
