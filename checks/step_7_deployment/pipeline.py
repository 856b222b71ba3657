"""The jobs of a workflow by what they do: those that test, those that deploy, and those in between.

One job may do several of these things, with a condition at its steps.
"""

from collections.abc import Collection

from courseware.checking import CheckFailed
from courseware.checking.deployment import Event, Job, JobStep, Workflow

HOOK = "RENDER_DEPLOY_HOOK_URL"
"""The secret with the address of the deploy hook."""
MAIN = Event.push("main")
PULL_REQUEST = Event.pull_request("fix", into="main")


def commands(job: Job) -> tuple[str, ...]:
    """What the job runs in shells."""
    return tuple(step.run for step in job.steps if step.run)


def jobs_that_test(workflow: Workflow) -> tuple[Job, ...]:
    """The jobs that call pytest."""
    jobs = tuple(job for job in workflow.jobs if steps_that_test(job))
    if not jobs:
        raise CheckFailed("no_tests", asked="the jobs that test", expected="a job that runs pytest", got="none")
    return jobs


def jobs_that_deploy(workflow: Workflow) -> tuple[Job, ...]:
    """The jobs that use the secret."""
    jobs = tuple(job for job in workflow.jobs if HOOK in str(job.data))
    if not jobs:
        raise CheckFailed("no_deployment", asked="the job that deploys", expected=f"one that uses {HOOK}", got="none")
    return jobs


def steps_that_test(job: Job) -> tuple[JobStep, ...]:
    """The steps that call pytest."""
    return tuple(step for step in job.steps if "pytest" in (step.run or ""))


def steps_that_deploy(job: Job) -> tuple[JobStep, ...]:
    """The steps that use the secret, by its own name or by that of a variable of the job."""
    env = job.data.get("env")
    variables = [name for name, value in env.items() if HOOK in str(value)] if isinstance(env, dict) else []
    return tuple(
        step
        for step in job.steps
        if HOOK in str(step.data) or any(name in str(step.run) for name in variables if step.run)
    )


def before_the_deployment(workflow: Workflow) -> tuple[Job, ...]:
    """All jobs but those that deploy, and those that wait for them."""
    late = {job.id for job in jobs_that_deploy(workflow)}
    while more := {job.id for job in workflow.jobs if late & set(job.needs)} - late:
        late |= more
    return tuple(job for job in workflow.jobs if job.id not in late)


def deployments(workflow: Workflow, event: Event, red: Collection[str] = ()) -> list[str]:
    """The jobs that deploy after this event, if the jobs in `red` fail and all others pass."""
    plan = workflow.plan(event, red)
    found = []
    for job in jobs_that_deploy(workflow):
        steps = steps_that_deploy(job)
        if any(plan.runs_step(job, step) for step in steps) or (not steps and plan.runs(job.id)):
            found.append(job.id)
    return found


def must_not_deploy(workflow: Workflow, event: Event, key: str, red: Collection[str] = ()) -> None:
    """Nothing may be deployed after this event."""
    running = deployments(workflow, event, red)
    if running:
        failing = f", and {' and '.join(sorted(red))} {'fails' if len(red) == 1 else 'fail'}" if red else ""
        raise CheckFailed(
            key, asked=f"{event}{failing}", expected="nothing is deployed", got=f"the job {running[0]} deploys"
        )
