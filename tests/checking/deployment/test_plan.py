"""Triggers, `needs` and `if` decide which jobs run."""

import pytest

from courseware.checking import CheckFailed
from courseware.checking.deployment import Event, Workflow
from courseware.checking.deployment.patterns import fits

HEAD = "jobs:\n  test: {runs-on: u, steps: [{run: pytest}]}\n"
DEPLOY = "  deploy: {runs-on: u, steps: [{run: deploy}], %s}\n"
MAIN, BRANCH, REQUEST = Event.push("main"), Event.push("feature/x"), Event.pull_request("feature/x")


def workflow(text: str, **others: str) -> Workflow:
    files = {"ci": text, **others}
    return Workflow({f".github/workflows/{name}.yml": content.encode() for name, content in files.items()})


def deploys(on: str, job: str, event: Event, red: tuple[str, ...] = ()) -> bool:
    return workflow(f"on: {on}\n{HEAD}{DEPLOY % job}").plan(event, red).runs("deploy")


@pytest.mark.parametrize(
    ("on", "triggered"),
    [
        ("push", [MAIN, BRANCH]),
        ("[push, pull_request]", [MAIN, BRANCH, REQUEST]),
        ("{push: {branches: [main]}, pull_request: }", [MAIN, REQUEST]),
        ("{push: {branches-ignore: ['feature/**']}}", [MAIN]),
        ("{push: {branches: ['**', '!feature/*']}}", [MAIN]),
        ("{push: {branches: ['*']}}", [MAIN]),
        ("{push: {tags: ['v*']}}", []),
        ("{pull_request: {branches: [develop]}}", []),
        ("{pull_request: {types: [closed]}}", []),
        ("{pull_request_target: {types: [opened]}}", [REQUEST]),
        ("workflow_dispatch", []),
        ("{push: {branches: main}}", [MAIN]),
    ],
)
def test_triggers(on: str, triggered: list[Event]) -> None:
    found = workflow(f"on: {on}\n{HEAD}")
    assert [event for event in (MAIN, BRANCH, REQUEST) if found.plan(event).is_triggered] == triggered


def test_tags() -> None:
    assert deploys("{push: {tags: ['v*']}}", "needs: test", Event.tag("v1"))
    assert not deploys("{push: {branches: [main]}}", "needs: test", Event.tag("v1"))


@pytest.mark.parametrize(
    ("job", "green", "red"),
    [
        ("needs: test", True, False),
        ("needs: [test], if: always()", True, True),
        ("needs: test, if: github.ref == 'refs/heads/main'", True, False),
        ("if: github.ref == 'refs/heads/main'", True, True),
        ("needs: test, if: \"${{ github.ref }} == 'refs/heads/other'\"", True, False),
        ("needs: test, if: needs.test.result != 'cancelled' && !cancelled()", True, True),
    ],
)
def test_a_red_job(job: str, green: bool, red: bool) -> None:
    assert deploys("push", job, MAIN) is green
    assert deploys("push", job, MAIN, red=("test",)) is red


def test_a_failure_that_is_tolerated_counts_as_a_success() -> None:
    text = HEAD.replace("runs-on: u", "runs-on: u, continue-on-error: true", 1)
    found = workflow(f"on: push\n{text}{DEPLOY % 'needs: test'}").plan(MAIN, red=["test"])
    assert found.results == {"test": "failure", "deploy": "success"}


def test_a_skipped_ancestor_is_no_success() -> None:
    first = "  a: {runs-on: u, if: false, steps: [{run: a}]}\n"
    second = "  b: {runs-on: u, needs: a, if: always(), steps: [{run: b}]}\n"
    found = workflow(f"on: push\njobs:\n{first}{second}{DEPLOY % 'needs: b'}").plan(MAIN)
    assert found.results == {"a": "skipped", "b": "success", "deploy": "skipped"}


def test_a_pull_request_target_comes_with_the_reference_of_main() -> None:
    assert deploys("pull_request_target", "if: github.ref == 'refs/heads/main'", REQUEST)


def test_a_workflow_after_another() -> None:
    text = """
on: {workflow_run: {workflows: [CI], types: [completed]}}
jobs: {deploy: {runs-on: u, %s steps: [{run: x}]}}
"""
    careful = (
        "if: github.event.workflow_run.conclusion == 'success' && github.event.workflow_run.head_branch == 'main',"
    )
    for condition, expected in (("", [True, True, True]), (careful, [True, False, False])):
        found = workflow(f"name: CI\non: [push, pull_request]\n{HEAD}", deploy=text % condition)
        plans = [found.plan(MAIN), found.plan(MAIN, ["test"]), found.plan(REQUEST)]
        assert [each.runs("deploy") for each in plans] == expected


def test_ids_that_two_files_share() -> None:
    found = workflow(f"on: push\n{HEAD}", other=f"on: pull_request\n{HEAD}")
    assert found.plan(MAIN).results == {"ci.yml:test": "success", "other.yml:test": "skipped"}


def test_which_jobs_mention_a_text() -> None:
    found = workflow(f"on: push\n{HEAD}{DEPLOY % 'env: {A: secrets.X}'}")
    assert [job.id for job in found.jobs_with("secrets.X")] == ["deploy"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a: b: c", "not_yaml"),
        ("on: push", "not_a_workflow"),
        ("- on", "not_a_workflow"),
        ("# empty", "not_a_workflow"),
        ("on: push\njobs: {a: {steps: []}}", "not_a_workflow"),
        ("on: sometimes\n" + HEAD, "not_a_workflow"),
        ("on: push\njobs: {a: {runs-on: u, needs: b, steps: [{run: x}]}}", "unknown_need"),
        (
            "on: push\njobs: {a: {runs-on: u, needs: b, steps: [{run: x}]}, "
            "b: {runs-on: u, needs: [a], steps: [{run: x}]}}",
            "needs_in_a_circle",
        ),
        ("on: push\njobs: {a: {runs-on: u, if: secrets.X != '', steps: [{run: x}]}}", "bad_expression"),
        ("on: push\njobs: {a: {runs-on: u, if: github.ref = 'x', steps: [{run: x}]}}", "bad_expression"),
    ],
)
def test_what_github_refuses(text: str, key: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        workflow(text).plan(MAIN)
    assert caught.value.key == key


def test_no_workflow_at_all() -> None:
    with pytest.raises(CheckFailed) as caught:
        Workflow({".github/ci.yml": b"on: push"}).must_be_read()
    assert caught.value.key == "no_workflow"


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("main", "main", True),
        ("*", "feature/x", False),
        ("**", "feature/x", True),
        ("feature/*", "feature/x", True),
        ("v[0-9]+", "v12", True),
        ("v[0-9]+.[0-9]+", "v1.2", True),
        ("mains?", "main", True),
        ("v1", "v12", False),
        ("**" * 500, "m" * 50, True),
        ("[", "[", True),
    ],
)
def test_patterns(pattern: str, name: str, expected: bool) -> None:
    assert fits(name, pattern) is expected


@pytest.mark.parametrize(
    ("step", "on_main", "on_request"),
    [
        ("run: deploy", True, True),
        ("run: deploy, if: github.ref == 'refs/heads/main'", True, False),
        ("run: deploy, if: success() && github.event_name == 'push'", True, False),
        ("run: deploy, if: failure()", False, False),
        ("run: deploy, if: env.TARGET == 'refs/heads/main'", True, False),
        ("run: deploy, if: steps.tests.outcome == 'success' && matrix.python == '3.13'", True, True),
    ],
)
def test_a_step_with_a_condition(step: str, on_main: bool, on_request: bool) -> None:
    text = f"""
on: [push, pull_request]
env: {{TARGET: "${{{{ github.ref }}}}"}}
jobs:
  all:
    runs-on: u
    strategy: {{matrix: {{python: ["3.13", "3.14"]}}}}
    steps: [{{run: pytest, id: tests}}, {{{step}}}]
"""
    found = workflow(text)
    [job] = found.jobs
    assert found.plan(MAIN).runs_step(job, job.steps[1]) is on_main
    assert found.plan(REQUEST).runs_step(job, job.steps[1]) is on_request


def test_no_step_of_a_skipped_job_runs() -> None:
    found = workflow("on: push\njobs:\n  never: {runs-on: u, if: false, steps: [{run: x}]}\n")
    [job] = found.jobs
    assert not found.plan(MAIN).runs_step(job, job.steps[0])
    assert not found.plan(REQUEST).runs_step(job, job.steps[0])
