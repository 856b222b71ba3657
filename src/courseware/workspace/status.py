"""How a step stands: what its last judgements said, and whether the files have changed since."""

from datetime import datetime
from typing import Literal

from courseware.course import Step
from courseware.workspace.progress import Record, StepProgress


class TaskStatus(Record):
    """A task's last judgement; `held` is None where there was none. `changed`: the files are other ones by now."""

    id: str
    title: str
    held: bool | None
    points: float
    points_possible: float
    changed: bool


class StepStatus(Record):
    """A step as the student left it. `judged_at` is when a task of it was judged last."""

    number: int
    title: str
    minutes: int
    state: Literal["not started", "started", "holds"]
    points: float
    points_possible: float
    judged_at: datetime | None
    tasks: tuple[TaskStatus, ...]

    @property
    def tasks_held(self) -> int:
        return sum(task.held is True for task in self.tasks)

    @property
    def changed(self) -> bool:
        """Whether something was judged and is no longer the same."""
        return any(task.changed for task in self.tasks)


def step_status(step: Step, progress: StepProgress | None, *, laid_out: bool, submission: str | None) -> StepStatus:
    """`submission` is the digest of the files as they are now; None where there are none that can be judged."""
    judged = {} if progress is None else progress.tasks
    tasks = []
    for task in step.tasks:
        last = judged.get(task.id)
        tasks.append(
            TaskStatus(
                id=task.id,
                title=task.title,
                held=None if last is None else last.held,
                points=0 if last is None else last.points,
                points_possible=0 if last is None else last.points_possible,
                changed=last is not None and last.submission != submission,
            )
        )
    held = all(task.held for task in tasks)
    return StepStatus(
        number=step.number,
        title=step.title,
        minutes=step.lesson.minutes,
        state="holds" if held else "started" if laid_out or judged else "not started",
        points=sum(task.points for task in tasks),
        points_possible=sum(task.points_possible for task in tasks),
        judged_at=max((last.judged_at for last in judged.values()), default=None),
        tasks=tuple(tasks),
    )
