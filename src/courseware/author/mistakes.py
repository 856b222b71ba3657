"""The known mistakes and the right alternatives that stand beside a step's checks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from courseware.base.errors import UsageError
from courseware.base.models import FrozenModel
from courseware.base.tree import Tree, read_tree
from courseware.course import Step
from courseware.course.loader import parse, read_toml

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Mistake(FrozenModel):
    """A mistake that learners make: `find`, which occurs once in `file` of the reference, becomes `replace`.

    `fails` names exactly the checks that must fail, `says` the message key of all of them, or one key for each.
    """

    id: Key
    file: str
    find: str = Field(min_length=1)
    replace: str
    fails: tuple[str, ...] = Field(min_length=1)
    says: Key | tuple[Key, ...]
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _one_key_for_all_or_each(self) -> "Mistake":
        if not isinstance(self.says, str) and len(self.says) != len(self.fails):
            raise ValueError(f"{self.id}: `says` must be one key, or as many as `fails` has checks")
        return self

    @property
    def failures(self) -> Mapping[str, str]:
        """The message key of every check that must fail."""
        keys = [self.says] * len(self.fails) if isinstance(self.says, str) else self.says
        return dict(zip(self.fails, keys, strict=True))

    def made_in(self, reference: Tree) -> dict[str, bytes]:
        """The reference with this mistake in it. Raises UsageError unless `find` occurs exactly once."""
        text = reference.get(self.file, b"").decode()
        if text.count(self.find) != 1:
            raise UsageError(
                f"Mistake {self.id}: its `find` occurs {text.count(self.find)} times in {self.file}, not once."
            )
        return {**reference, self.file: text.replace(self.find, self.replace).encode()}


class _Mistakes(FrozenModel):
    mistakes: tuple[Mistake, ...] = ()


class _AlternativeFile(FrozenModel):
    why: str = Field(min_length=1)
    removes: tuple[str, ...] = ()


class Alternative(FrozenModel):
    """Another right design: the files of `folder` over the reference, without those that it `removes`."""

    id: str
    folder: Path
    why: str
    removes: tuple[str, ...]

    def put_over(self, reference: Tree) -> dict[str, bytes]:
        """The whole alternative project. Raises UsageError when it removes a file that is not there."""
        unknown = set(self.removes) - set(reference)
        if unknown:
            raise UsageError(f"Alternative {self.id} removes {min(unknown)}, which the reference does not have.")
        kept = {path: content for path, content in reference.items() if path not in self.removes}
        own = {path: content for path, content in read_tree(self.folder).items() if path != ALTERNATIVE_FILE}
        return kept | own


ALTERNATIVE_FILE = "alternative.toml"


def mistake_files(step: Step) -> tuple[Path, ...]:
    """The files that hold the step's known mistakes."""
    return (step.checks_folder / "mistakes.toml",)


def mistakes_of(step: Step) -> tuple[Mistake, ...]:
    """The step's known mistakes. Raises UsageError where mistakes.toml is wrong."""
    (path,) = mistake_files(step)
    mistakes = parse(_Mistakes, read_toml(path), path).mistakes
    names = [mistake.id for mistake in mistakes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{path}: the mistake {name} stands there twice.")
    return mistakes


def alternatives_of(step: Step) -> tuple[Alternative, ...]:
    """The step's alternatives. Raises UsageError where an alternative.toml is missing or wrong."""
    found = []
    for folder in sorted((step.checks_folder / "alternatives").glob("*/")):
        path = folder / ALTERNATIVE_FILE
        told = parse(_AlternativeFile, read_toml(path), path)
        found.append(Alternative(id=folder.name, folder=folder, why=told.why, removes=told.removes))
    return tuple(found)
