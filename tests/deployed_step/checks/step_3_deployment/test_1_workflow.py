"""Checks of task 3.1: the workflow is read, and nothing deploys that is red or comes from elsewhere."""

from courseware.checking import CheckFailed, check
from courseware.checking.deployment import Event, Workflow

SECRET = "secrets.DEPLOY_HOOK"


@check(task="3.1", points=1, hints=("Compare the file with the example.",))
def test_workflow_is_read(workflow: Workflow) -> None:
    """GitHub can read the workflow."""
    workflow.must_be_read()
    workflow.must_lint()


@check(task="3.1", points=1, hints=("Read `on`.",), needs=("workflow_is_read",))
def test_main_is_deployed(workflow: Workflow) -> None:
    """A push to main runs a job that deploys."""
    plan = workflow.plan(Event.push("main"))
    if not any(plan.runs(job.id) for job in workflow.jobs_with(SECRET)):
        raise CheckFailed("never_deploys", asked=str(plan.event), expected="a job that deploys", got=str(plan.results))


@check(task="3.1", points=1, hints=("Read `if`.",), needs=("main_is_deployed",))
def test_pull_requests_are_not_deployed(workflow: Workflow) -> None:
    """A pull request deploys nothing."""
    plan = workflow.plan(Event.pull_request("feature"))
    if any(plan.runs(job.id) for job in workflow.jobs_with(SECRET)):
        raise CheckFailed("deploys", asked=str(plan.event), expected="no job that deploys", got=str(plan.results))


@check(task="3.1", points=1, hints=("Read `needs`.",), needs=("main_is_deployed",))
def test_red_code_is_not_deployed(workflow: Workflow) -> None:
    """Nothing is deployed if another job fails."""
    deploying = [job.id for job in workflow.jobs_with(SECRET)]
    for job in workflow.jobs:
        plan = workflow.plan(Event.push("main"), red=[job.id])
        if job.id not in deploying and plan.runs(job.id) and any(plan.runs(each) for each in deploying):
            raise CheckFailed(
                "deploys_red", asked=f"{job.id} fails", expected="no job that deploys", got=str(plan.results)
            )
