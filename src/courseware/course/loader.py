"""Finds and reads lessons/course.toml and the lesson.toml of every folder in lessons/."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from courseware.base.errors import UsageError
from courseware.course.model import Application, Course, Lesson, Step

Model = TypeVar("Model", bound=BaseModel)
SLUG = re.compile(r"(?=[a-z])(?:step_(?P<number>\d+)_)?[a-z0-9_]+")


def find_course(start: Path | None = None) -> Course:
    """The course whose folder is `start` (default: the current one) or lies above it. Raises UsageError."""
    try:
        start = (start or Path.cwd()).resolve()
    except FileNotFoundError:
        raise UsageError("The current folder does not exist any more. Go to the course's folder.") from None
    for folder in (start, *start.parents):
        if (folder / "lessons" / "course.toml").is_file():
            return load_course(folder)
    raise UsageError("No course here: lessons/course.toml was not found. Run this inside the course's folder.")


def load_course(root: Path) -> Course:
    """The course in `root`, which may be relative to the current folder.

    Raises UsageError with file and key when a file is missing or wrong.
    """
    root = root.resolve()
    path = root / "lessons" / "course.toml"
    values = read_toml(path)
    application = parse(Application, values.get("application", {}), path, "application")
    stages = tuple(sorted(_steps(root, application), key=lambda step: step.number))
    for step, following in pairwise(stages):
        if step.number == following.number:
            raise UsageError(
                f"{path.parent}: {step.slug} and {following.slug} are both step {step.number}. Renumber one."
            )
    if not any(step.tasks for step in stages):
        raise UsageError(f"{path.parent}: no step has tasks. Add [[tasks]] to the lesson.toml of one.")
    return parse(Course, {"root": root, "stages": stages, **values}, path)


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file. Raises UsageError with the place of the mistake."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def parse(model: type[Model], values: dict[str, Any], path: Path, table: str = "") -> Model:
    """`values` as a `model`. Raises UsageError with the first wrong key and the file that it stands in.

    `table`: the table of the file that the values are.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in (table, *first["loc"]) if part != "")
        raise UsageError(": ".join(filter(None, (str(path), place, first["msg"])))) from error


def _steps(root: Path, application: Application) -> list[Step]:
    steps = []
    for path in root.glob("lessons/*/lesson.toml"):
        lesson = parse(Lesson, read_toml(path), path)
        number = _number(path, lesson)
        steps.append(Step(root=root, number=number, slug=path.parent.name, lesson=lesson, application=application))
    return steps


def _number(path: Path, lesson: Lesson) -> int:
    """Return the step's number, from its lesson.toml at `path` or else from the name of the folder."""
    slug = SLUG.fullmatch(path.parent.name)
    if slug is None:
        raise UsageError(f"{path.parent}: name the folder with small letters, digits and underscores, such as intro.")
    numbers = {int(number) for number in (lesson.number, slug["number"]) if number is not None}
    if not numbers:
        raise UsageError(f"{path}: add `number`, the step's place in the course, or name its folder like step_1_intro.")
    if len(numbers) > 1:
        raise UsageError(f"{path}: `number` differs from the one in the folder's name. Delete `number`.")
    if 0 in numbers:
        raise UsageError(f"{path}: number the steps from 1 on. 0 stands for the application before the first one.")
    return numbers.pop()
