"""The files by which the application is built, tested and deployed are valid and say what they should."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import Any, NoReturn

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

ROOT = Path(__file__).parent.parent
APPLICATION = ROOT / "solutions/contacts_api"
WORKFLOWS = [ROOT / ".github/workflows/ci.yml", APPLICATION / ".github/workflows/ci.yml"]
COMPOSE_FILES = [ROOT / "docker-compose.yml", APPLICATION / "docker-compose.yml"]
CLASSIC_OPTIONS = {
    "FROM": {"--platform"},
    "COPY": {"--chown", "--from"},
    "HEALTHCHECK": {"--interval", "--retries", "--start-period", "--timeout"},
}
"""The options of instructions that Docker understands without BuildKit."""
SERVERS_OWN = {"FORWARDED_ALLOW_IPS"}
"""Variables that uvicorn reads, and not the application."""


def in_project(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def run(program: str, *arguments: str | Path) -> None:
    """Runs a program that is installed beside Python. Whatever it complains about fails the test."""
    command = [Path(sys.executable).parent / program, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    run("hadolint", APPLICATION / "Dockerfile")


def test_the_classic_builder_of_docker_knows_all_options_of_the_dockerfile() -> None:
    """Debian's Docker 20.10 builds without BuildKit."""
    text = (APPLICATION / "Dockerfile").read_text()
    for instruction, *words in filter(None, map(str.split, text.splitlines())):
        options = {word.partition("=")[0] for word in takewhile(lambda word: word.startswith("--"), words)}
        assert options <= CLASSIC_OPTIONS.get(instruction, set()), instruction
    assert "<<" not in text


@pytest.mark.parametrize("path", COMPOSE_FILES, ids=in_project)
def test_compose_files_follow_the_schema(path: Path) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", path)


@pytest.mark.parametrize("path", WORKFLOWS, ids=in_project)
def test_workflows_follow_the_schema_and_have_time_limits(path: Path) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", path)
    run("check-jsonschema", "--builtin-schema", "custom.github-workflows-require-timeout", path)


@pytest.mark.parametrize("path", WORKFLOWS, ids=in_project)
def test_zizmor_finds_nothing_in_the_workflows(path: Path) -> None:
    run("zizmor", "--offline", "--no-progress", path)


@pytest.fixture(scope="module")
def docker_compose(do_without: Callable[[str], NoReturn]) -> list[str]:
    """The command. It is a plugin of docker, or a program by itself."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and not subprocess.run([*command, "version"], capture_output=True).returncode:
            break
    else:
        do_without("no docker compose")
    return command


@pytest.mark.parametrize("path", COMPOSE_FILES, ids=in_project)
def test_docker_compose_understands_its_files(path: Path, docker_compose: list[str]) -> None:
    """No daemon is needed for this."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    command = [*docker_compose, "--file", str(path), "config", "--quiet"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == "", "a warning, such as about a variable that is not set"


def test_the_whole_application_is_what_comes_up_at_the_top() -> None:
    assert [ROOT / path for path in read(COMPOSE_FILES[0])["include"]] == [COMPOSE_FILES[1]]


def test_every_service_has_a_health_check_and_the_application_waits_for_them() -> None:
    services = read(COMPOSE_FILES[1])["services"]
    assert services.keys() == {"api", "postgres", "redis", "mailpit"}
    assert [name for name, service in services.items() if "healthcheck" not in service] == []
    waits_for = services["api"]["depends_on"]
    assert waits_for.keys() == services.keys() - {"api"}
    assert all(how == {"condition": "service_healthy"} for how in waits_for.values())


def test_only_the_containers_on_ones_own_machine_accept_sample_secrets() -> None:
    assert "ENV ENVIRONMENT=production" in (APPLICATION / "Dockerfile").read_text().splitlines()
    assert read(COMPOSE_FILES[1])["services"]["api"]["environment"]["ENVIRONMENT"] == "local"


def test_nothing_listens_beyond_ones_own_machine() -> None:
    ports = [port for service in read(COMPOSE_FILES[1])["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_only_what_has_passed_on_main_is_deployed() -> None:
    jobs = read(WORKFLOWS[1])["jobs"]
    assert jobs["integration"]["needs"] == "unit"
    assert jobs["image"]["needs"] == "unit"
    assert jobs["deploy"]["needs"] == ["integration", "image"]
    assert jobs["deploy"]["if"] == "github.event_name == 'push' && github.ref == 'refs/heads/main'"
    assert "services" not in jobs["unit"]
    assert jobs["integration"]["services"].keys() == {"postgres", "redis"}
    assert all("--health-cmd" in service["options"] for service in jobs["integration"]["services"].values())
    steps = [step for job in jobs.values() for step in job["steps"]]
    assert not any(step.get("continue-on-error") or "|| true" in step.get("run", "") for step in steps)


@pytest.mark.parametrize("path", WORKFLOWS, ids=in_project)
def test_actions_are_pinned_by_hash(path: Path) -> None:
    used = re.findall(r"uses: (\S+)", path.read_text())
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)] == []


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        (["203.0.113.7", "104.22.17.40"], "203.0.113.7"),
        (["198.51.100.1", "203.0.113.7", "172.71.3.4"], "203.0.113.7"),  # the first was sent by the client
        (["203.0.113.7", "172.71.3.4", "10.21.3.4"], "203.0.113.7"),
        (["2001:db8::7", "2400:cb00:1::1"], "2001:db8::7"),
        (["203.0.113.7"], "203.0.113.7"),
    ],
)
def test_on_render_the_server_finds_the_client_behind_both_proxies(chain: list[str], expected: str) -> None:
    (trusted,) = [
        variable["value"]
        for service in read(APPLICATION / "render.yaml")["services"]
        for variable in service.get("envVars", [])
        if variable["key"] == "FORWARDED_ALLOW_IPS"
    ]
    assert client_of("10.21.157.68", chain, trusted) == expected


@pytest.mark.parametrize(
    ("host", "connection", "own_address", "chain"),
    [
        ("Railway", "100.64.0.3", "", ["203.0.113.7"]),
        ("Railway", "100.64.0.3", "", ["198.51.100.1", "203.0.113.7"]),  # the first was sent by the client
        ("Fly.io", "172.19.2.50", "192.0.2.44", ["203.0.113.7", "192.0.2.44"]),
        ("Fly.io", "172.19.2.50", "192.0.2.44", ["198.51.100.1", "203.0.113.7", "192.0.2.44"]),
        ("Fly.io", "fdaa:0:1::3", "2001:db8::44", ["203.0.113.7", "2001:db8::44"]),
    ],
)
def test_on_other_hosts_the_readme_names_the_proxies(
    host: str, connection: str, own_address: str, chain: list[str]
) -> None:
    """Fly.io adds the address of the application itself to the header, so the value in the table ends with it."""
    readme = (APPLICATION / "README.md").read_text()
    (trusted,) = re.findall(rf"^\| \[{re.escape(host)}\]\(\S+\) \| `(\S+)`", readme, re.MULTILINE)
    assert client_of(connection, chain, trusted + own_address) == "203.0.113.7"
    assert client_of("203.0.113.9", chain, trusted + own_address) == "203.0.113.9", "a stranger is believed"


def client_of(connection: str, chain: list[str], trusted: str) -> str:
    """The address that the server takes for the client's: of the connection, or of a hop in the header."""
    clients = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        clients.append(scope["client"][0])

    scope = {
        "type": "http",
        "scheme": "http",
        "client": (connection, 1),
        "headers": [(b"x-forwarded-for", ", ".join(chain).encode())],
    }
    server: Any = ProxyHeadersMiddleware(application, trusted_hosts=trusted)
    asyncio.run(server(scope, None, None))
    (client,) = clients
    return str(client)


def test_render_sets_only_what_exists_and_makes_the_secrets_itself() -> None:
    blueprint = read(APPLICATION / "render.yaml")
    (web,) = [service for service in blueprint["services"] if service["type"] == "web"]
    variables = {variable["key"]: variable for variable in web["envVars"]}
    example = re.findall(r"^(\w+)=", (APPLICATION / ".env.example").read_text(), re.MULTILINE)
    assert variables.keys() - set(example) - SERVERS_OWN == set()
    for name in ("JWT_SECRET_KEY", "JWT_REFRESH_SECRET", "EMAIL_TOKEN_SECRET"):
        assert variables[name].get("generateValue") is True
    assert not [name for name, variable in variables.items() if "PASSWORD" in name and "value" in variable]
    assert variables["ENVIRONMENT"]["value"] == "production"


def test_the_image_gets_what_the_application_asks_for() -> None:
    text = (APPLICATION / "requirements.lock").read_text()
    pins = re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE)
    pinned = {canonicalize_name(name): version for name, version in pins}
    renew = "Renew it as the README of the application says."
    for demand in tomllib.loads((APPLICATION / "pyproject.toml").read_text())["project"]["dependencies"]:
        requirement = Requirement(demand)
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is missing. {renew}"
        assert requirement.specifier.contains(version), f"{demand} is not met by {version}. {renew}"
    assert "://" not in text
