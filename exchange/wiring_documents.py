"""The services around sealed documents: authorities, seals, sealing, copies. Called by `exchange.wiring` once."""

from certs.layout.fonts import load_fonts
from exchange.app import DocumentServices
from exchange.wiring_base import Base


def open_documents(base: Base) -> DocumentServices:
    """Every service of sealed documents with its collaborators."""
    return DocumentServices(fonts=load_fonts())
