"""Identifiers, types, issuing and the life of a certificate."""

from certs.errors.base import CertsError


class IdentifierInvalid(CertsError):
    """A certificate identifier (电子证照标识, GB/T 36904) is not well formed. Next: read it again on the document."""

    code = "identifier-invalid"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text[:96]!r}: {reason}", reason=reason)
        self.text, self.reason = text[:96], reason


class IdentifierRootObsolete(IdentifierInvalid):
    """The identifier has the root of old software. Next: ask the issuer for the identifier under 1.2.156.3005.2."""

    code = "identifier-root-obsolete"


class TypeFileInvalid(CertsError):
    """A certificate type file is wrong; every fault is listed. Next: correct the file and load again."""

    code = "certificate-type-invalid"

    def __init__(self, source: str, faults: tuple[str, ...]) -> None:
        super().__init__(f"{source}: " + "; ".join(faults), source=source, faults=faults)
        self.source, self.faults = source, faults


class TypeUnknown(CertsError):
    """No certificate type (电子证照类型) has this code or short name. Next: add its file to the type catalogue."""

    code = "certificate-type-unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"no certificate type {name[:64]!r}", name=name[:64])
        self.name = name[:64]


class IssueRefused(CertsError):
    """The record cannot become this certificate; every reason is listed. Next: correct the source record."""

    code = "issue-refused"

    def __init__(self, type_code: str, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons), type_code=type_code, reasons=reasons)
        self.type_code, self.reasons = type_code, reasons


class IssuerNotEntitled(CertsError):
    """This authority may not issue this type. Next: the authority that defines the type must name it as issuer."""

    code = "issuer-not-entitled"

    def __init__(self, issuer: str, type_code: str) -> None:
        super().__init__(f"{issuer} may not issue {type_code}", issuer=issuer, type_code=type_code)
        self.issuer, self.type_code = issuer, type_code


class TicketAlreadyRedeemed(CertsError):
    """A ticket signs once. Next: prepare again; a second signature needs a second decision."""

    code = "ticket-redeemed"


class CertificateExists(CertsError):
    """The source record has a certificate made from other content. Next: supersede it (变更) instead of issuing."""

    code = "certificate-exists"

    def __init__(self, identifier: str) -> None:
        super().__init__(f"{identifier} exists", identifier=identifier)
        self.identifier = identifier


class IssuanceInProgress(CertsError):
    """Another issuance of this record with other content is under way. Next: wait for it, then supersede."""

    code = "issuance-in-progress"


class IntentAbandoned(CertsError):
    """The intent was given up before the signature came. Next: discard the signature and issue anew."""

    code = "intent-abandoned"


class IntentMismatch(CertsError):
    """What was signed is not what was journalled. Next: discard it; check who changed the certificate between."""

    code = "intent-mismatch"


class CertificateNotFound(CertsError):
    """No certificate has this identifier. Next: check the identifier's check character."""

    code = "certificate-not-found"

    def __init__(self, identifier: str) -> None:
        super().__init__(f"no certificate {identifier[:96]!r}", identifier=identifier[:96])
        self.identifier = identifier[:96]


class TransitionRefused(CertsError):
    """The certificate's state does not allow this change. Next: the reason is named; ask the issuing authority."""

    code = "transition-refused"

    def __init__(self, state: str, target: str, why: str) -> None:
        super().__init__(f"{state} -> {target}: {why}", state=state, target=target)
        self.state, self.target, self.why = state, target, why


class FaceInvalid(CertsError):
    """A face of a certificate (照面) lacks or garbles what every face states. Next: refuse the document."""

    code = "face-invalid"


class TrustBundleInvalid(CertsError):
    """The trust list cannot be read. Next: fetch it again from the hub; until then nothing is verified."""

    code = "trust-bundle-invalid"
