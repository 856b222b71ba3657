"""The student's workflows as a check sees them: read, planned for an event, and run."""

from collections.abc import Collection, Mapping
from functools import cached_property

from courseware.base.tree import Tree
from courseware.checking.check import CheckFailed
from courseware.checking.deployment.job_run import JobRun, JobRunner
from courseware.checking.deployment.plan import Event, Plan, plan
from courseware.checking.deployment.workflow_files import Job, WorkflowFile, jobs_of, read_workflows

SHOWN = 3


class Workflow:
    """All workflows of a project together. Each method raises CheckFailed for what GitHub would refuse.

    Keys, from every method: `no_workflow`, `not_yaml`, `yaml_too_large`, `not_a_workflow`, `unknown_need` and
    `needs_in_a_circle`.
    """

    def __init__(self, tree: Tree, runner: JobRunner | None = None) -> None:
        self._tree = tree
        self._runner = runner

    @cached_property
    def files(self) -> tuple[WorkflowFile, ...]:
        """The files as data."""
        return read_workflows(self._tree)

    def must_be_read(self) -> None:
        """GitHub must be able to read each file: YAML, the schema of workflows, and `needs` that name jobs."""
        assert self.files

    def must_lint(self) -> None:
        """The linter must find no error, such as an expression with a property that does not exist. Key: `lint_error`.

        It is jactionlint with its profile `correctness`.
        """
        found = self._require_runner().lint({each.path: self._tree[each.path] for each in self.files})
        if found:
            more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
            raise CheckFailed(
                "lint_error",
                asked="the workflows to be read by jactionlint",
                expected="no error",
                got="\n".join([*found[:SHOWN], *more]),
            )

    def _require_runner(self) -> JobRunner:
        if self._runner is None:
            raise TypeError("Nothing runs jobs here.")
        return self._runner

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs of all files."""
        return jobs_of(self.files)

    def jobs_with(self, text: str) -> tuple[Job, ...]:
        """The jobs in which some value contains the text, such as "secrets.DEPLOY_HOOK"."""
        return tuple(job for job in self.jobs if job.mentions(text))

    def plan(self, event: Event, red: Collection[str] = ()) -> Plan:
        """Which jobs run for the event if the jobs with the ids `red` fail and all others pass. Key: `bad_expression`.

        Raises ValueError for an id that no job has.
        """
        if unknown := sorted(set(red) - {job.id for job in self.jobs}):
            raise ValueError(f"No job has the id {unknown[0]!r}.")
        return plan(self.files, event, red)

    def execute(
        self,
        job: str,
        *,
        tests: Mapping[str, bytes],
        event: Event | None = None,
        secrets: Mapping[str, str] | None = None,
        failing: Collection[str] = (),
        hook_status: int = 200,
    ) -> JobRun:
        """Run the scripts of a job, with real PostgreSQL and Redis as its service containers.

        Actions are not carried out. Stubs stand for programs such as pip, ruff and docker; pytest is real.

        Args:
            tests: files that replace the tests of the project and their settings, by path.
            event: by default a push to main.
            secrets: of the repository. `{hook}` in a text stands for the URL of the judge's deploy hook.
            failing: programs whose stubs fail.
            hook_status: how the deploy hook answers.

        Keys: `bad_expression`, `unknown_shell`, `port_taken` and `step_ended`. Raises ValueError for an id that no job
        has.
        """
        found = next((each for each in self.jobs if each.id == job), None)
        if found is None:
            raise ValueError(f"No job has the id {job!r}.")
        return self._require_runner().run_job(
            found, event or Event.push("main"), tests, secrets or {}, failing, hook_status
        )
