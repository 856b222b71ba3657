"""Puts together the application as it stands before and after each step, from files that are stored once."""

from fnmatch import fnmatchcase
from pathlib import Path

from courseware.base.tree import read_tree
from courseware.course import Course


def finish(course: Course, number: int) -> dict[str, bytes]:
    """Return the reference after step `number`; 0 is the base that the first step starts from.

    Where no step has this number, it is the reference after the last step before it. The version of each file is the
    superseded copy of the first step from there on that has one, or else the finished file.
    """
    reached = max(stage for stage in course.stage_numbers if stage <= number)
    tree = read_tree(course.application_folder)
    for stage in reversed(course.stage_numbers):
        if stage >= reached:
            tree |= read_tree(course.superseded_folder(stage))
    return {path: content for path, content in sorted(tree.items()) if _brought(course, path, number)}


def stored_file(course: Course, number: int, path: str) -> Path:
    """Return where the version of the application's file `path` stands that counts after step `number`."""
    for later in range(number, len(course.stages) + 1):
        if (superseded := course.superseded_folder(later) / path).is_file():
            return superseded
    return course.application_folder / path


def start(course: Course, number: int) -> dict[str, bytes]:
    """What the student is handed for step `number`: the reference before it, under what is given and the starter files.

    A kit has no reference; there the starter files are all.
    """
    step, after = course.step(number), finish(course, number)
    given = {path: after[path] for path in step.lesson.given if path in after}
    return dict(sorted((finish(course, number - 1) | given | read_tree(step.starter_folder)).items()))


def _brought(course: Course, path: str, number: int) -> bool:
    """Whether the file belongs to the application after step `number`."""
    later = (step.lesson.adds for step in course.stages if step.number > number)
    return not any(fnmatchcase(path, pattern) for adds in later for pattern in adds)
