"""A hub's home directory on the embedded profile: `hub.env` with its settings, `secrets/` with one file per secret,
`manifests/` and `connections.toml` for the departments' systems.

On the production profile there is no home: variables and YZT_SECRETS_DIR say everything.
"""

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from exchange.errors import SettingsError
from exchange.settings import PREFIX, SECRETS_DIR, Settings, load_settings

ENV_FILE = "hub.env"
SECRETS = "secrets"
MANIFESTS = "manifests"
CONNECTIONS = "connections.toml"
_SECRET_BYTES = 32
_CONNECTIONS = """# How to reach the departments' systems that the manifests name.
# [connections.psb]
# url = "postgresql+psycopg://reader@psb.example/registry"
"""


def create_home(home: Path, *, port: int, public_url: str | None = None) -> None:
    """Write settings and fresh secrets for an embedded hub; an existing home is left as it is."""
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    if (home / ENV_FILE).exists():
        return
    folder = home / SECRETS
    folder.mkdir(mode=0o700)
    _write_secret(folder / "yzt_key_passphrase", secrets.token_urlsafe(_SECRET_BYTES))
    _write_secret(folder / "yzt_data_key", base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode())
    (home / MANIFESTS).mkdir()
    _write_secret(home / CONNECTIONS, _CONNECTIONS)
    values = {
        "PROFILE": "embedded",
        "PUBLIC_URL": public_url or f"http://127.0.0.1:{port}",
        "LOG_ORIGIN": "hub.339900.example/log",
        "PORT": str(port),
        "DATA_DIR": str((home / "data").absolute()),
        "KEYS_DIR": str((home / "keys").absolute()),
        "SECRETS_DIR": str(folder.absolute()),
        "MANIFESTS_DIR": str((home / MANIFESTS).absolute()),
        "CONNECTIONS_FILE": str((home / CONNECTIONS).absolute()),
    }
    (home / ENV_FILE).write_text("".join(f"{PREFIX}{name}={value}\n" for name, value in values.items()))


def settings_of(home: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of a home, with variables of the process on top; without a home the variables alone.

    Raises:
        SettingsError: the home was never initialised, or a value is missing or wrong; all are listed.
    """
    own = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    if home is None or (not (home / ENV_FILE).exists() and own.keys() - {SECRETS_DIR}):
        return load_settings(environ)
    try:
        text = (home / ENV_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError([f"{home} is no hub; run `yzt --home {home} init` first"]) from None
    lines = [line.partition("=") for line in text.splitlines() if line and not line.startswith("#")]
    return load_settings({name: value for name, _, value in lines} | own)


def _write_secret(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
