"""One frozen settings object, read from `YZT_*` variables and a secrets directory; no secret has a default.

Unknown or mistyped `YZT_*` names are refused at start-up: a silently ignored setting is a wrong setting.
"""

import base64
import difflib
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from exchange.errors import SettingsError

PREFIX = "YZT_"
SECRETS_DIR = "YZT_SECRETS_DIR"


class Profile(StrEnum):
    """Where state lives: `embedded` keeps all of it in one directory, `production` uses servers."""

    EMBEDDED = "embedded"
    PRODUCTION = "production"


class Settings(BaseModel):
    """Everything a process of the hub needs to know, validated once.

    `data_key` is 32 bytes in base64; it wraps subject keys and stored answers and peppers look-up indexes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Profile
    public_url: str = Field(pattern=r"^https?://[^/?#]+$")
    log_origin: str = Field(pattern=r"^[a-z0-9.-]+(/[a-z0-9._-]+)*$")
    region: str = Field(default="339900", pattern=r"^\d{6}$")
    operator: str = Field(default="11339900MB90000585", pattern=r"^[0-9A-Z]{18}$")
    host: str = "127.0.0.1"
    port: int = Field(default=8339, ge=0, le=65535)
    keys_dir: Path
    key_passphrase: SecretStr = Field(min_length=16)
    data_key: SecretStr
    data_dir: Path
    database_url: SecretStr | None = None
    s3_endpoint: str | None = None
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    s3_bucket: str | None = None
    s3_secure: bool = True
    connections_file: Path | None = None
    manifests_dir: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    pkcs11_module: Path | None = None
    pkcs11_pin: SecretStr | None = None
    tsa_url: str | None = Field(default=None, pattern=r"^https?://[^?#\s]+$")
    tsa_seconds: float = Field(default=10, gt=0, le=60)
    sealing_processes: int = Field(default=2, ge=1, le=64)
    sealing_jobs_kept_days: int = Field(default=365, ge=7, le=3650)

    @model_validator(mode="after")
    def _profile_is_complete(self) -> Self:
        missing = [name for name in _PRODUCTION_ONLY if getattr(self, name) is None]
        if self.profile is Profile.PRODUCTION and missing:
            raise ValueError(f"profile=production needs {', '.join(PREFIX + name.upper() for name in missing)}")
        given = [name for name in _PRODUCTION_ONLY if getattr(self, name) is not None]
        if self.profile is Profile.EMBEDDED and given:
            raise ValueError(f"profile=embedded does not use {', '.join(PREFIX + name.upper() for name in given)}")
        if self.profile is Profile.PRODUCTION and not self.public_url.startswith("https://"):
            raise ValueError("profile=production needs an https:// YZT_PUBLIC_URL")
        if (self.pkcs11_module is None) != (self.pkcs11_pin is None):
            raise ValueError("YZT_PKCS11_MODULE and YZT_PKCS11_PIN belong together")
        if len(self.data_key_bytes) != _DATA_KEY_BYTES:
            raise ValueError("YZT_DATA_KEY must be 32 bytes in base64")
        return self

    @property
    def data_key_bytes(self) -> bytes:
        """The data key as 32 raw bytes."""
        try:
            return base64.b64decode(self.data_key.get_secret_value().strip(), validate=True)
        except ValueError:
            return b""


_DATA_KEY_BYTES = 32
_PRODUCTION_ONLY = ("database_url", "s3_endpoint", "s3_access_key", "s3_secret_key", "s3_bucket")


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (default: the process's) and the directory named by YZT_SECRETS_DIR.

    Raises:
        SettingsError: listing every unknown name, missing value and bad value at once.
    """
    env = dict(os.environ if environ is None else environ)
    complaints = _unknown_names(env)
    values = {name[len(PREFIX) :].lower(): value for name, value in env.items() if name.startswith(PREFIX)}
    values |= _secret_files(values.pop("secrets_dir", None), complaints)
    known: dict[str, object] = {name: value for name, value in values.items() if name in Settings.model_fields}
    if "trusted_proxies" in values:
        known["trusted_proxies"] = tuple(name for name in values["trusted_proxies"].split(",") if name)
    try:
        settings = Settings.model_validate(known)
    except ValidationError as error:
        complaints += [_complaint(item["loc"], item["msg"]) for item in error.errors(include_input=False)]
        raise SettingsError(complaints) from None
    if complaints:
        raise SettingsError(complaints)
    return settings


def _unknown_names(env: Mapping[str, str]) -> list[str]:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {SECRETS_DIR}
    return [
        f"{name} is not a setting{_did_you_mean(name, known)}"
        for name in sorted(env)
        if name.startswith(PREFIX) and name not in known
    ]


def _did_you_mean(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _secret_files(directory: str | None, complaints: list[str]) -> dict[str, str]:
    """Files named like a lower-case setting (`yzt_data_key`) hold its value; unknown files are complaints."""
    if directory is None:
        return {}
    if not Path(directory).is_dir():
        complaints.append(f"{SECRETS_DIR}: there is no such directory")
    found: dict[str, str] = {}
    for path in sorted(Path(directory).glob("yzt_*")):
        name = path.name.removeprefix("yzt_")
        if name in Settings.model_fields:
            found[name] = path.read_text(encoding="utf-8").strip()
        else:
            complaints.append(f"secret file {path.name} is not a setting")
    return found


def _complaint(location: tuple[int | str, ...], message: str) -> str:
    name = PREFIX + str(location[0]).upper() if location else "settings"
    return f"{name}: {message.removeprefix('Value error, ')}"
