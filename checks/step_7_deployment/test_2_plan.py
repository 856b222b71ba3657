"""Task 7.2: which job runs when."""

from courseware.checking import CheckFailed, check
from courseware.checking.deployment import Event, Workflow
from step_7_deployment.pipeline import (
    MAIN,
    PULL_REQUEST,
    before_the_deployment,
    deployments,
    jobs_that_deploy,
    jobs_that_test,
    must_not_deploy,
    steps_that_test,
)

VALID = ("workflow_is_valid",)
DEPLOYS = ("main_is_deployed",)


@check(
    task="7.2",
    points=4,
    hints=(
        "Follow a push to main through your file: does it start, and which condition does the last job have?",
        "`on` must have `push`. In the `if`, compare github.ref with the whole name of the branch.",
        "if: github.event_name == 'push' && github.ref == 'refs/heads/main'.",
    ),
    needs=VALID,
)
def test_main_is_deployed(workflow: Workflow) -> None:
    """After a push to main with all jobs green, the job or step that uses RENDER_DEPLOY_HOOK_URL runs."""
    jobs = jobs_that_deploy(workflow)
    if not deployments(workflow, MAIN):
        plan = workflow.plan(MAIN)
        got = f"{jobs[0].id} does not deploy" if plan.is_triggered else "no workflow starts"
        raise CheckFailed("not_deployed", asked=str(MAIN), expected=f"the job {jobs[0].id} deploys", got=got)


@check(
    task="7.2",
    points=4,
    hints=(
        "When does a team want to know that a change is red: before it is merged, or afterwards?",
        "Which event stands for a pull request in `on`, and which jobs does it start?",
        "Add pull_request: to `on`, and leave conditions out of the jobs that test.",
    ),
    needs=VALID,
)
def test_pull_request_is_tested(workflow: Workflow) -> None:
    """After a pull request to main, all jobs that call pytest run."""
    plan = workflow.plan(PULL_REQUEST)
    for job in jobs_that_test(workflow):
        if not any(plan.runs_step(job, step) for step in steps_that_test(job)):
            got = f"pytest does not run in {job.id}" if plan.is_triggered else "no workflow starts"
            raise CheckFailed("not_tested", asked=str(PULL_REQUEST), expected=f"the job {job.id} runs", got=got)


@check(
    task="7.2",
    points=4,
    hints=(
        "Open a pull request in your mind. What is github.ref then, and what does your condition say?",
        "A condition with text around ${{ }} is a text, and a text that is not empty is true.",
        "The whole condition inside, or no braces at all: if: github.ref == 'refs/heads/main'.",
    ),
    needs=DEPLOYS,
)
def test_pull_request_is_not_deployed(workflow: Workflow) -> None:
    """After a pull request to main, nothing is deployed."""
    must_not_deploy(workflow, PULL_REQUEST, "deploys_a_pull_request")


@check(
    task="7.2",
    points=2,
    hints=(
        "Which pushes start your workflow, and what tells them apart?",
        "`on: push` alone means every branch and every tag. Either `on` or the `if` must name main.",
        "github.ref is refs/heads/fix for a branch and refs/tags/v1 for a tag. Compare it with refs/heads/main.",
    ),
    needs=DEPLOYS,
)
def test_other_branches_and_tags_are_not_deployed(workflow: Workflow) -> None:
    """After a push to another branch or of a tag, nothing is deployed."""
    for branch in ("feature", "main-2"):
        must_not_deploy(workflow, Event.push(branch), "deploys_another_branch")
    must_not_deploy(workflow, Event.tag("v1.0"), "deploys_a_tag")


@check(
    task="7.2",
    points=4,
    hints=(
        "Make each job red in turn, in your mind. Which jobs does the last one wait for?",
        "A job waits for those in `needs`, and for those that they need. always() takes the failure away.",
        "needs: with the names of all jobs that test or build, and an `if` without always() and !cancelled().",
    ),
    needs=DEPLOYS,
)
def test_red_job_is_not_deployed(workflow: Workflow) -> None:
    """After a push to main, nothing is deployed if another job fails, whichever it is."""
    green = workflow.plan(MAIN)
    for job in before_the_deployment(workflow):
        if green.runs(job.id):
            must_not_deploy(workflow, MAIN, "deploys_red_code", red=[job.id])
