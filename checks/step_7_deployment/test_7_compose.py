"""Task 7.7: a compose file and a blueprint."""

import re
from contextlib import suppress
from urllib.parse import urlsplit

from courseware.checking import CheckFailed, check
from courseware.checking.deployment import Blueprint, Compose

PARTS = ("postgres", "redis", "mailpit")
HOSTS = {"DATABASE_URL": "postgres", "REDIS_URL": "redis", "MAIL_HOST": "mailpit"}
"""Where the variables of `api` must lead."""
SECRETS = ("JWT_SECRET_KEY", "JWT_REFRESH_SECRET", "EMAIL_TOKEN_SECRET")
NEW_FOLDER_FROM = 18
"""The version of PostgreSQL from which on its image stores data in another folder."""


@check(
    task="7.7",
    points=1,
    hints=(
        "Which containers does the application talk to?",
        "Below `services` each has its name. One is built here, the others have an image.",
        "services: with api (build: .), postgres, redis and mailpit.",
    ),
)
def test_compose_file_has_all_services(compose: Compose) -> None:
    """docker-compose.yml follows the schema, and has the services api (built here), postgres, redis and mailpit."""
    compose.must_be_read()
    if not compose.service("api").is_built:
        raise CheckFailed("not_built", asked="the service api", expected="`build`", got="an image")
    for name in PARTS:
        compose.service(name)


@check(
    task="7.7",
    points=1,
    hints=(
        "Is a database ready when its container has started?",
        "A list in depends_on gives an order. Only a condition waits, and it needs a health check.",
        "depends_on: with postgres: and below it condition: service_healthy, and a healthcheck in each service.",
    ),
    needs=("compose_file_has_all_services",),
)
def test_api_waits_for_its_services(compose: Compose) -> None:
    """postgres, redis and mailpit have a healthcheck, and api waits until postgres and redis are healthy."""
    for name in PARTS:
        if not compose.service(name).healthcheck:
            raise CheckFailed("no_health_check", asked=f"the service {name}", expected="`healthcheck`", got="none")
    conditions = compose.service("api").depends_on
    for name in ("postgres", "redis"):
        if conditions.get(name) != "service_healthy":
            got = conditions.get(name, "nothing")
            raise CheckFailed("does_not_wait", asked=f"depends_on: {name}", expected="service_healthy", got=got)


@check(
    task="7.7",
    points=1,
    hints=(
        "What is localhost, seen from inside the container of the application?",
        "In compose, the name of a service is its host. And data outlive a container only in a volume.",
        "DATABASE_URL: postgres://…@postgres/…, and postgres:/var/lib/postgresql/data below `volumes`.",
    ),
    needs=("compose_file_has_all_services",),
)
def test_services_find_each_other(compose: Compose) -> None:
    """DATABASE_URL, REDIS_URL and MAIL_HOST of api name the services as hosts, and a volume keeps the database."""
    environment = compose.service("api").environment
    for name, host in HOSTS.items():
        value = environment.get(name, "")
        named = host_in(value)
        if named != host:
            raise CheckFailed(
                "another_host", asked=f"{name} of api", expected=f"the host {host}", got=value or "nothing"
            )
    postgres = compose.service("postgres")
    version = re.search(r":(\d+)", postgres.image or "")
    folder = "/var/lib/postgresql" if version and int(version[1]) >= NEW_FOLDER_FROM else "/var/lib/postgresql/data"
    targets = [target.rstrip("/") for _, target in postgres.volumes]
    if folder not in targets:
        got = ", ".join(targets) or "none"
        raise CheckFailed("data_not_kept", asked="the volumes of postgres", expected=f"one at {folder}", got=got)


def host_in(value: str) -> str:
    """The host in a URL, or the value itself if it is no URL."""
    if "//" not in value:
        return value
    with suppress(ValueError):  # it is no address
        return urlsplit(value).hostname or ""
    return ""


@check(
    task="7.7",
    points=1,
    hints=(
        "Where does Render find out what to create?",
        "`services` has one service of the type web, which Docker builds. Its health check has a path.",
        "type: web, runtime: docker, healthCheckPath: /api/v1/health.",
    ),
)
def test_blueprint_describes_a_web_service(blueprint: Blueprint) -> None:
    """render.yaml is a blueprint with a web service that Docker builds, and with the path of the health check."""
    blueprint.must_be_read()
    web = blueprint.web()
    if web.runtime != "docker":
        raise CheckFailed("not_docker", asked="`runtime` of the web service", expected="docker", got=str(web.runtime))
    if web.health_check_path != "/api/v1/health":
        got = web.health_check_path or "none"
        raise CheckFailed("another_health_check", asked="healthCheckPath", expected="/api/v1/health", got=got)


@check(
    task="7.7",
    points=1,
    hints=(
        "Who decides that a commit is deployed: Render, or your workflow after the tests?",
        "Secrets do not stand in this file. Render can make them, or ask for them.",
        'autoDeployTrigger: "off", fromDatabase, fromService, and generateValue: true for the three keys.',
    ),
    needs=("blueprint_describes_a_web_service",),
)
def test_blueprint_leaves_deployments_to_the_workflow(blueprint: Blueprint) -> None:
    """Pushes deploy nothing by themselves, secrets are not in the file, and databases come from the blueprint."""
    web = blueprint.web()
    if web.deploys_by_itself:
        raise CheckFailed(
            "deploys_by_itself", asked="autoDeployTrigger", expected='"off"', got="every push is deployed"
        )
    sources = {"DATABASE_URL": "fromDatabase", "REDIS_URL": "fromService"}
    for name, source in sources.items():
        entry = web.environment.get(name)
        if entry is None or source not in entry:
            raise CheckFailed(
                "not_connected", asked=name, expected=f"`{source}`", got="nothing" if entry is None else "a value"
            )
    for name in SECRETS:
        entry = web.environment.get(name)
        if entry is None or "value" in entry or not (entry.get("generateValue") is True or entry.get("sync") is False):
            got = "nothing" if entry is None else "a value"
            raise CheckFailed("secret_in_the_file", asked=name, expected="generateValue or sync: false", got=got)
    if web.environment.get("ENVIRONMENT", {}).get("value") != "production":
        raise CheckFailed("another_environment", asked="ENVIRONMENT", expected="production", got="another value")
