"""Every way a document is refused, when written and when read."""

from certs.errors import CertsError


class OfdError(CertsError):
    """Something about an OFD document was refused. Next: see the subclass."""

    code = "ofd-error"


class PageRefused(OfdError):
    """A page cannot be written as asked. Next: correct the layout; nothing is drawn by guess."""

    code = "page-refused"


class PackageRefused(OfdError):
    """The ZIP package is not in the one form that every reader reads alike (格式不规范). Next: get the file again."""

    code = "package-irregular"


class XmlRefused(OfdError):
    """A part is not plain well-formed XML within the limits. Next: obtain the file again from its issuer."""

    code = "xml-refused"


class DocumentMalformed(OfdError):
    """The parts do not make an OFD document (GB/T 33190). Next: obtain the file again from its issuer."""

    code = "ofd-malformed"
