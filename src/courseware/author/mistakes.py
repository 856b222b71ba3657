"""The known mistakes and the right alternatives that stand beside a step's checks."""

from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from courseware.base.errors import UsageError
from courseware.base.models import FrozenModel
from courseware.base.tree import Tree, read_tree
from courseware.course import Step
from courseware.course.loader import parse, read_toml

MISTAKES_FOLDER = "mistakes"
MISTAKE_FILE = "mistake.toml"
ALTERNATIVE_FILE = "alternative.toml"
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Mistake(FrozenModel):
    """A mistake that students make: `find`, which occurs once in `file` of the reference, becomes `replace`.

    `fails` names exactly the checks that must fail, each with the key of its message. Other checks may be skipped.
    `may_fail` names checks that fail at times, where the mistake depends on chance.
    """

    id: Key
    file: str
    find: str = Field(min_length=1)
    replace: str
    fails: dict[str, Key] = Field(min_length=1)
    may_fail: tuple[str, ...] = ()
    why: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _refuse_parallel_lists(cls, values: Any) -> Any:
        if isinstance(values, dict) and ("says" in values or isinstance(values.get("fails"), list)):
            raise ValueError('write fails = { check_id = "message_key" } in place of the lists `fails` and `says`')
        return values

    def made_in(self, reference: Tree) -> dict[str, bytes]:
        """The reference with this mistake in it. Raises UsageError unless `find` occurs exactly once."""
        text = reference.get(self.file, b"").decode()
        if text.count(self.find) != 1:
            raise UsageError(
                f"Mistake {self.id}: its `find` occurs {text.count(self.find)} times in {self.file}, not once."
            )
        return {**reference, self.file: text.replace(self.find, self.replace).encode()}


class _WrongProjectFile(FrozenModel):
    fails: dict[str, Key] = Field(min_length=1)
    may_fail: tuple[str, ...] = ()
    why: str = Field(min_length=1)
    removes: tuple[str, ...] = ()


class WrongProject(FrozenModel):
    """A known mistake that is no replacement of a text: the files of `folder` over the reference.

    A bad suite of tests is often another suite altogether. The fields are those of `Mistake` and `Alternative`.
    """

    id: Key
    folder: Path
    fails: dict[str, Key]
    may_fail: tuple[str, ...]
    why: str
    removes: tuple[str, ...]

    def made_in(self, reference: Tree) -> dict[str, bytes]:
        """The reference with these files. Raises UsageError when it removes what no file of the reference matches."""
        return _put_over(reference, self.folder, self.removes, f"Mistake {self.id}")


class _Mistakes(FrozenModel):
    mistakes: tuple[Mistake, ...] = ()


class _AlternativeFile(FrozenModel):
    why: str = Field(min_length=1)
    removes: tuple[str, ...] = ()
    sqlite_only: bool = False


class Alternative(FrozenModel):
    """Another right design: the files of `folder` over the reference, without those that it `removes`.

    `removes` are paths or patterns, such as "tests/**".

    `sqlite_only`: on PostgreSQL it needs what is not installed here, so that it is not judged there.
    """

    id: str
    folder: Path
    why: str
    removes: tuple[str, ...]
    sqlite_only: bool

    def put_over(self, reference: Tree) -> dict[str, bytes]:
        """The whole alternative project. Raises UsageError when it removes what no file of the reference matches."""
        return _put_over(reference, self.folder, self.removes, f"Alternative {self.id}")


def _put_over(reference: Tree, folder: Path, removes: tuple[str, ...], name: str) -> dict[str, bytes]:
    """The reference without the files that match `removes`, such as "tests/**", and with those of `folder`."""
    for pattern in removes:
        if not any(fnmatchcase(path, pattern) for path in reference):
            raise UsageError(f"{name} removes {pattern}, which the reference does not have.")
    kept = {
        path: content
        for path, content in reference.items()
        if not any(fnmatchcase(path, pattern) for pattern in removes)
    }
    own = {path: content for path, content in read_tree(folder).items() if path not in (ALTERNATIVE_FILE, MISTAKE_FILE)}
    return kept | own


def mistakes_of(step: Step) -> tuple[Mistake, ...]:
    """The step's known mistakes, in the order of its tasks. Raises UsageError as `mistakes_by_task` does."""
    return tuple(mistake for mistakes in mistakes_by_task(step).values() for mistake in mistakes)


def mistakes_by_task(step: Step) -> dict[str, tuple[Mistake, ...]]:
    """The step's known mistakes by task id: those of task 1.2 stand in mistakes/task_2.toml.

    Raises UsageError where a file is wrong or belongs to no task, and for an id that is used twice.
    """
    folder = step.checks_folder / MISTAKES_FOLDER
    if (old := step.checks_folder / "mistakes.toml").exists():
        raise UsageError(f"{old}: known mistakes are read from one file per task. Move them to {folder}/task_N.toml.")
    files = {task.id: folder / f"task_{task.id.partition('.')[2]}.toml" for task in step.tasks}
    found = set(folder.glob("*.toml"))
    if unknown := found - set(files.values()):
        raise UsageError(f"{min(unknown)} belongs to no task of step {step.number}. Name it like task_1.toml.")
    mistakes = {task: _mistakes_in(path) for task, path in files.items() if path in found}
    for name, count in Counter(mistake.id for these in mistakes.values() for mistake in these).items():
        if count > 1:
            raise UsageError(f"{folder}: the mistake {name} stands there {count} times. Give each an id of its own.")
    return mistakes


def _mistakes_in(path: Path) -> tuple[Mistake, ...]:
    return parse(_Mistakes, read_toml(path), path).mistakes


def wrong_projects_of(step: Step) -> tuple[WrongProject, ...]:
    """The known mistakes that are folders. Raises UsageError where a mistake.toml is missing or wrong."""
    found = []
    for folder in sorted((step.checks_folder / MISTAKES_FOLDER).glob("*/")):
        path = folder / MISTAKE_FILE
        told = parse(_WrongProjectFile, read_toml(path), path)
        found.append(parse(WrongProject, {"id": folder.name, "folder": folder, **told.model_dump()}, path))
    return tuple(found)


def alternatives_of(step: Step) -> tuple[Alternative, ...]:
    """The step's alternatives. Raises UsageError where an alternative.toml is missing or wrong."""
    found = []
    for folder in sorted((step.checks_folder / "alternatives").glob("*/")):
        path = folder / ALTERNATIVE_FILE
        told = parse(_AlternativeFile, read_toml(path), path)
        found.append(Alternative(id=folder.name, folder=folder, **told.model_dump()))
    return tuple(found)
