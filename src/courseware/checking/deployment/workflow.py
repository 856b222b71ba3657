"""The student's workflows as a check sees them: read, planned for an event, and run."""

from collections.abc import Collection
from functools import cached_property

from courseware.base.tree import Tree
from courseware.checking.deployment.plan import Event, Plan, plan
from courseware.checking.deployment.workflow_files import Job, WorkflowFile, jobs_of, read_workflows


class Workflow:
    """All workflows of a project together. Each method raises CheckFailed for what GitHub would refuse.

    Keys, from every method: `no_workflow`, `not_yaml`, `yaml_too_large`, `not_a_workflow`, `unknown_need` and
    `needs_in_a_circle`.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    @cached_property
    def files(self) -> tuple[WorkflowFile, ...]:
        """The files as data."""
        return read_workflows(self._tree)

    def must_be_read(self) -> None:
        """GitHub must be able to read each file: YAML, the schema of workflows, and `needs` that name jobs."""
        assert self.files

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
