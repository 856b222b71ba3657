"""The parts of a course as frozen models: the course, its application, its steps and their tasks."""

from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from courseware.base.errors import UsageError
from courseware.base.models import FrozenModel

Identifier = Annotated[str, Field(pattern=r"^\d+\.[0-9a-z]+$")]


PLATFORM_FACTS = ("port", "address", "postgresql", "postgresql_location", "redis", "secret")
"""What a platform knows of a release."""

Services = dict[str, dict[str, str]]
"""For each service the variables that it fills, and their texts with the service's facts in braces."""


class Application(FrozenModel):
    """The application that the steps build.

    `entrypoint` names a factory without arguments as `module:function`. `migrations` is the Alembic
    configuration inside the project, or None for an application without migrations. `database` are the variables that
    tell it where its SQLite database is, with the path of the file as {path}. `postgresql` are the same variables for a
    database on a PostgreSQL server, with its URL as {url}.

    `imports` names modules of libraries that most of its versions import: whoever judges many imports them once.

    `environment` are variables with their values; a step's own `environment` overrides them. `services` says for each
    service of the course that the application uses which variables it fills, with the service's facts in braces.
    `address_variable` is the one that is told where the application itself can be reached.
    """

    path: str
    entrypoint: str
    migrations: str | None = None
    imports: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    address_variable: str | None = None
    database: dict[str, str] = {}
    postgresql: dict[str, str] = {}
    services: Services = {}

    def database_at(self, path: Path) -> dict[str, str]:
        """The variables that tell the application that its database is this file."""
        return {name: text.format(path=path) for name, text in self.database.items()}

    @property
    def filled_variables(self) -> tuple[str, ...]:
        """The variables that are filled for each start: with the application's address, its database, and services."""
        own = [] if self.address_variable is None else [self.address_variable]
        return (*own, *self.database, *(name for variables in self.services.values() for name in variables))

    @field_validator("database")
    @classmethod
    def _only_the_path_is_filled_in(cls, database: dict[str, str]) -> dict[str, str]:
        for name, text in database.items():
            try:
                text.format(path="")
            except (LookupError, ValueError, AttributeError):
                raise ValueError(f"{name} can have {{path}} filled in and nothing else, not {text!r}") from None
        return database

    @field_validator("postgresql")
    @classmethod
    def _only_the_url_is_filled_in(cls, postgresql: dict[str, str]) -> dict[str, str]:
        for name, text in postgresql.items():
            try:
                text.format(url="")
            except (LookupError, ValueError, AttributeError):
                raise ValueError(f"{name} can have {{url}} filled in and nothing else, not {text!r}") from None
        return postgresql

    @model_validator(mode="after")
    def _both_databases_have_the_same_variables(self) -> Self:
        if self.postgresql and self.postgresql.keys() != self.database.keys():
            raise ValueError("`postgresql` must set the same variables as `database`")
        return self

    @model_validator(mode="after")
    def _each_variable_is_set_once(self) -> Self:
        names = [*self.environment, *self.filled_variables]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"{twice} is set twice, by the environment, the database, a service or address_variable")
        return self


class Task(FrozenModel):
    """A piece of work with a check cell of its own. `edit` lists the files where it is done."""

    id: Identifier
    title: str
    points: int = Field(gt=0)
    edit: tuple[str, ...] = ()


class Question(FrozenModel):
    """A question that the student answers in words and a person grades."""

    id: Identifier
    title: str
    points: int = Field(gt=0)


class Platform(FrozenModel):
    """A platform that runs a student's image: what it gives each release, and how it finds out that one is healthy.

    `environment` are the variables of a release. Their texts have facts in braces: `port` is where the release has to
    listen, `postgresql` and `redis` are URLs, `postgresql_location` is the first one without `postgres://`, `address`
    is the URL of the release, and `secret` is a random text, another one in each variable. `health` is the path that
    answers 200 when the release works, within `seconds` of its start.
    """

    health: str = Field(pattern="^/")
    seconds: float = Field(default=30, gt=0)
    environment: dict[str, str]

    @field_validator("environment")
    @classmethod
    def _has_only_known_facts(cls, environment: dict[str, str]) -> dict[str, str]:
        for name, text in environment.items():
            try:
                text.format(**dict.fromkeys(PLATFORM_FACTS, ""))
            except (LookupError, ValueError, AttributeError):
                known = ", ".join(f"{{{fact}}}" for fact in PLATFORM_FACTS)
                raise ValueError(f"{name} can have {known} filled in and nothing else, not {text!r}") from None
        return environment


PYTEST_SETTINGS = ("conftest.py", "pytest.ini")
"""Files with settings of pytest. They belong to a submission only where the `hands_in` of its step names them."""


class Lesson(FrozenModel):
    """What a step's lesson.toml says.

    `adds` are paths of files that the step adds to the application, or patterns such as "tests/**". `given` are the
    files, added or changed by the step, that the student is handed as they are in the reference. `needs` names the
    services that the step uses from now on. A step without tasks is planned: the application has it, but students
    cannot work on it yet.

    `environment` are variables that the application gets from this step on. They override variables of the same name
    that the application or an earlier step has.

    `hands_in` says where conftest.py and pytest.ini belong to the submission, as paths or patterns such as "tests/**".
    Intake drops them everywhere else.

    `judges` says what is judged: the student's application, or with "tests" the tests that `hands_in` names. They run
    against variants of the application that belong to the course. No application of the student is started then. With
    "deployment" it is the student's workflow, image and start command, which checks start as the `platform` does.

    `suite` names tests that are judged like that in a step that judges an application: they run against variants of the
    reference after the step, without the files that `hands_in` names.

    `optional`: the points of the step come on top of those of the path.

    `imports` names modules that the judged tests import, besides those of the application: the judge imports them once.

    `number` is the step's place in the course, from 1 on. Leave it out where the folder's name says it: step_1_intro.
    """

    title: str
    number: int | None = Field(default=None, gt=0)
    minutes: int = Field(gt=0)
    adds: tuple[str, ...]
    given: tuple[str, ...] = ()
    hands_in: tuple[str, ...] = ()
    suite: tuple[str, ...] = ()
    optional: bool = False
    judges: Literal["application", "tests", "deployment"] = "application"
    platform: Platform | None = None
    imports: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    tasks: tuple[Task, ...] = ()
    questions: tuple[Question, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _no_list_of_changes(cls, values: dict[str, Any]) -> dict[str, Any]:
        if "changes" in values:
            raise PydanticCustomError("changes", "delete `changes`: what a step changes is read from the stages")
        return values

    @field_validator("hands_in")
    @classmethod
    def _names_settings_of_pytest(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            if not any(fnmatchcase(name, PurePosixPath(pattern).name) for name in PYTEST_SETTINGS):
                raise ValueError(f"{pattern!r} names neither conftest.py nor pytest.ini (write tests/** for a folder)")
        return patterns

    @model_validator(mode="after")
    def _names_the_tests(self) -> Self:
        if self.judges == "tests" and not self.hands_in:
            raise ValueError("a step that judges tests needs `hands_in`, which names them")
        if self.judges == "tests" and self.suite:
            raise ValueError("a step that judges tests alone names them in `hands_in`, and has no `suite`")
        return self

    @model_validator(mode="after")
    def _names_the_platform(self) -> Self:
        if (self.judges == "deployment") != (self.platform is not None):
            raise ValueError('a step needs [platform] if it judges = "deployment", and has none otherwise')
        return self


class Step(FrozenModel):
    """A lesson and its place: `root` is the course's folder, `slug` the name of every folder of the step.

    `application` is what the step works on, by whose files a project is recognised.
    """

    root: Path
    number: int
    slug: str
    lesson: Lesson
    application: Application

    @property
    def title(self) -> str:
        return self.lesson.title

    @property
    def tasks(self) -> tuple[Task, ...]:
        return self.lesson.tasks

    @property
    def imports(self) -> tuple[str, ...]:
        """Modules of libraries that most versions of what the step judges import."""
        return (*self.application.imports, *self.lesson.imports)

    @property
    def judges_tests(self) -> bool:
        """Whether the step judges the tests of a student, so that no application of theirs is started."""
        return self.lesson.judges == "tests"

    @property
    def judges_deployment(self) -> bool:
        """Whether the step judges how the application is deployed, so that only checks start it."""
        return self.lesson.judges == "deployment"

    @property
    def suite_patterns(self) -> tuple[str, ...]:
        """The paths or patterns of the tests that are judged by bugs; none in a step that judges no tests."""
        return self.lesson.hands_in if self.judges_tests else self.lesson.suite

    @property
    def points(self) -> int:
        """The points of all tasks and questions."""
        lesson = self.lesson
        return sum(task.points for task in lesson.tasks) + sum(question.points for question in lesson.questions)

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

    def tasks_in(self, path: str) -> tuple[Task, ...]:
        """The tasks that are done in this file of the application, among others perhaps."""
        return tuple(task for task in self.tasks if path in task.edit)


class Course(FrozenModel):
    """The whole course. `root` is the folder that holds lessons/, starter/, solutions/ and checks/.

    `stages` are all steps, in the order of their numbers. Numbers may be left out, for steps still to come.
    """

    root: Path
    title: str
    application: Application
    stages: tuple[Step, ...]

    @model_validator(mode="after")
    def _steps_fit_the_application(self) -> Self:
        for step in self.stages:
            if missing := [name for name in step.lesson.needs if name not in self.application.services]:
                raise ValueError(f"step {step.number} needs {missing[0]!r}, which application.services does not name")
            if filled := [name for name in step.lesson.environment if name in self.application.filled_variables]:
                raise ValueError(
                    f"step {step.number} sets {filled[0]}, which the database, a service or address_variable fills"
                )
        return self

    def services_after(self, number: int) -> tuple[str, ...]:
        """The services that the application uses after step `number`."""
        needed = {name for step in self.stages if step.number <= number for name in step.lesson.needs}
        return tuple(name for name in self.application.services if name in needed)

    def application_after(self, number: int) -> Application:
        """The application with the environment that it has after step `number`; 0 stands for before the first one."""
        environment = dict(self.application.environment)
        for step in self.stages:
            if step.number <= number:
                environment |= step.lesson.environment
        return self.application.model_copy(update={"environment": environment})

    def step(self, number: int) -> Step:
        """The step with this number; UsageError names the ones there are."""
        for step in self.steps:
            if step.number == number:
                return step
        known = ", ".join(str(step.number) for step in self.steps)
        raise UsageError(f"There is no step {number}. This course has: {known}.")

    def step_before(self, step: Step) -> Step | None:
        """The step that is worked on before this one; None before the first."""
        return next((each for each in reversed(self.steps) if each.number < step.number), None)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that students can work on: those with tasks. The others are planned."""
        return tuple(step for step in self.stages if step.tasks)

    @property
    def stage_numbers(self) -> tuple[int, ...]:
        """The numbers of all stages of the application: 0 for the base before the first step, then of every step."""
        return (0, *(step.number for step in self.stages))

    @property
    def application_folder(self) -> Path:
        return self.root / self.application.path

    @property
    def glossary(self) -> Path:
        """The page that lessons link their terms to. A course may do without."""
        return self.root / "site" / "glossary.md"

    def superseded_folder(self, number: int) -> Path:
        """The folder of the files that a later step changes, as step `number` leaves them (0: before step 1)."""
        return self.root / "solutions" / "superseded" / f"after_step_{number}"
