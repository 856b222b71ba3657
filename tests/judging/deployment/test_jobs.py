"""Jobs of a workflow are run under GitHub's shells, with real services, and stubs for what installs and builds."""

from collections.abc import Callable

import pytest

from courseware.checking import CheckFailed
from courseware.checking.deployment import JobRun
from courseware.course.model import Platform
from courseware.judging.deployment import DeploymentJudge
from courseware.judging.sandbox import SandboxKind

PLATFORM = Platform(health="/health", environment={"PORT": "{port}"})
GREEN = b"def test_passes() -> None:\n    pass\n"
RED = b"def test_fails() -> None:\n    assert False\n"
Run = Callable[..., JobRun]
pytestmark = pytest.mark.bubblewrap


@pytest.fixture
def run() -> Run:
    """Runs a job whose steps, and what stands beside them, are given as YAML."""

    def run_steps(
        steps: str,
        beside: str = "",
        *,
        tests: bytes = GREEN,
        secrets: dict[str, str] | None = None,
        failing: tuple[str, ...] = (),
        hook_status: int = 200,
        **files: str,
    ) -> JobRun:
        text = f"on: push\nenv: {{A: outer, B: outer}}\njobs:\n  test:\n    runs-on: u\n{beside}    steps:\n{steps}"
        tree = {".github/workflows/ci.yml": text.encode(), "tests/test_own.py": RED, "tests/conftest.py": b"1/0"}
        tree |= {name.replace("_", "."): content.encode() for name, content in files.items()}
        with DeploymentJudge(tree, PLATFORM, "bubblewrap") as judge:
            return judge.workflow.execute(
                "test",
                tests={"tests/test_given.py": tests},
                secrets=secrets,
                failing=failing,
                hook_status=hook_status,
            )

    return run_steps


def outcomes(found: JobRun) -> list[str]:
    return [step.outcome for step in found.steps]


def test_a_red_test_makes_the_job_red(run: Run) -> None:
    steps = "    - uses: actions/checkout@v4\n    - run: pip install -r requirements.txt\n    - run: pytest -q\n"
    green = run(steps, requirements_txt="")
    assert (green.result, outcomes(green)) == ("success", ["not_run", "success", "success"]), green.text
    assert [(call.program, call.arguments) for call in green.calls] == [("pip", ("install", "-r", "requirements.txt"))]
    red = run(steps, tests=RED, requirements_txt="")
    assert (red.result, outcomes(red)) == ("failure", ["not_run", "success", "failure"])
    assert run(steps, tests=RED).result == "failure"  # requirements.txt is missing
    assert outcomes(run(steps)) == ["not_run", "failure", "skipped"]


@pytest.mark.parametrize(
    ("step", "result"),
    [
        ("    - run: pytest || true\n", "success"),
        ("    - run: pytest\n      continue-on-error: true\n", "success"),
        ("    - run: pytest | tee log\n", "success"),
        ("    - run: pytest | tee log\n      shell: bash\n", "failure"),
        ("    - run: |\n        pytest\n        echo done\n", "failure"),
        ("    - run: uv run --frozen python -m pytest\n", "failure"),
    ],
)
def test_what_hides_a_red_test(run: Run, step: str, result: str) -> None:
    assert run(step, tests=RED).result == result


def test_conditions_variables_and_files_of_steps(run: Run) -> None:
    steps = """
    - id: first
      run: |
        echo "C=made" >> $GITHUB_ENV
        echo out=x >> $GITHUB_OUTPUT
        mkdir -p own
    - run: echo "$A $B $C ${{ env.C }} ${{ steps.first.outputs.out }} ${{ matrix.python }} $D"
      env: {D: '${{ secrets.S }}'}
    - {if: github.ref == 'refs/heads/other', run: 'echo never'}
    - {run: 'exit 3', id: bad}
    - {run: 'echo never'}
    - {if: always(), run: 'echo ${{ steps.bad.outcome }}'}
    - {if: failure(), run: 'pwd', working-directory: own, shell: sh}
"""
    beside = "    env: {B: inner}\n    strategy: {matrix: {python: ['3.13', '3.12']}}\n"
    found = run(steps, beside, secrets={"S": "canary"})
    assert outcomes(found) == ["success", "success", "skipped", "failure", "skipped", "success", "success"], found.text
    assert found.steps[1].text == "outer inner made made x 3.13 canary\n"
    assert (found.steps[3].exit_code, found.steps[5].text) == (3, "failure\n")
    assert found.steps[6].text.endswith("/project/own\n")


def test_a_deploy_hook(run: Run) -> None:
    steps = "    - run: curl %s -X POST \"$HOOK&ref=$GITHUB_SHA\"\n      env: {HOOK: '${{ secrets.HOOK }}'}\n"
    secrets = {"HOOK": "{hook}?key=canary"}
    found = run(steps % "-fsS", secrets=secrets)
    assert found.result == "success", found.text
    assert [call.method for call in found.hook_calls] == ["POST"]
    assert "?key=canary&ref=" in found.hook_calls[0].target
    assert run(steps % "--fail", secrets=secrets, hook_status=404).result == "failure"
    assert run(steps % "-s", secrets=secrets, hook_status=404).result == "success"


def test_stubs_that_fail(run: Run) -> None:
    assert run("    - run: ruff check && mypy\n", failing=("mypy",)).result == "failure"
    assert run("    - run: python -m ruff check; docker build .\n").result == "success"


CONNECT = b"""
import asyncio, os
import asyncpg, redis

def test_connects() -> None:
    async def connect():
        connection = await asyncpg.connect(os.environ["DATABASE_URL"])
        await connection.execute("CREATE TABLE t (id int)")
        await connection.close()
    asyncio.run(connect())
    assert redis.Redis.from_url(os.environ["REDIS_URL"]).ping()
"""
SERVICES = """
    services:
      postgres:
        image: postgres:17-alpine
        env: {POSTGRES_USER: tester, POSTGRES_PASSWORD: "pass'word", POSTGRES_DB: tests}
        ports: ["%s"]
      redis: {image: "redis:7", ports: ["6379:6379"]}
    env:
      DATABASE_URL: postgres://tester:pass%%27word@localhost:5432/tests
      REDIS_URL: redis://localhost:6379/0
"""


def test_services(run: Run) -> None:
    steps = "    - run: pytest -q\n"
    found = run(steps, SERVICES % "5432:5432", tests=CONNECT)
    assert found.result == "success", found.text
    assert found.uses_of["postgres"] >= 1
    assert found.uses_of["redis"] >= 1
    assert run(steps, SERVICES % "5432:5432", tests=CONNECT).result == "success"  # nothing is left of the first run
    other = run(steps, SERVICES % "5433:5432", tests=CONNECT)
    assert (other.result, other.uses_of["postgres"]) == ("failure", 0)


def test_a_shell_that_is_not_known_and_an_expression_that_cannot_be(run: Run) -> None:
    for step, key in (
        ("    - {run: x, shell: fish}\n", "unknown_shell"),
        ("    - {run: x, if: nothing.x}\n", "bad_expression"),
        ("    - {run: '${{ secrets.X', env: {}}\n", "bad_expression"),
    ):
        with pytest.raises(CheckFailed) as caught:
            run(step)
        assert caught.value.key == key


@pytest.mark.parametrize("kind", ["bubblewrap", "plain"])
def test_the_linter(kind: SandboxKind) -> None:
    def must_lint(script: str) -> None:
        text = f"on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n    - run: {script}\n"
        with DeploymentJudge({".github/workflows/ci.yml": text.encode()}, PLATFORM, kind) as judge:
            judge.workflow.must_lint()

    must_lint("echo ${{ github.ref }}")
    with pytest.raises(CheckFailed) as caught:
        must_lint("echo ${{ github.nothing }}")
    assert caught.value.key == "lint_error"
    assert ".github/workflows/ci.yml, line 6: " in caught.value.got


def test_a_hostile_script_stays_in_the_sandbox(run: Run) -> None:
    steps = """
    - run: |
        kill -9 1 || true
        for place in /proc/self /root/.ssh /etc/shadow; do [ -e $place ] && echo "sees $place"; done
        printf '\\000["curl", [1]]\\n[[[[\\n' >> $GITHUB_WORKSPACE/../files/calls
        timeout 1 bash -c 'exec 3<>/dev/tcp/192.0.2.1/80' && echo network
        yes | head -c 5000000
    - run: "a\\0b"
"""
    found = run(steps)
    assert outcomes(found) == ["success", "failure"]
    assert "sees" not in found.text
    assert "network" not in found.text
