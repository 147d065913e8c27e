"""Private keys by URI: encrypted files and PKCS#11 tokens (RFC 7512), each with its own secret.

A token's URI on file names token and object and nothing else. The module that drives the token comes from the
settings alone: whoever could write a path into the database could make the hub load code.
"""

from dataclasses import dataclass, field
from urllib.parse import quote

from certs.crypto.keys import load_signer
from certs.crypto.ports import Signer
from certs.errors import KeyUnreadable
from certs.pki.token_keys import load_token_signer

TOKEN = "pkcs11:"  # noqa: S105 - a scheme


@dataclass(frozen=True, slots=True)
class KeyOpener:
    """Opens keys; a value, so that it can be handed to processes that seal. `pin` is the token user's."""

    passphrase: bytes = field(repr=False)
    module: str | None = None
    pin: bytes | None = field(default=None, repr=False)

    def __call__(self, uri: str) -> Signer:
        """The signer behind the URI, proven to hold the key. Blocking.

        Raises:
            KeyUnreadable: see `load_signer` and `load_token_signer`; a token's key where no module or PIN is set, or
                with a URI that says more than token and object.
            AlgorithmRefused, AlgorithmUnavailable, MalformedKey: see there.
        """
        if not uri.startswith(TOKEN):
            return load_signer(uri, self.passphrase)
        if self.module is None or self.pin is None:
            raise KeyUnreadable("a key on a token needs YZT_PKCS11_MODULE and YZT_PKCS11_PIN")
        if "?" in uri:
            raise KeyUnreadable("a token's key is named pkcs11:token=…;object=…; the module comes from the settings")
        return load_token_signer(f"{uri}?module-path={quote(self.module)}", self.pin)
