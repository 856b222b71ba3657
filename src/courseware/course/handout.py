"""What a step's folder in the workspace holds: the project to work on, the notebook, and the lesson to read."""

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from courseware.base.errors import UsageError
from courseware.base.tree import Tree, read_tree
from courseware.course import Course, Step
from courseware.course.model import PYTEST_SETTINGS
from courseware.course.stages import start

LESSON = "lesson/"


def step_files(course: Course, step: Step) -> Tree:
    """All files of a step as it is handed out. Raises UsageError where the course lacks one."""
    return start(course, step.number) | _lesson_files(step)


def is_handed_in(path: str) -> bool:
    """Whether a file of the step's folder is part of the project, rather than of the lesson about it."""
    return not path.startswith(LESSON) and not path.endswith(".ipynb")


def is_asked_for(path: str, step: Step) -> bool:
    """Whether the step's submission may hold a file with this path: settings of pytest only if `hands_in` says so."""
    is_setting = not set(PYTEST_SETTINGS).isdisjoint(PurePosixPath(path).parts)
    return not is_setting or any(fnmatchcase(path, pattern) for pattern in step.lesson.hands_in)


def _lesson_files(step: Step) -> dict[str, bytes]:
    text = step.lesson_folder / "README.md"
    examples = read_tree(step.lesson_folder / "examples")
    try:
        return {
            step.notebook.name: step.notebook.read_bytes(),
            f"{LESSON}README.md": text.read_bytes(),
            **{f"{LESSON}examples/{path}": content for path, content in examples.items()},
        }
    except FileNotFoundError as missing:
        raise UsageError(f"Step {step.number} of the course is not whole: {missing.filename} is missing.") from missing
