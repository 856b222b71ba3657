"""Finds and reads lessons/course.toml and every lessons/step_*/lesson.toml."""

import re
import tomllib
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from courseware.base.errors import UsageError
from courseware.course.model import Course, Lesson, Step

Model = TypeVar("Model", bound=BaseModel)
STEP_FOLDER = re.compile(r"step_(?P<number>\d+)_[a-z0-9_]+")


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
    """The course in `root`. Raises UsageError with file and key when a file is missing or wrong."""
    path = root / "lessons" / "course.toml"
    stages = sorted(_steps(root), key=lambda step: step.number)
    if [step.number for step in stages] != list(range(1, len(stages) + 1)):
        raise UsageError(f"{path.parent}: the steps must be numbered 1, 2, 3 and so on, each once.")
    steps = tuple(takewhile(lambda step: step.tasks, stages))
    planned = tuple(stages[len(steps) :])
    if not steps or any(step.tasks for step in planned):
        raise UsageError(f"{path.parent}: the steps with tasks must come first, and there must be one at least.")
    return parse(Course, {"root": root, "steps": steps, "planned": planned, **read_toml(path)}, path)


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file. Raises UsageError with the place of the mistake."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def parse(model: type[Model], values: dict[str, Any], path: Path) -> Model:
    """`values` as a `model`. Raises UsageError with the first wrong key and the file that it stands in."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path}: {place}: {first['msg']}") from error


def _steps(root: Path) -> list[Step]:
    found = []
    for path in root.glob("lessons/step_*/lesson.toml"):
        name = STEP_FOLDER.fullmatch(path.parent.name)
        if name is None:
            raise UsageError(f"{path.parent} is not named like step_1_some_words.")
        lesson = parse(Lesson, read_toml(path), path)
        found.append(Step(root=root, number=int(name["number"]), slug=path.parent.name, lesson=lesson))
    return found
