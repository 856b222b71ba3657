"""The application before and after each step, put together from files stored once, and what a student receives."""

from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from courseware.base.errors import UsageError
from courseware.base.tree import Tree, read_tree
from courseware.course import Course, Step
from courseware.course.model import PYTEST_SETTINGS

LESSON = "lesson/"
GLOSSARY_LINK = b"../../site/glossary.md"
"""How a lesson in the repository links to the glossary. What is handed out has a copy beside the lesson."""


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
    later = (course.superseded_folder(stage) for stage in course.stage_numbers if stage >= number)
    folders = (folder for folder in later if (folder / path).is_file())
    return next(folders, course.application_folder) / path


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


def step_files(course: Course, step: Step) -> Tree:
    """All files of a step as it is handed out. Raises UsageError where the course lacks one."""
    return start(course, step.number) | _lesson_files(course, step)


def is_handed_in(path: str) -> bool:
    """Whether a file of the step's folder is part of the project, rather than of the lesson about it."""
    return not path.startswith(LESSON) and not path.endswith(".ipynb")


def is_asked_for(path: str, step: Step) -> bool:
    """Whether the step's submission may hold a file with this path: settings of pytest only if `hands_in` says so."""
    is_setting = not set(PYTEST_SETTINGS).isdisjoint(PurePosixPath(path).parts)
    return not is_setting or any(fnmatchcase(path, pattern) for pattern in step.lesson.hands_in)


def _lesson_files(course: Course, step: Step) -> dict[str, bytes]:
    text = step.lesson_folder / "README.md"
    examples = read_tree(step.lesson_folder / "examples")
    try:
        return {
            step.notebook.name: step.notebook.read_bytes(),
            f"{LESSON}README.md": text.read_bytes().replace(GLOSSARY_LINK, course.glossary.name.encode()),
            **({f"{LESSON}{course.glossary.name}": course.glossary.read_bytes()} if course.glossary.exists() else {}),
            **{f"{LESSON}examples/{path}": content for path, content in examples.items()},
        }
    except FileNotFoundError as missing:
        raise UsageError(f"Step {step.number} of the course is not whole: {missing.filename} is missing.") from missing
