"""The parts of a course as frozen models: the course, its application, its steps and their tasks."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from courseware.errors import UsageError

Identifier = Annotated[str, Field(pattern=r"^\d+\.[0-9a-z]+$")]


class Part(BaseModel):
    """A piece of the course: it never changes after loading, and a misspelt key in its file is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Application(Part):
    """The application that the steps build.

    `entrypoint` names a factory without arguments as `module:function`. `migrations` is the Alembic
    configuration inside the project, or None for an application without a database. `not_yet` holds
    patterns of files in the finished project that no written step brings.
    """

    path: str
    entrypoint: str
    migrations: str | None = None
    not_yet: tuple[str, ...] = ()
    environment: dict[str, str] = {}


class Task(Part):
    """A piece of work with a check cell of its own. `edit` lists the files where it is done."""

    id: Identifier
    title: str
    points: int = Field(gt=0)
    edit: tuple[str, ...] = ()


class Question(Part):
    """A question that the student answers in words and a person grades."""

    id: Identifier
    title: str
    points: int = Field(gt=0)


class Lesson(Part):
    """What a step's lesson.toml says. `adds` and `changes` are paths inside the application."""

    title: str
    minutes: int = Field(gt=0)
    adds: tuple[str, ...]
    changes: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = Field(min_length=1)
    questions: tuple[Question, ...] = ()


class Step(Part):
    """A lesson and its place: `root` is the course's folder, `slug` the name of every folder of the step."""

    root: Path
    number: int
    slug: str
    lesson: Lesson

    @property
    def title(self) -> str:
        return self.lesson.title

    @property
    def tasks(self) -> tuple[Task, ...]:
        return self.lesson.tasks

    @property
    def lesson_folder(self) -> Path:
        return self.root / "lessons" / self.slug

    @property
    def starter_folder(self) -> Path:
        return self.root / "starter" / self.slug

    @property
    def checks_folder(self) -> Path:
        return self.root / "checks" / self.slug

    @property
    def hidden_checks_folder(self) -> Path:
        return self.checks_folder / "hidden"

    @property
    def notebook(self) -> Path:
        return self.root / "notebooks" / f"{self.slug}.ipynb"

    def task(self, identifier: str) -> Task:
        """The task with this identifier, such as "1.2"; UsageError names the ones there are."""
        for task in self.tasks:
            if task.id == identifier:
                return task
        known = ", ".join(task.id for task in self.tasks)
        raise UsageError(f"Step {self.number} has no task {identifier!r}. Its tasks are {known}.")


class Course(Part):
    """The whole course. `root` is the folder that holds lessons/, starter/, solutions/ and checks/."""

    root: Path
    title: str
    application: Application
    steps: tuple[Step, ...]

    def step(self, number: int) -> Step:
        """The step with this number; UsageError names the ones there are."""
        for step in self.steps:
            if step.number == number:
                return step
        known = ", ".join(str(step.number) for step in self.steps)
        raise UsageError(f"There is no step {number}. This course has: {known}.")

    @property
    def application_folder(self) -> Path:
        return self.root / self.application.path

    def solution_folder(self, number: int) -> Path:
        """Where files stand as step `number` leaves them, if a later step changes them; 0 is the base before step 1."""
        slug = "step_0_base" if number == 0 else self.step(number).slug
        return self.root / "solutions" / slug
