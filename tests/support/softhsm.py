"""A PKCS#11 token of the test's own, kept by SoftHSM in a directory of the test's own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.components import SOFTHSM, require

PIN = "4321-of-the-test"
_PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
_MAKE_KEYS = """
import sys
import pkcs11
from pkcs11.util.ec import encode_named_curve_parameters
module, token, pin, *labels = sys.argv[1:]
session = pkcs11.lib(module).get_token(token_label=token).open(user_pin=pin, rw=True)
curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
for label in labels:
    parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
    parameters.generate_keypair(store=True, label=label)
"""


@dataclass(frozen=True, slots=True)
class Token:
    """A token with P-256 keys; `environment` is what a process that uses it needs."""

    label: str
    module: str
    environment: Mapping[str, str]

    def uri(self, key: str) -> str:
        """The key as the hub keeps it: without module and PIN."""
        return f"pkcs11:token={self.label};object={key}"


def softhsm_module() -> str:
    """The module, installed when we may; where it is missing tests are skipped, in CI they fail."""
    require(SOFTHSM)
    found = next((place for place in _PLACES if Path(place).exists()), None)
    assert found is not None, "the package brings tool and module together"
    return found


def make_token(directory: Path, *keys: str) -> Token:
    """A fresh token with these keys, made in processes of their own: a module reads its settings once per process."""
    module = softhsm_module()
    (directory / "tokens").mkdir(parents=True)
    configuration = directory / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {directory / 'tokens'}\nlog.level = ERROR\n")
    token = Token("yzt-test", module, {"SOFTHSM2_CONF": str(configuration)})
    environment = {**os.environ, **token.environment}
    make = ["softhsm2-util", "--init-token", "--free", "--label", token.label, "--so-pin", "12345678", "--pin", PIN]
    subprocess.run(make, check=True, capture_output=True, env=environment, timeout=60)
    command = [sys.executable, "-c", _MAKE_KEYS, module, token.label, PIN, *keys]
    subprocess.run(command, check=True, capture_output=True, env=environment, timeout=60)
    return token
