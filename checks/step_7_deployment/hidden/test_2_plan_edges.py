"""Task 7.2, with other events and more red jobs."""

from itertools import combinations

from courseware.checking import check
from courseware.checking.deployment import Event, Workflow
from step_7_deployment.pipeline import MAIN, before_the_deployment, must_not_deploy


@check(
    task="7.2",
    points=1,
    hints=(
        "Two jobs fail at once. Does your condition still see it?",
        "A condition that looks at one job does not see the other.",
        "Name all jobs in `needs`. Without a function of the status, all of them must succeed.",
    ),
    needs=("main_is_deployed",),
)
def test_two_red_jobs_are_not_deployed(workflow: Workflow) -> None:
    """After a push to main, nothing is deployed if two other jobs fail."""
    green = workflow.plan(MAIN)
    jobs = [job.id for job in before_the_deployment(workflow) if green.runs(job.id)]
    for pair in combinations(jobs, 2):
        must_not_deploy(workflow, MAIN, "deploys_red_code", red=pair)


@check(
    task="7.2",
    points=1,
    hints=(
        "The name of a branch or a tag can contain main.",
        "contains() and startsWith() also hold for maintenance and for a tag.",
        "Compare the whole reference by ==: refs/heads/main.",
    ),
    needs=("main_is_deployed",),
)
def test_branches_with_similar_names_are_not_deployed(workflow: Workflow) -> None:
    """After a push to another branch or of a tag, nothing is deployed, also if the name looks like main."""
    for name in ("release/main", "fix/main", "maintenance"):
        must_not_deploy(workflow, Event.push(name), "deploys_another_branch")
    must_not_deploy(workflow, Event.pull_request("maintenance", into="main"), "deploys_a_pull_request")
    must_not_deploy(workflow, Event.tag("main-1.0"), "deploys_a_tag")
