"""Task 7.3: steps that fail when a test fails."""

from courseware.checking import CheckFailed, check
from courseware.checking.deployment import Workflow
from step_7_deployment.pipeline import HOOK, jobs_that_deploy, jobs_that_test
from step_7_deployment.stand_ins import KEY, RED, last_words, must_turn_red, run

GREEN_JOBS = ("green_tests_make_green_jobs",)
SERVICES = {"postgres": ("postgres", "postgis"), "redis": ("redis", "valkey")}
"""The names of the services, and what their images are called."""


@check(
    task="7.3",
    points=3,
    hints=(
        "The message shows the end of what the job printed. Which line is the first that failed?",
        "The steps run on the runner. Is the service reached at 127.0.0.1, at a port that `ports` maps?",
        'ports: ["5432:5432"], and a URL such as postgres://postgres:…@127.0.0.1:5432/postgres.',
    ),
    needs=("workflow_is_valid",),
)
def test_green_tests_make_green_jobs(workflow: Workflow) -> None:
    """If all tests are green, each job that calls pytest succeeds."""
    for job in jobs_that_test(workflow):
        ran = run(workflow, job)
        if ran.result != "success":
            raise CheckFailed(
                "red_without_a_red_test", asked=f"the job {job.id}", expected="success", got=last_words(ran)
            )


@check(
    task="7.3",
    points=3,
    hints=(
        "With which status does your test step end, if a test is red? The last command of a line decides.",
        "`||`, `;`, a pipe and continue-on-error hide a status. And each folder of tests must be run by a job.",
        "- run: pytest tests/unit, with nothing behind it. Another job runs pytest with the services.",
    ),
    needs=GREEN_JOBS,
)
def test_red_test_makes_a_job_red(workflow: Workflow) -> None:
    """If a test in tests/unit or in tests/integration is red, a job that calls pytest fails. Nothing is deployed."""
    for folder in ("unit", "integration"):
        must_turn_red(workflow, f"tests/{folder}/test_red.py", RED, f"red_{folder}_test_goes_unnoticed")


@check(
    task="7.3",
    points=3,
    hints=(
        "Do your tests run on PostgreSQL and with Redis, or do they fall back to SQLite?",
        "The tests look for two variables. `env` of the job sets them.",
        "env: with TEST_DATABASE_URL and TEST_REDIS_URL, whose ports are those of `ports`.",
    ),
    needs=GREEN_JOBS,
)
def test_integration_tests_reach_the_services(workflow: Workflow) -> None:
    """The integration tests of one job connect to its services postgres and redis."""
    reached: set[str] = set()
    for job in jobs_that_test(workflow):
        if SERVICES.keys() <= job.services.keys():
            uses = run(workflow, job).uses_of
            here = {name for name in SERVICES if uses.get(name, 0) > 0}
            if here == SERVICES.keys():
                return
            reached |= here
    missing = sorted(SERVICES.keys() - reached)
    raise CheckFailed(
        "service_not_reached",
        asked="the connections of the tests to the services",
        expected="a connection to postgres and one to redis, in one job",
        got=f"none to {' and '.join(missing) or 'both in one job'}",
    )


@check(
    task="7.3",
    points=1,
    hints=(
        "A container has started. Is the server in it ready?",
        "GitHub waits for a service only if it knows how to ask it.",
        'options: --health-cmd "pg_isready -U postgres" --health-interval 5s, and redis-cli ping for Redis.',
    ),
    needs=("workflow_is_valid",),
)
def test_services_have_health_checks(workflow: Workflow) -> None:
    """The services postgres and redis have images of these servers, and each has a health check in `options`."""
    found: set[str] = set()
    for job in jobs_that_test(workflow):
        for name, service in job.services.items():
            if name not in SERVICES:
                continue
            found.add(name)
            asked = f"the service {name} of the job {job.id}"
            if not any(part in service.image for part in SERVICES[name]):
                raise CheckFailed("another_image", asked=asked, expected=f"an image of {name}", got=service.image)
            if "--health-cmd" not in service.options:
                got = service.options or "no `options`"
                raise CheckFailed("no_health_check", asked=asked, expected="--health-cmd in `options`", got=got)
    if missing := sorted(SERVICES.keys() - found):
        raise CheckFailed(
            "no_service", asked="the services of the jobs that test", expected=missing[0], got=str(sorted(found))
        )


@check(
    task="7.3",
    points=2,
    hints=(
        "Who tells the host that there is something to deploy, and how often?",
        "The address is in the secret. curl sends one request to it, and the shell must know the variable.",
        'run: curl --fail --request POST "$DEPLOY_HOOK", and env: with DEPLOY_HOOK from the secret.',
    ),
    needs=("main_is_deployed",),
)
def test_hook_is_called_once(workflow: Workflow) -> None:
    """After a push to main, the deploy hook is called once, by GET or POST."""
    calls = [call for job in jobs_that_deploy(workflow) for call in run(workflow, job).hook_calls]
    asked = f"the requests to {HOOK}"
    if len(calls) != 1:
        key = "hook_not_called" if not calls else "hook_called_again"
        raise CheckFailed(key, asked=asked, expected="one request", got=f"{len(calls)} requests")
    [call] = calls
    if call.method not in ("GET", "POST") or KEY not in call.target:
        got = f"{call.method} {call.target}"
        raise CheckFailed("another_request", asked=asked, expected=f"GET or POST with {KEY}", got=got)


@check(
    task="7.3",
    points=2,
    hints=(
        "The host answers 500, and nothing is deployed. How does your team notice?",
        "curl succeeds as soon as it gets any answer. One of its options changes that.",
        "curl --fail (or --fail-with-body), and nothing behind it that hides the status.",
    ),
    needs=("hook_is_called_once",),
)
def test_refused_hook_makes_the_job_red(workflow: Workflow) -> None:
    """If the host answers the deploy hook with 500, the job that deploys fails."""
    for job in jobs_that_deploy(workflow):
        ran = run(workflow, job, hook_status=500)
        if ran.hook_calls and ran.result == "success":
            raise CheckFailed(
                "refused_hook_goes_unnoticed", asked=f"{job.id}, and the host answers 500", expected="failure",
                got="success",
            )  # fmt: skip
