"""Settings are complete or refused, every complaint at once, and no secret has a default or shows."""

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr

from exchange.errors import SettingsError
from exchange.settings import Profile, Settings, load_settings

KEY = base64.b64encode(bytes(range(32))).decode()
GOOD = {
    "YZT_PROFILE": "embedded",
    "YZT_PUBLIC_URL": "http://127.0.0.1:8339",
    "YZT_LOG_ORIGIN": "hub.339900.example/log",
    "YZT_KEYS_DIR": "/tmp/keys",
    "YZT_KEY_PASSPHRASE": "sixteen-characters",
    "YZT_DATA_KEY": KEY,
    "YZT_DATA_DIR": "/tmp/data",
}
SERVERS = {
    "YZT_PROFILE": "production",
    "YZT_PUBLIC_URL": "https://hub.339900.example",
    "YZT_DATABASE_URL": "postgresql+asyncpg://hub:topsecretword@db.example/hub",
    "YZT_S3_ENDPOINT": "s3.example:9000",
    "YZT_S3_ACCESS_KEY": "accesskeyword",
    "YZT_S3_SECRET_KEY": "secretkeyword",
    "YZT_S3_BUCKET": "hub",
}


def complaints(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        load_settings(environ)
    return "\n".join(refused.value.complaints)


def test_good_settings_are_read_and_other_programs_variables_are_not_ours() -> None:
    read = load_settings(GOOD | {"PATH": "/bin", "YZT_TRUSTED_PROXIES": "10.0.0.1,10.0.0.2", "YZT_PORT": "0"})
    assert (read.profile, read.port) == (Profile.EMBEDDED, 0)
    assert read.trusted_proxies == ("10.0.0.1", "10.0.0.2")
    assert read.data_key_bytes == bytes(range(32))
    assert load_settings(GOOD | {"YZT_TRUSTED_PROXIES": ""}).trusted_proxies == ()


def test_everything_that_is_missing_is_listed_at_once() -> None:
    said = complaints({})
    assert all(f"{name}:" in said for name in GOOD)


def test_a_mistyped_name_is_refused_with_the_one_that_was_meant() -> None:
    said = complaints({**GOOD, "YZT_PUBLIC_ULR": "http://x.example", "YZT_NONSENSE": "1"})
    assert "YZT_PUBLIC_ULR is not a setting; did you mean YZT_PUBLIC_URL?" in said
    assert "YZT_NONSENSE is not a setting" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YZT_PROFILE", "cloud"),
        ("YZT_PUBLIC_URL", "http://127.0.0.1:8339/hub"),
        ("YZT_PUBLIC_URL", "ftp://hub.example"),
        ("YZT_LOG_ORIGIN", "Hub Log"),
        ("YZT_REGION", "3399"),
        ("YZT_OPERATOR", "11339900mb90000585"),
        ("YZT_PORT", "65536"),
        ("YZT_KEY_PASSPHRASE", "short-secretword"[:12]),
        ("YZT_DATA_KEY", "c2hvcnQ="),
        ("YZT_DATA_KEY", "not base64 at all!"),
    ],
)
def test_a_bad_value_is_refused_without_being_repeated(name: str, value: str) -> None:
    said = complaints(GOOD | {name: value})
    assert value not in said or name not in {"YZT_KEY_PASSPHRASE", "YZT_DATA_KEY"}
    assert "YZT_" in said


@pytest.mark.parametrize("absent", [name for name in SERVERS if name not in {"YZT_PROFILE", "YZT_PUBLIC_URL"}])
def test_production_needs_every_server(absent: str) -> None:
    given = GOOD | {name: value for name, value in SERVERS.items() if name != absent}
    assert absent in complaints(given)


def test_production_is_https_and_embedded_uses_no_servers() -> None:
    assert load_settings(GOOD | SERVERS).profile is Profile.PRODUCTION
    assert "https://" in complaints(GOOD | SERVERS | {"YZT_PUBLIC_URL": "http://hub.339900.example"})
    assert "YZT_S3_BUCKET" in complaints(GOOD | {"YZT_S3_BUCKET": "hub"})


def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "yzt_data_key").write_text(KEY + "\n")
    (tmp_path / "yzt_key_passphrase").write_text("sixteen-characters\n")
    (tmp_path / "other").write_text("not ours")
    env = {k: v for k, v in GOOD.items() if k not in {"YZT_DATA_KEY", "YZT_KEY_PASSPHRASE"}}
    read = load_settings(env | {"YZT_SECRETS_DIR": str(tmp_path)})
    assert read.key_passphrase.get_secret_value() == "sixteen-characters"
    (tmp_path / "yzt_data_kye").write_text("x")
    assert "yzt_data_kye" in complaints(env | {"YZT_SECRETS_DIR": str(tmp_path)})
    assert "no such directory" in complaints(env | {"YZT_SECRETS_DIR": str(tmp_path / "nowhere")})


def test_no_secret_has_a_default_or_shows() -> None:
    for name, field in Settings.model_fields.items():
        if field.annotation is SecretStr:
            assert field.is_required(), name
    read = load_settings(GOOD | SERVERS)
    shown = f"{read!r} {read} {read.model_dump()} {read.model_dump_json()}"
    for secret in (KEY, "sixteen-characters", "topsecretword", "accesskeyword", "secretkeyword"):
        assert secret not in shown


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(load_settings(GOOD), "port", 1)  # noqa: B010 - the checker would refuse the assignment itself
