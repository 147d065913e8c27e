"""Everything the deployment names must exist: commands, settings, secrets, ports, volumes, paths, images."""

import ast
import ipaddress
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from typer.main import get_command

from exchange.cli import app
from exchange.settings import PREFIX, SECRETS_DIR, Profile, Settings, load_settings

ROOT = Path(__file__).parents[2]
TAG_ONLY = {"versity/versitygw"}  # docs/adr/0008 says why
BUILT_HERE = {"yizhengtong"}
BRING_YOUR_OWN = {"tls_certificate", "tls_key"}
TRIAL = {"YZT_PUBLIC_URL": "https://hub.example.gov", "YZT_LOG_ORIGIN": "hub.example.gov/log"}
VERBS = {"get", "post", "put", "delete", "patch", "route", "api_route", "add_api_route", "add_route", "mount"}


@cache
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def hub_services() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in services().items() if "YZT_PROFILE" in service.get("environment", {})}


@cache
def dockerfile() -> list[tuple[str, str]]:
    joined = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def instructions(word: str) -> list[str]:
    return [rest for found, rest in dockerfile() if found == word]


@cache
def nginx_conf() -> str:
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.strip().startswith("#"))


@cache
def routes() -> frozenset[str]:
    return frozenset(path for file in (ROOT / "exchange").rglob("*.py") for path in _paths(file))


def _paths(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0]
        if name in VERBS | {"Route", "Mount"} and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


# ---- images ----


def test_every_image_is_pinned() -> None:
    images = [s["image"] for s in services().values()] + [f.split()[0] for f in instructions("FROM")]
    for image in set(images):
        name, _, version = image.partition(":")
        tag, _, digest = version.partition("@")
        assert re.search(r"\d+\.\d+", tag), image
        if name not in BUILT_HERE | TAG_ONLY:
            assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest), image


def test_what_is_pinned_by_tag_only_is_explained() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "adr").glob("0008-*.md"))
    assert all(name in text for name in TAG_ONLY)
    assert "digest" in text


def test_the_image_runs_the_python_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["requires-python"].removeprefix(">=")
    assert all(image.startswith(f"python:{wanted}.") for image in instructions("FROM"))
    assert len({image.split()[0] for image in instructions("FROM")}) == 1


# ---- the image ----


def test_the_image_installs_only_hashed_dependencies() -> None:
    installs = [run for run in instructions("RUN") if "pip install" in run]
    assert installs
    assert all("--require-hashes" in run and "-r requirements/runtime.lock" in run for run in installs)
    assert "--hash=sha256:" in (ROOT / "requirements" / "runtime.lock").read_text(encoding="utf-8")


def test_the_image_runs_from_a_known_root_as_nobody_special() -> None:
    assert instructions("WORKDIR")[-1] == "/app"
    assert "PYTHONPATH=/app" in " ".join(instructions("ENV"))
    user = instructions("USER")[-1]
    assert user.split(":")[0] not in {"root", "0"}
    assert {service["user"] for service in hub_services().values()} == {user}


def test_everything_copied_exists_and_reaches_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[1] == "*"
    copied = [rest.split()[-2] for rest in instructions("COPY") if "--from" not in rest]
    assert {"exchange", "certs", "catalog", "adapters"} <= set(copied)
    for source in copied:
        assert (ROOT / source).exists()
        assert f"!{source}" in ignored


def test_the_image_has_the_command_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, function = project["scripts"]["yzt"].partition(":")
    script = ROOT / "deploy" / "yzt"
    assert f"from {module} import {function}" in script.read_text(encoding="utf-8")
    assert script.stat().st_mode & 0o111
    assert any("deploy/yzt /opt/venv/bin/yzt" in rest for rest in instructions("COPY"))


# ---- commands and settings ----


def test_every_command_exists() -> None:
    known = getattr(get_command(app), "commands", {})
    called = [service["command"] for service in hub_services().values()]
    called.append(yaml.safe_load(instructions("CMD")[-1]))
    assert {words[0] for words in called} == {"yzt"}
    assert {words[1] for words in called} == {"serve", "worker", "migrate"}
    assert all(words[1] in known for words in called)


def test_two_replicas_a_worker_and_one_migration() -> None:
    runs = [service["command"][1] for service in hub_services().values()]
    assert (runs.count("serve"), runs.count("worker"), runs.count("migrate")) == (2, 1, 1)
    migrate = {"condition": "service_completed_successfully"}
    for service in hub_services().values():
        if service["command"][1] in {"serve", "worker"}:
            assert service["depends_on"]["migrate"] == migrate
    assert services()["migrate"]["restart"] == "no"


def test_every_variable_is_a_setting() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {SECRETS_DIR}
    for service in hub_services().values():
        assert set(service["environment"]) <= known


def test_the_layer_for_departments_fits() -> None:
    layer = yaml.safe_load((ROOT / "deploy" / "departments.yml").read_text(encoding="utf-8"))["services"]
    stays = {name for name, service in hub_services().items() if service["command"][1] in {"serve", "worker"}}
    assert set(layer) == stays
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for service in layer.values():
        assert set(service["environment"]) <= known
        assert {volume.split(":")[1] for volume in service["volumes"]} == set(service["environment"].values())
        for volume in service["volumes"]:
            done = subprocess.run(["git", "check-ignore", "--quiet", volume.split(":")[0]], cwd=ROOT, check=False)
            assert done.returncode == 0


def test_ports_agree() -> None:
    for service in hub_services().values():
        assert service["environment"]["YZT_PORT"] == instructions("EXPOSE")[-1]
    upstreams = re.findall(r"server ([\w-]+):(\d+)", nginx_conf())
    replicas = {name for name, service in hub_services().items() if service["command"][1] == "serve"}
    assert {name for name, _ in upstreams} == replicas
    assert {port for _, port in upstreams} == {instructions("EXPOSE")[-1]}
    listening = set(re.findall(r"listen (\d+)\b(?!\.)", nginx_conf()))
    assert {port.split(":")[1] for port in services()["proxy"]["ports"]} == listening
    assert not any("ports" in service for name, service in services().items() if name != "proxy")


def test_the_trusted_proxy_is_the_proxy() -> None:
    address = services()["proxy"]["networks"]["edge"]["ipv4_address"]
    pool = compose()["networks"]["edge"]["ipam"]["config"][0]
    assert ipaddress.ip_address(address) in ipaddress.ip_network(pool["subnet"])
    assert ipaddress.ip_address(address) not in ipaddress.ip_network(pool["ip_range"])
    for service in hub_services().values():
        assert service["environment"]["YZT_TRUSTED_PROXIES"] == address


def test_networks_are_declared_and_the_store_is_closed() -> None:
    declared = compose()["networks"]
    assert all(set(service["networks"]) <= set(declared) for service in services().values())
    assert declared["store"]["internal"] is True
    assert all(services()[name]["networks"] == ["store"] for name in ("postgres", "s3"))


# ---- health ----


def test_everything_that_stays_is_watched() -> None:
    for name, service in services().items():
        if service.get("restart") == "unless-stopped" and name != "worker":
            assert service["healthcheck"]["test"][0] == "CMD", name


def test_health_paths_are_routes() -> None:
    for service in hub_services().values():
        if "healthcheck" in service:
            port, path = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", service["healthcheck"]["test"][-1])[0]
            assert port == service["environment"]["YZT_PORT"]
            assert path in routes()
    for path in re.findall(r"location = (/\w+)", nginx_conf()):
        assert path in routes() | {"/alive"}
    assert "/alive" in services()["proxy"]["healthcheck"]["test"][-1]
    flag = re.findall(r"--health (/\w+)", services()["s3"]["command"][0])
    assert flag
    assert services()["s3"]["healthcheck"]["test"][-1].endswith(flag[0])


# ---- secrets ----


def test_every_secret_is_declared_used_and_a_file_that_git_ignores() -> None:
    used = {name for service in services().values() for name in service.get("secrets", [])}
    assert used == set(compose()["secrets"])
    for name, secret in compose()["secrets"].items():
        assert secret == {"file": f"./deploy/secrets/{name}"}
        done = subprocess.run(["git", "check-ignore", "--quiet", secret["file"]], cwd=ROOT, check=False)
        assert done.returncode == 0
    tracked = subprocess.run(
        ["git", "ls-files", "deploy/secrets"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert tracked.stdout.split() == ["deploy/secrets/.gitignore"]


WITHOUT_TOKEN = {"pkcs11_pin"}  # the compose file keeps keys in encrypted files


def test_secret_settings_come_from_files_only() -> None:
    secret = {name for name, field in Settings.model_fields.items() if SecretStr in _types(field.annotation)}
    for service in hub_services().values():
        given = {name.removeprefix("yzt_") for name in service["secrets"]}
        assert given == secret - WITHOUT_TOKEN
        assert not {PREFIX + name.upper() for name in secret} & set(service["environment"])


def _types(annotation: object) -> tuple[object, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert not re.search(r"\$\{\w+:?-", text)
    for service in services().values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|TOKEN|PASSPHRASE|_KEY$", name):
                assert str(value).startswith("/run/secrets"), name
    for _word, rest in dockerfile():
        assert not re.search(r"(PASSWORD|SECRET|PASSPHRASE)\w*=", rest)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    make_secrets(tmp_path / "secrets")
    return tmp_path / "secrets"


def make_secrets(into: Path) -> str:
    command = [str(ROOT / "deploy" / "make-secrets"), "--host", "hub.example.gov", "--into", str(into), "--self-signed"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def test_the_script_makes_every_secret_once(made: Path) -> None:
    first = {path.name: path.read_bytes() for path in made.iterdir()}
    assert set(first) == set(compose()["secrets"])
    assert made.stat().st_mode & 0o777 == 0o700
    assert all(len(content) >= 20 for content in first.values())
    report = make_secrets(made)
    assert "made" not in report
    assert {path.name: path.read_bytes() for path in made.iterdir()} == first


def test_the_script_draws_other_secrets_elsewhere(made: Path, tmp_path: Path) -> None:
    make_secrets(tmp_path / "other")
    assert all((made / name).read_bytes() != (tmp_path / "other" / name).read_bytes() for name in compose()["secrets"])


def test_the_script_needs_a_host(tmp_path: Path) -> None:
    command = [str(ROOT / "deploy" / "make-secrets"), "--into", str(tmp_path / "none")]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 3
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", sorted(hub_services()))
def test_the_settings_of_a_service_load(name: str, made: Path, tmp_path: Path) -> None:
    service = hub_services()[name]
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    for secret in service["secrets"]:
        (mounted / secret).write_bytes((made / secret).read_bytes())
    settings = load_settings(_filled(service["environment"]) | {SECRETS_DIR: str(mounted)})
    assert settings.profile is Profile.PRODUCTION
    assert settings.database_url is not None
    password = (made / "postgres_password").read_text(encoding="utf-8")
    user, database = (services()["postgres"]["environment"][f"POSTGRES_{part}"] for part in ("USER", "DB"))
    assert (
        settings.database_url.get_secret_value() == f"postgresql+asyncpg://{user}:{password}@postgres:5432/{database}"
    )
    assert settings.s3_endpoint in {f"{name}:7070" for name in services()}
    assert f"--port :{settings.s3_endpoint.rpartition(':')[2]}" in services()["s3"]["command"][0]


def _filled(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables as compose passes them on, with the operator's own values in place."""
    return {name: TRIAL[name] if str(value).startswith("${") else value for name, value in environment.items()}


# ---- volumes ----


def test_volumes_are_declared_and_files_exist() -> None:
    used = set()
    for service in services().values():
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            assert target.startswith("/")
            if source.startswith("./"):
                assert (ROOT / source).is_file()
            else:
                used.add(source)
    assert used == set(compose()["volumes"])


def test_only_the_migration_writes_the_keys() -> None:
    for name, service in hub_services().items():
        keys = next(volume for volume in service["volumes"] if volume.startswith("keys:"))
        assert (keys == "keys:/keys") == (name == "migrate")
        assert service["environment"]["YZT_KEYS_DIR"] == "/keys"
        assert any(volume.startswith("data:/data") for volume in service["volumes"])


def test_containers_are_confined() -> None:
    for name, service in services().items():
        if name == "postgres":  # its entry point hands the directory over to the database's user
            continue
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service.get("read_only", False) or name == "s3"
