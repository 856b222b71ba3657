"""The workspace: one folder for each step, laid out whole or not at all, and never overwritten."""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from courseware.base.errors import UsageError
from courseware.base.merging import Merge
from courseware.base.processes import locked
from courseware.base.tree import write_tree
from courseware.course import Course, Step
from courseware.course.stages import step_files
from courseware.student.workspace.carrying import carry_forward, keep_modes, own_files
from courseware.student.workspace.progress import Progress, ProgressFile, StepStatus, free_name, step_status
from courseware.verdict import Verdict

if TYPE_CHECKING:
    from courseware.judging.intake import Submission

logger = logging.getLogger(__name__)

UNFINISHED = "unfinished_"


@dataclass(frozen=True)
class LaidOut:
    """A step's folder. `new` is False where work was found and left as it is; `backup` holds work that was moved.

    `before` is the step whose work was carried forward into it, and `merge` says what became of that work.
    """

    folder: Path
    new: bool
    backup: Path | None = None
    before: Step | None = None
    merge: Merge | None = None


class Workspace:
    """The student's folder of a course: `workspace/` beside the course's own folders."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.root = course.root / "workspace"
        self._own = self.root / ".course"
        self._progress = ProgressFile(self._own / "progress.json")

    def folder(self, step: Step) -> Path:
        """Where the step is worked on, whether it is laid out yet or not."""
        return self.root / step.slug

    def is_laid_out(self, step: Step) -> bool:
        folder = self.folder(step)
        return folder.is_dir() and any(folder.iterdir())

    def step(self, number: int | None) -> Step:
        """The step with this number; None stands for the one worked on last. Raises UsageError."""
        if number is None:
            number = self.progress.current_step
        if number is None:
            raise UsageError(f"No step was started yet. Begin with: course start {self.course.steps[0].number}")
        return self.course.step(number)

    def start(self, step: Step, *, reset: bool = False, from_mine: bool = False) -> LaidOut:
        """Lays the step out, unless it is already. `reset` moves the work there is to a dated backup first.

        It begins from the reference of the step before, or, with `from_mine`, from the student's own work on that.
        The folder appears in one move when all of it is written, so that being interrupted leaves no half of it.
        Raises UsageError where the course lacks a file, or where there is no work to carry forward.
        """
        before = self._step_before(step) if from_mine else None
        with locked(self._own / "laying_out"):
            self._remove_unfinished()
            if self.is_laid_out(step) and not reset:
                laid_out = LaidOut(self.folder(step), new=False)
            else:
                laid_out = self._lay_out(step, before)
        self._keep(lambda progress: progress.at_step(step.number))
        return laid_out

    def restore(self, step: Step, path: str) -> Path | None:
        """Put one file of the step back as it was handed out. Returns the backup of the file that was there, if any.

        Raises UsageError if the step is not laid out or hands out no such file.
        """
        folder = self.require(step)
        files = step_files(self.course, step)
        if path not in files:
            near = ", ".join(get_close_matches(path, files)) or "none"
            raise UsageError(f"Step {step.number} hands out no file {path!r}. Similar files: {near}.")
        target = folder / path
        backup = None
        with locked(self._own / "laying_out"):
            if target.exists():
                backup = self._backup_place(step.slug) / path
                backup.parent.mkdir(parents=True)
                target.rename(backup)
            write_tree({path: files[path]}, folder)
        return backup

    def require(self, step: Step) -> Path:
        """The step's folder; UsageError if it is not laid out."""
        if not self.is_laid_out(step):
            raise UsageError(f"Step {step.number} was not started yet. Begin with: course start {step.number}")
        return self.folder(step)

    def submission(self, step: Step) -> "Submission":
        """The project as it stands in the step's folder, without the lesson's files. Raises UsageError."""
        from courseware.judging.intake import read_project

        return read_project(self.require(step), step, at_root=True)

    @property
    def progress(self) -> Progress:
        """How far the student is."""
        return self._progress.read()

    def status(self, step: Step) -> StepStatus:
        """How the step stands."""
        laid_out = self.is_laid_out(step)
        return step_status(
            step,
            self.progress.steps.get(step.number),
            laid_out=laid_out,
            submission=self._digest(step) if laid_out else None,
        )

    def record(self, verdict: Verdict, task: str | None = None) -> None:
        """Keeps what a judgement of `task`, or of the whole step, said; an invalid verdict says nothing."""
        if verdict.valid:
            self._keep(lambda progress: progress.with_verdict(verdict, task))

    def record_hint(self, check: str, level: int) -> None:
        """Keeps that the hints of a check were read up to this level."""
        self._keep(lambda progress: progress.with_hint(check, level))

    def _keep(self, change: Callable[[Progress], Progress]) -> None:
        """Changes the progress. Where it cannot be written, that is said, and nothing else is lost."""
        try:
            self._progress.update(change)
        except OSError as error:
            logger.warning("Your progress could not be kept: %s", error)

    def _digest(self, step: Step) -> str | None:
        from courseware.base.tree import digest

        try:
            return digest(self.submission(step).tree)
        except UsageError:  # intake refuses it, so it is not what was judged
            return None

    def _step_before(self, step: Step) -> Step:
        """The step whose work can be carried forward into this one. Raises UsageError where there is none."""
        before = self.course.step_before(step)
        if before is None:
            raise UsageError(
                f"Before step {step.number} there is no work of yours to carry forward. "
                f"Begin with: course start {step.number}"
            )
        if not self.is_laid_out(before):
            raise UsageError(
                f"Step {before.number} was not begun here, so there is no work of yours to carry forward. "
                f"From the reference: course start {step.number}"
            )
        return before

    def _lay_out(self, step: Step, before: Step | None) -> LaidOut:
        mine = {} if before is None else own_files(self.folder(before), before)
        merge = None if before is None else carry_forward(self.course, before, step, mine)
        folder = self.folder(step)
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=self._own) as unfinished:
            made = Path(unfinished, step.slug)
            write_tree(step_files(self.course, step) if merge is None else merge.tree, made)
            if before is not None:
                keep_modes(mine, self.folder(before), made)
            with self._moved_away(folder) as backup:
                made.rename(folder)
        return LaidOut(folder, new=True, backup=backup, before=before, merge=merge)

    @contextmanager
    def _moved_away(self, folder: Path) -> Iterator[Path | None]:
        """Moves the work to a backup, and back again when the block fails."""
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        if not folder.exists():
            yield None
            return
        backup = self._backup_place(folder.name)
        backup.parent.mkdir(exist_ok=True)
        folder.rename(backup)
        try:
            yield backup
        except BaseException:
            backup.rename(folder)
            raise

    def _backup_place(self, name: str) -> Path:
        return free_name(self.root / "backups" / f"{name}_{datetime.now():%Y-%m-%d_%H-%M-%S}")

    def _remove_unfinished(self) -> None:
        for left_behind in self._own.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left_behind, ignore_errors=True)
