"""Every way a seal, a stamp or an act on a seal is refused."""

from certs.errors import CertsError
from certs.seals.refusals import ActRefusal


class SealError(CertsError):
    """Something about a seal was refused. Next: see the subclass."""

    code = "seal-error"


class SealMalformed(SealError):
    """The structure is not that of GB/T 38540. Next: obtain the seal or document again from its maker."""

    code = "seal-malformed"


class SealVersionUnsupported(SealError):
    """The seal has a version that may only be recognised, not used. Next: ask its maker for a version 4 seal."""

    code = "seal-version-unsupported"

    def __init__(self, standard: str) -> None:
        super().__init__(f"made by {standard}, recognised and not verified", standard=standard)
        self.standard = standard


class SealAlgorithmRefused(SealError):
    """The signature is not SM2 with SM3. Next: treat the seal as unfit."""

    code = "seal-algorithm-refused"

    def __init__(self, oid: str) -> None:
        super().__init__(f"signature algorithm {oid} is not SM2 with SM3", oid=oid)
        self.oid = oid


class SealMakingRefused(SealError):
    """Seals are made by the State's seal system (电子印章制作系统). Next: import the seal made there."""

    code = "seal-making-refused"


class SealNotFound(SealError):
    """There is no such seal or open proposal for this person. Next: look at the list of seals."""

    code = "seal-not-found"

    def __init__(self, name: str) -> None:
        super().__init__(f"no {name[:96]!r} on file", name=name[:96])
        self.name = name[:96]


class SealExists(SealError):
    """A seal with this number or this content is on file. Next: look at it; a new seal has a number of its own."""

    code = "seal-exists"


class SealActRefused(SealError):
    """The act does not fit the seal's state or the person who asks. Next: `reason` says what would fit.

    `detail` is for the asker alone: it may quote what was handed in.
    """

    code = "seal-act-refused"

    def __init__(self, act: str, reason: ActRefusal, detail: str = "") -> None:
        super().__init__(": ".join(filter(None, (act, reason.en, detail))), act=act, reason=reason.value)
        self.act, self.reason, self.detail = act, reason, detail


class SealUseRefused(SealError):
    """The seal may not be used for this now. Next: `why` names the state or the rule of use."""

    code = "seal-use-refused"

    def __init__(self, es_id: str, why: str) -> None:
        super().__init__(f"seal {es_id}: {why}", es_id=es_id, why=why)
        self.es_id, self.why = es_id, why
