"""Why a PDF could not be read. What is irregular is proven unfit; what is only unknown here is not."""

from certs.errors import CertsError


class PdfUnreadable(CertsError):
    """A PDF could not be read to its end. Next: see the subclass."""

    code = "pdf-unreadable"


class PdfIrregular(PdfUnreadable):
    """Programs could read the file differently, or it is damaged. Next: obtain the intact file again."""

    code = "pdf-irregular"


class PdfNotUnderstood(PdfUnreadable):
    """The file uses a feature of PDF that is not read here. Next: have it checked with the program that made it."""

    code = "pdf-not-understood"


class PdfTooCostly(PdfUnreadable):
    """Reading the file would take more work or memory than any document needs. Next: treat it as an attack."""

    code = "pdf-too-costly"


class PdfEncrypted(PdfUnreadable):
    """The file is encrypted. Next: ask for it without encryption."""

    code = "pdf-encrypted"


class CertificateMissing(CertsError):
    """No readable certificate is attached to the PDF. Next: ask for the document as it was issued."""

    code = "pdf-certificate-missing"
