"""The compose file and the blueprint are read as data."""

import pytest

from courseware.checking import CheckFailed
from courseware.checking.deployment import Blueprint, Compose

COMPOSE = """
x-check: &check {interval: 5s, retries: 10}
services:
  api:
    build: .
    env_file: [.env.example]
    environment: {DATABASE_URL: "postgres://u:p@${DB_HOST:-postgres}/db", DEBUG: false, COST: $$5}
    ports: ["127.0.0.1:${PORT:-8000}:8000"]
    depends_on: {postgres: {condition: service_healthy}, redis: {condition: service_started}}
  postgres:
    image: postgres:17
    environment: [POSTGRES_PASSWORD=secret, POSTGRES_USER=a=b]
    volumes: ["data:/var/lib/postgresql/data", {type: bind, source: ./x, target: /y}, /z]
    healthcheck: {<<: *check, test: [CMD, pg_isready, -h, localhost]}
  redis:
    image: redis:7
    depends_on: [postgres]
    healthcheck: {test: redis-cli ping || exit 1}
volumes: {data: {}}
"""
BLUEPRINT = """
services:
  - type: web
    name: api
    runtime: docker
    healthCheckPath: /health
    autoDeployTrigger: checksPass
    envVars:
      - {key: ENVIRONMENT, value: production}
      - {key: DATABASE_URL, fromDatabase: {name: db, property: connectionString}}
      - {key: REDIS_URL, fromService: {type: keyvalue, name: cache, property: connectionString}}
      - {key: KEY, generateValue: true}
      - {key: MAIL_HOST, sync: false}
  - {type: keyvalue, name: cache, ipAllowList: []}
databases:
  - {name: db, postgresMajorVersion: "17"}
"""


def compose(text: str) -> Compose:
    return Compose(
        {"docker-compose.yml": text.encode(), ".env.example": b"# A=1\nLOG_LEVEL='INFO' # loud\nexport B=2\n"}
    )


def blueprint(text: str) -> Blueprint:
    return Blueprint({"render.yaml": text.encode()})


def test_services_of_the_compose_file() -> None:
    found = compose(COMPOSE)
    api, postgres, redis = (found.service(name) for name in ("api", "postgres", "redis"))
    assert api.environment == {
        "LOG_LEVEL": "INFO", "B": "2", "DATABASE_URL": "postgres://u:p@postgres/db", "DEBUG": "false", "COST": "$5"
    }  # fmt: skip
    assert api.depends_on == {"postgres": "service_healthy", "redis": "service_started"}
    assert (api.is_built, api.image, api.healthcheck) == (True, None, None)
    assert api.ports == ("127.0.0.1:8000:8000",)
    assert postgres.environment == {"POSTGRES_PASSWORD": "secret", "POSTGRES_USER": "a=b"}
    assert postgres.volumes == (("data", "/var/lib/postgresql/data"), ("./x", "/y"), ("", "/z"))
    assert postgres.healthcheck == ("pg_isready", "-h", "localhost")
    assert postgres.data["healthcheck"]["retries"] == 10
    assert redis.healthcheck == ("/bin/sh", "-c", "redis-cli ping || exit 1")
    assert redis.depends_on == {"postgres": "service_started"}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("services: {}", "not_a_compose_file"),
        ("", "not_a_compose_file"),
        ("services: {api: {imgae: x}}", "not_a_compose_file"),
        ("services: {api: {image: x, depends_on: [db]}}", "unknown_service"),
        ("services: {api: {image: x, image: y}}", "not_yaml"),
    ],
)
def test_what_compose_refuses(text: str, key: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        compose(text).must_be_read()
    assert caught.value.key == key


def test_a_missing_service_and_a_missing_file() -> None:
    with pytest.raises(CheckFailed) as caught:
        compose(COMPOSE).service("mailpit")
    assert caught.value.key == "no_service"
    with pytest.raises(CheckFailed) as caught:
        Compose({}).must_be_read()
    assert caught.value.key == "no_compose_file"


def test_services_of_the_blueprint() -> None:
    found = blueprint(BLUEPRINT)
    web = found.web()
    assert (web.name, web.runtime, web.health_check_path, web.deploys_by_itself) == ("api", "docker", "/health", False)
    assert web.environment["DATABASE_URL"]["fromDatabase"]["name"] == "db"
    assert list(found.databases) == ["db"]
    assert [service.type for service in found.services] == ["web", "keyvalue"]


@pytest.mark.parametrize(
    ("find", "replace", "key"),
    [
        ("name: db, property", "name: database, property", "unknown_reference"),
        ("name: cache, property", "name: redis, property", "unknown_reference"),
        ("    runtime: docker\n", "", "not_a_blueprint"),
        ("ipAllowList: []", "plan: free", "not_a_blueprint"),
        ("healthCheckPath: /health", "healthCheckPath: health", "not_a_blueprint"),
        ("value: production", "text: production", "not_a_blueprint"),
        ("services:", "service:", "not_a_blueprint"),
        ("- type: web", "- type: website", "not_a_blueprint"),
        ("name: api", "name: [api", "not_yaml"),
    ],
)
def test_what_render_refuses(find: str, replace: str, key: str) -> None:
    assert find in BLUEPRINT
    with pytest.raises(CheckFailed) as caught:
        blueprint(BLUEPRINT.replace(find, replace, 1)).must_be_read()
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("autoDeployTrigger: commit", True), ("autoDeploy: false", False), ("plan: free", True)],
)
def test_deploying_by_itself(setting: str, expected: bool) -> None:
    assert blueprint(BLUEPRINT.replace("autoDeployTrigger: checksPass", setting)).web().deploys_by_itself is expected


def test_no_web_service() -> None:
    with pytest.raises(CheckFailed) as caught:
        blueprint("databases: [{name: db}]").web()
    assert caught.value.key == "no_web_service"
