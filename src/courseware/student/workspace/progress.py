"""How far the student is: what the last judgements said, which hints were read, and what that makes of each step."""

import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from courseware.base.models import FrozenModel
from courseware.base.processes import locked
from courseware.course import Step
from courseware.verdict import Verdict

logger = logging.getLogger(__name__)


class TaskProgress(FrozenModel):
    """What the last judgement said about a task.

    `submission` is the digest of the files that were judged, and `failed` are the ids of the checks that failed.
    """

    held: bool
    points: float
    points_possible: float
    submission: str
    judged_at: datetime
    failed: tuple[str, ...] = ()


class StepProgress(FrozenModel):
    """A step's tasks that were judged, by id."""

    tasks: dict[str, TaskProgress] = {}


class Progress(FrozenModel):
    """The whole of it. `hints` holds, for the id of a check, how many of its hints were read."""

    format: Literal[1] = 1
    current_step: int | None = None
    steps: dict[int, StepProgress] = {}
    hints: dict[str, int] = {}

    def at_step(self, number: int) -> "Progress":
        """This progress, with this step as the one that is worked on."""
        return self.model_copy(update={"current_step": number})

    def with_hint(self, check: str, level: int) -> "Progress":
        """This progress, with the hints of `check` read up to `level` at least."""
        return self.model_copy(update={"hints": {**self.hints, check: max(level, self.hints.get(check, 0))}})

    def with_verdict(self, verdict: Verdict, task: str | None) -> "Progress":
        """This progress after a judgement of `task`, or of the whole step. The first hints in it count as read.

        Of a judgement of one task nothing is kept about the others: of them it ran no more than that task needs.
        """
        judged = {
            result.id: TaskProgress(
                held=result.held,
                points=result.points,
                points_possible=result.points_possible,
                submission=verdict.submission,
                judged_at=verdict.judged_at,
                failed=tuple(check.id for check in verdict.checks if check.task == result.id and check.failure),
            )
            for result in verdict.tasks
            if task in (None, result.id)
        }
        before = self.steps.get(verdict.step, StepProgress())
        steps = {**self.steps, verdict.step: StepProgress(tasks={**before.tasks, **judged})}
        progress = self.at_step(verdict.step).model_copy(update={"steps": steps})
        for check in verdict.checks:
            if check.first_hint:
                progress = progress.with_hint(check.id, 1)
        return progress


class ProgressFile:
    """The progress on disk. Several processes may use it at once, and none ever sees half a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = path.with_name("lock")

    def read(self) -> Progress:
        """What is stored; a new progress where nothing is."""
        if not self._path.exists():
            return Progress()
        with locked(self._lock):
            return self._read()

    def update(self, change: Callable[[Progress], Progress]) -> Progress:
        """Stores what `change` makes of the progress, and returns it."""
        with locked(self._lock):
            progress = change(self._read())
            self._write(progress)
        return progress

    def _read(self) -> Progress:
        try:
            return Progress.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return Progress()
        except ValidationError:
            self._set_aside()
            return Progress()

    def _set_aside(self) -> None:
        kept = free_name(self._path.with_name(f"unreadable_{datetime.now():%Y-%m-%d_%H-%M-%S}.json"))
        self._path.replace(kept)
        logger.warning(
            "Your progress could not be read and starts again. Your work is unchanged. The old file is %s", kept
        )

    def _write(self, progress: Progress) -> None:
        written = self._path.with_suffix(".new")
        with written.open("w", encoding="utf-8") as file:
            file.write(progress.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        written.replace(self._path)


def free_name(path: Path) -> Path:
    """`path`, or if that is taken the first of path_2, path_3, ... that is not."""
    number, free = 2, path
    while free.exists():
        free = path.with_name(f"{path.stem}_{number}{path.suffix}")
        number += 1
    return free


class TaskStatus(FrozenModel):
    """A task's last judgement; `held` is None where there was none. `changed`: the files are other ones by now."""

    id: str
    title: str
    held: bool | None
    points: float
    points_possible: float
    changed: bool


class StepStatus(FrozenModel):
    """A step as the student left it. `judged_at` is when a task of it was judged last.

    `points_in_all` are those of all tasks and questions. `optional`: they come on top of those of the path.
    """

    number: int
    title: str
    minutes: int
    state: Literal["not started", "started", "holds"]
    points: float
    points_possible: float
    points_in_all: int
    optional: bool
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
        points_in_all=step.points,
        optional=step.lesson.optional,
        judged_at=max((last.judged_at for last in judged.values()), default=None),
        tasks=tuple(tasks),
    )
