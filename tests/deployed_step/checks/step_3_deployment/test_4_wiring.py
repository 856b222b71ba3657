"""Checks of task 3.4: the compose file and the blueprint."""

from courseware.checking import CheckFailed, check
from courseware.checking.deployment import Blueprint, Compose


@check(task="3.4", points=1, hints=("Read depends_on.",))
def test_api_waits_for_its_database(compose: Compose) -> None:
    """In the compose file the application waits until PostgreSQL is healthy."""
    conditions = compose.service("api").depends_on
    if conditions.get("postgres") != "service_healthy":
        raise CheckFailed("does_not_wait", asked="depends_on", expected="service_healthy", got=str(conditions))


@check(task="3.4", points=1, hints=("Read healthCheckPath.",))
def test_render_polls_the_health(blueprint: Blueprint) -> None:
    """Render polls /health, and deploys no commit by itself."""
    web = blueprint.web()
    if web.health_check_path != "/health":
        raise CheckFailed("not_polled", asked="healthCheckPath", expected="/health", got=str(web.health_check_path))
    if web.deploys_by_itself:
        raise CheckFailed("deploys_by_itself", asked="autoDeployTrigger", expected="off", got="commit")
