"""Carries the student's own work on a step forward into the next one."""

import os
import shutil
from pathlib import Path

from courseware.base.errors import UsageError
from courseware.base.merging import Merge, merge
from courseware.base.tree import Tree, is_generated
from courseware.course import Course, Step
from courseware.course.stages import LESSON, finish, step_files


def carry_forward(course: Course, before: Step, step: Step, mine: Tree) -> Merge:
    """The project for `step` that has the student's own work on the step `before` it, `mine`, in it.

    The merge's base is the reference of the step before, not what the student was handed for it. From that reference
    to the new step's start there is nothing but what the new step brings, so nothing else can be in conflict: what the
    student solved in another way than the reference stays, wherever the step does not touch it. From what was handed
    out, the reference and the student have both filled the same gaps, and every task that was solved would conflict.

    Raises UsageError where the course has no reference, or the machine no git.
    """
    if not course.application_folder.is_dir():
        raise UsageError(
            "This copy of the course has no solutions, and --from-mine needs them to tell what the step "
            f"changes. From the step as it is handed out: course start {step.number}"
        )
    return merge(finish(course, before.number), mine, step_files(course, step), step.number)


def own_files(folder: Path, step: Step) -> dict[str, bytes]:
    """What the student has written in the folder of `step`: not the lesson, its notebook, or what running left behind.

    Raises UsageError for a link or another thing that is no file, as the judge does: what a link leads to would be
    changed in two steps at once.
    """
    tree = {}
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not is_generated(name)]
        for name in (*folders, *files):
            path = Path(parent, name)
            inside = path.relative_to(folder).as_posix()
            if is_generated(name) or inside.startswith(LESSON) or inside == step.notebook.name:
                continue
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise UsageError(f"{path} is a link or something else that is no file; put the file itself there.")
            if path.is_file():
                tree[inside] = path.read_bytes()
    return tree


def keep_modes(paths: Tree, before: Path, after: Path) -> None:
    """Lets the student's files be executable, or not to be written, in the new folder as in the old one."""
    for path in paths:
        shutil.copymode(before / path, after / path)
