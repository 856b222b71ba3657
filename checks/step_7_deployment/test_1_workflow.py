"""Task 7.1: a workflow that GitHub accepts."""

from collections.abc import Iterator
from typing import Any

from courseware.checking import CheckFailed, check
from courseware.checking.deployment import Workflow
from step_7_deployment.pipeline import HOOK, commands, jobs_that_test

VALID = ("workflow_is_valid",)
ADDRESS = "api.render.com/deploy"
"""How every address of a deploy hook of Render begins."""


@check(
    task="7.1",
    points=3,
    hints=(
        "Which folder does GitHub read, and which three keys does every workflow have?",
        "Under `jobs`, each job has a name of its own, and below it `runs-on` and `steps`. Two spaces per level.",
        "Print the workflow of the example, and compare the levels of its lines with yours.",
    ),
)
def test_workflow_is_valid(workflow: Workflow) -> None:
    """There is a workflow in .github/workflows/, which follows the schema of GitHub and whose `needs` name jobs."""
    workflow.must_be_read()
    if not workflow.jobs:
        raise CheckFailed("no_workflow", asked=".github/workflows/", expected="a workflow with jobs", got="none")


@check(
    task="7.1",
    points=2,
    hints=(
        "The message names a line and a column. Which name does GitHub not know there?",
        "Each place has its own contexts: an `if` knows github, needs and env of a step, but no secrets.",
        "Give the secret to the step in `env`, and leave it out of every `if`.",
    ),
    needs=VALID,
)
def test_workflow_has_no_mistakes(workflow: Workflow) -> None:
    """Each expression of the workflow uses contexts and functions that exist at its place."""
    workflow.must_lint()


@check(
    task="7.1",
    points=1,
    hints=(
        "Which number does YAML read in `python-version: 3.10`?",
        "A number loses the zero at its end. A text does not.",
        'python-version: "3.13", with quotes, also in `env` and in a matrix.',
    ),
    needs=VALID,
)
def test_python_version_is_a_text(workflow: Workflow) -> None:
    """Each version of Python in the workflow is written in quotes."""
    for job in workflow.jobs:
        for name, number in numbers([job.data, job.workflow.get("env")]):
            if "python" in name.lower():
                raise CheckFailed(
                    "version_is_a_number", asked=f"{name} in {job.file}", expected="a text in quotes", got=str(number)
                )


def numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """The numbers with a point in a part of a workflow, with the key that they belong to."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner, name)
    elif isinstance(value, float):
        yield name, value


@check(
    task="7.1",
    points=2,
    hints=(
        "What may a job do with your repository if you write nothing about it?",
        "Every job gets a token. To read the code is all that tests need.",
        "At the top level: permissions, and below it contents: read.",
    ),
    needs=VALID,
)
def test_jobs_have_few_rights(workflow: Workflow) -> None:
    """`permissions` is set for the workflow or for each job, and no right is `write`."""
    for job in workflow.jobs:
        rights = job.data.get("permissions", job.workflow.get("permissions"))
        asked = f"the permissions of the job {job.id}"
        if rights is None:
            raise CheckFailed("no_permissions", asked=asked, expected="`permissions`", got="none")
        written = [rights] if isinstance(rights, str) else [f"{name}: {right}" for name, right in rights.items()]
        if wide := [right for right in written if "write" in right]:
            raise CheckFailed("too_many_rights", asked=asked, expected="rights to read", got=", ".join(wide))


@check(
    task="7.1",
    points=1,
    hints=(
        "Which versions do your tests get today, and which ones does the image get next month?",
        "The file with all versions and hashes is given. Every job that tests has to install from it.",
        "python -m pip install --require-hashes -r requirements.lock, before the test tools.",
    ),
    needs=VALID,
)
def test_tests_use_locked_versions(workflow: Workflow) -> None:
    """Each job that calls pytest installs the versions of requirements.lock."""
    for job in jobs_that_test(workflow):
        if not any("requirements.lock" in command for command in commands(job)):
            raise CheckFailed(
                "versions_not_locked",
                asked=f"the steps of the job {job.id}",
                expected="an installation from requirements.lock",
                got="none",
            )


@check(
    task="7.1",
    points=1,
    hints=(
        "Everybody who knows the address of the hook can deploy. Who can read your workflow?",
        "Store the address in the settings of the repository. In the file, only the step that calls it reads it.",
        "In the step: env, and below it DEPLOY_HOOK: ${{ secrets.RENDER_DEPLOY_HOOK_URL }}.",
    ),
    needs=VALID,
)
def test_hook_address_is_a_secret(workflow: Workflow) -> None:
    """The address of the deploy hook is the secret RENDER_DEPLOY_HOOK_URL. Only the job that deploys gets it."""
    for job in workflow.jobs:
        if job.mentions(ADDRESS):
            raise CheckFailed(
                "address_in_the_file", asked=job.file, expected=f"secrets.{HOOK}", got="the address of a hook"
            )
        if HOOK in str(job.workflow.get("env")):
            raise CheckFailed(
                "secret_for_all_jobs", asked=f"`env` of {job.file}", expected="no secret", got=f"secrets.{HOOK}"
            )
    if not workflow.jobs_with(f"secrets.{HOOK}"):
        raise CheckFailed("no_secret", asked="the jobs", expected=f"one that reads secrets.{HOOK}", got="none")
