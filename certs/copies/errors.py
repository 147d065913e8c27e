"""What is refused when copies of certificates are made."""

from certs.errors import CertsError


class CopyTermsRefused(CertsError):
    """A purpose-marked copy cannot be made on these terms. Next: mend the field named in `where`.

    `reason` is one of: empty, too-long, not-plain, not-printable, personal, not-in-term.
    """

    code = "copy-terms-refused"

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}", where=where, reason=reason)
        self.where, self.reason = where, reason
