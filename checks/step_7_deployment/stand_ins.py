"""Tests in the place of the student's: short, and green or red as a check wants them."""

from courseware.checking import CheckFailed
from courseware.checking.deployment import Event, Job, JobRun, Workflow
from step_7_deployment.pipeline import HOOK, MAIN, deployments, jobs_that_test

KEY = "key=of-the-judge"
"""A part of the address of the deploy hook."""
CONFTEST = b'''"""These tests cover nothing of the application, and that is no reason to fail."""


def pytest_configure(config):
    coverage = config.pluginmanager.getplugin("_cov")
    if coverage is not None:
        coverage.options.cov_fail_under = 0
'''
UNIT = b"""def test_sum():
    assert sum([1, 2]) == 3
"""
SERVICES = b"""import asyncio
import os

import asyncpg
import pytest
from redis import Redis


@pytest.mark.skipif("TEST_DATABASE_URL" not in os.environ, reason="no TEST_DATABASE_URL")
def test_postgresql():
    async def select():
        url = os.environ["TEST_DATABASE_URL"].replace("+asyncpg", "")
        connection = await asyncpg.connect(url, timeout=20)
        try:
            return await connection.fetchval("SELECT 1")
        finally:
            await connection.close()

    assert asyncio.run(select()) == 1


@pytest.mark.skipif("TEST_REDIS_URL" not in os.environ, reason="no TEST_REDIS_URL")
def test_redis():
    with Redis.from_url(os.environ["TEST_REDIS_URL"]) as redis:
        assert redis.ping()
"""
RED = b"""def test_red():
    assert sum([1, 2]) == 4
"""
BROKEN = b"""from app.no_such_module import nothing
"""
GREEN = {
    "tests/__init__.py": b"",
    "tests/conftest.py": CONFTEST,
    "tests/unit/__init__.py": b"",
    "tests/unit/test_numbers.py": UNIT,
    "tests/integration/__init__.py": b"",
    "tests/integration/test_services.py": SERVICES,
}


def run(
    workflow: Workflow, job: Job, added: dict[str, bytes] | None = None, *, event: Event = MAIN, hook_status: int = 200
) -> JobRun:
    """Run the steps of a job with green tests and those in `added`. The host answers the hook with `hook_status`."""
    secrets = {HOOK: f"{{hook}}?{KEY}"}
    return workflow.execute(job.id, event=event, tests=GREEN | (added or {}), secrets=secrets, hook_status=hook_status)


def last_words(ran: JobRun) -> str:
    """The end of what a job printed."""
    return ran.text.strip()[-400:] or "nothing"


def must_turn_red(workflow: Workflow, path: str, content: bytes, key: str) -> None:
    """With this red test file, a job that tests must fail, and nothing may be deployed."""
    failed = []
    for job in jobs_that_test(workflow):
        ran = run(workflow, job, {path: content})
        if ran.hook_calls:
            raise CheckFailed("deploys_red_code", asked=f"{path} is red", expected="no deployment", got="a hook call")
        if ran.result == "failure":
            failed.append(job.id)
    if not failed:
        raise CheckFailed(key, asked=f"{path} is red", expected="a job fails", got="all jobs that test succeed")
    deployed = [job for job in deployments(workflow, MAIN, red=failed) if job not in failed]
    if deployed:
        raise CheckFailed(
            "deploys_red_code",
            asked=f"{path} is red, and so {failed[0]} fails",
            expected="nothing is deployed",
            got=f"the job {deployed[0]} deploys",
        )
