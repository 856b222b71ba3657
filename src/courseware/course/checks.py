"""The files that judge a step, and the modules that its checks may import."""

from pathlib import Path

from courseware.course.model import Course, Step


def check_files(course: Course, step: Step, *, hidden: bool) -> tuple[Path, ...]:
    """Every file that a verdict about this step depends on: its checks, and the modules that they may import.

    Args:
        hidden: with the hidden checks. Without them it is what students are handed.
    """
    kept_back = step.hidden_checks_folder.glob("*.py") if hidden else ()
    return tuple(sorted({*importable_modules(course, step), *step.checks_folder.glob("*.py"), *kept_back}))


def importable_modules(course: Course, step: Step) -> tuple[Path, ...]:
    """The modules that checks of this step may import: shared ones, its own helpers and those of earlier steps.

    A module beside the steps' folders is shared (`users`). A step's helpers are the modules of its folder that hold no
    checks. They are imported by the name of the folder (`step_3_file_upload.avatars`).
    """
    earlier = [each.checks_folder for each in course.steps if each.number <= step.number]
    helpers = [path for folder in earlier for path in folder.glob("*.py") if not _is_pytests(path)]
    return (*shared_modules(course), *helpers)


def shared_modules(course: Course) -> tuple[Path, ...]:
    """The modules that the checks of all steps may import. They import no step's helpers."""
    return tuple((course.root / "checks").glob("*.py"))


def _is_pytests(path: Path) -> bool:
    """Whether pytest reads the file for its folder alone: a file of checks, or their fixtures."""
    return path.name.startswith("test_") or path.name == "conftest.py"
