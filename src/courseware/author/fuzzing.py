"""Fuzzing: whatever an application answers, a check passes or fails. An error would blame the course for it.

Each check runs against the reference again and again. Each time one answer, or the messages or uploads, are changed on
their way to the check.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pytest

from courseware.author.mutations import (
    Mutation,
    of_answer,
    of_database,
    of_messages,
    of_migrations,
    of_uploads,
)
from courseware.checking import Answer, Application, Database, ImageStore, Mailbox
from courseware.checking.application import Sent
from courseware.course import Step, load_course
from courseware.course.stages import finish
from courseware.judging.checks_run import CourseFault, run_pytest
from courseware.judging.fixtures import Fixtures
from courseware.judging.judgement import started
from courseware.judging.pytest_plugin import JudgePlugin, Note
from courseware.judging.runtime import Runtime
from courseware.judging.sandbox import SandboxKind, available
from courseware.services.image_store.service import ImageStore as ImageStoreService
from courseware.services.image_store.stored_images import Upload
from courseware.services.mailbox.messages import Message
from courseware.services.mailbox.service import Mailbox as MailboxService
from courseware.services.servers import FaultMode
from courseware.verdict import Outcome

Thing = TypeVar("Thing")
JUDGED = (Outcome.PASSED, Outcome.FAILED)
SUITE = "suite"
"""The fixture of checks of tests."""


@dataclass(frozen=True)
class FuzzedCheck:
    """What came of a check under so many mutations. `errors` are those under which it neither passed nor failed."""

    id: str
    mutations: int
    failed: int
    errors: tuple[str, ...]


def fuzz(
    root: Path, number: int, *, mutations: int, seed: int, sandbox: SandboxKind | None = None
) -> list[FuzzedCheck]:
    """Runs each check of a step under this many mutations (0: all), drawn from `seed`.

    Raises CourseFault where the checks cannot run, or do not pass without mutations.
    """
    course = load_course(root)
    step = course.step(number)
    kind: SandboxKind = sandbox or ("bubblewrap" if available().bubblewrap else "plain")
    with started(course, finish(course, number), number, kind) as runtime:
        tampering = Tampering()
        plugin = FuzzPlugin(step, runtime, tampering, mutations=mutations, seed=seed)
        run_pytest(course, step, plugin, FuzzedFixtures(runtime, seed, tampering), hidden=True)
        if plugin.run.faults:
            raise CourseFault(plugin.run.faults[0])
        return plugin.found


@dataclass(frozen=True)
class WatchedAnswer(Answer):
    """An answer that notes which places of its JSON are read."""

    places: set[tuple[object, str]] = field(default_factory=set)
    number: int = 0

    def _find(self, path: tuple[str | int, ...]) -> tuple[bool, object]:
        self.places.add((self.number, ".".join(map(str, path)) or "the whole"))
        return super()._find(path)

    @cached_property
    def json(self) -> object:
        self.places.add((self.number, "body"))
        return super().json


class Tampering:
    """Changes what comes from the application, and notes which mutations there are."""

    def __init__(self) -> None:
        self.runs = 0
        self.first_own = 0
        """The number of the first answer that came to the check itself, and not to its fixtures."""
        self.begin(None)

    def begin(self, mutation: Mutation | None) -> None:
        """A run begins, with this mutation or without any."""
        self.runs += 1
        self.mutation = mutation
        self.answers: list[Answer] = []
        self.others: dict[str, object] = {}
        """The first of what else came in this run: of messages, of uploads and so on."""
        self.places: set[tuple[object, str]] = set()
        """What was read of the answers: the number of an answer, and the place in it as mutations name it."""
        self.skipped = 0
        """How many answers fixtures have got in the run without a mutation, and not in this one."""

    def begin_call(self) -> None:
        """The check itself begins, after its fixtures, which may get fewer answers than in the run without a mutation.

        The first answer to the check itself has the same number in both runs.
        """
        if self.mutation is None:
            self.first_own = len(self.answers)
        self.skipped = self.first_own - len(self.answers)

    def answer(self, answer: Answer) -> Answer:
        number = len(self.answers) + self.skipped
        self.answers.append(answer)
        source = None if self.mutation is None else self.mutation.source
        is_changed = isinstance(source, int) and number >= source
        changed: Answer = self.mutation.change(answer) if self.mutation is not None and is_changed else answer
        content = {each.name: getattr(changed, each.name) for each in fields(Answer)}
        return WatchedAnswer(**content, places=self.places, number=number)

    def other(self, source: str, thing: Thing) -> Thing | None:
        """A message, an upload or what else `source` names, as it is or changed. None stands for "it did not come"."""
        self.others.setdefault(source, thing)
        if self.mutation is None or self.mutation.source != source:
            return thing
        changed: Thing | None = self.mutation.change(thing)
        return changed

    def rank(self, mutation: Mutation) -> int:
        """How probable it is that the check itself reads what the mutation changes; 0 is the most probable."""
        source, place = mutation.source, mutation.place
        if not isinstance(source, int):
            return 0
        if source < self.first_own:
            return 2
        return 0 if (source, place) in self.places else 1 if place == "status" else 2

    def possible(self, environment: Mapping[str, str]) -> list[Mutation]:
        """The mutations of what came in this run."""
        found = [mutation for number, answer in enumerate(self.answers) for mutation in of_answer(number, answer)]
        if isinstance(message := self.others.get("messages"), Message):
            found += of_messages([value for name, value in environment.items() if "SECRET" in name], message)
        for source, mutations in (("uploads", of_uploads), ("database", of_database), ("migrations", of_migrations)):
            if source in self.others:
                found += mutations()
        return found


class FuzzedApplication(Application):
    """Answers, as tampered with."""

    def __init__(self, runtime: Runtime, process: int, tampering: Tampering) -> None:
        super().__init__(runtime.application, process, runtime.time_limits)
        self._tampering = tampering

    def answer_to(self, sent: Sent) -> Answer:
        return self._tampering.answer(super().answer_to(sent))


class FuzzedMailbox(Mailbox):
    """Messages, as tampered with."""

    def __init__(self, service: MailboxService, runtime: Runtime, tampering: Tampering) -> None:
        super().__init__(service, runtime.time_limits)
        self._tampering = tampering

    def messages_to(self, address: str) -> list[Message]:
        return _came(self._tampering.other("messages", each) for each in super().messages_to(address))


class FuzzedImageStore(ImageStore):
    """Uploads, as tampered with."""

    def __init__(self, service: ImageStoreService, runtime: Runtime, tampering: Tampering) -> None:
        super().__init__(service, runtime.time_limits)
        self._tampering = tampering

    @property
    def uploads(self) -> list[Upload]:
        return _came(self._tampering.other("uploads", each) for each in super().uploads)


class FuzzedServer:
    """What a check learns of the database, as tampered with."""

    def __init__(self, runtime: Runtime, tampering: Tampering) -> None:
        self._server = runtime.application
        self._tampering = tampering

    def ask_database(self, request: Mapping[str, object]) -> Mapping[str, Any]:
        return self._tampering.other("database", self._server.ask_database(request)) or {}

    def record_sql(self) -> None:
        self._server.record_sql()

    def recorded_sql(self) -> Mapping[str, Any]:
        return self._tampering.other("database", self._server.recorded_sql()) or {}

    def check_migrations(self) -> tuple[int, str]:
        return self._tampering.other("migrations", self._server.check_migrations()) or (1, "")


def _came(things: Iterable[Thing | None]) -> list[Thing]:
    return [thing for thing in things if thing is not None]


class FuzzedFixtures(Fixtures):
    """Fixtures of which each run of a check has other random numbers, and what comes is tampered with."""

    def __init__(self, runtime: Runtime, seed: int, tampering: Tampering) -> None:
        super().__init__(runtime, seed)
        self._tampering = tampering

    @pytest.fixture
    def application(self) -> Application:
        return FuzzedApplication(self._runtime, 0, self._tampering)

    @pytest.fixture
    def second_application(self) -> Application:
        return FuzzedApplication(self._runtime, 1, self._tampering)

    @pytest.fixture
    def mailbox(self) -> Iterator[Mailbox | None]:
        service = self._runtime.services.get("mailbox")
        assert isinstance(service, MailboxService | None)
        yield None if service is None else FuzzedMailbox(service, self._runtime, self._tampering)
        if service is not None:
            service.set_fault(FaultMode.NONE)

    @pytest.fixture
    def image_store(self) -> Iterator[ImageStore]:
        service = self._runtime.services.get("image_store")
        assert isinstance(service, ImageStoreService)
        store = FuzzedImageStore(service, self._runtime, self._tampering)
        yield store
        store.recover()

    @pytest.fixture
    def database(self) -> Database:
        return Database(FuzzedServer(self._runtime, self._tampering))

    @pytest.fixture(name="random")
    def seeded_random(self, request: pytest.FixtureRequest) -> random.Random:
        return random.Random(f"{self._seed}:{self._tampering.runs}:{request.node.name}")  # noqa: S311


class FuzzPlugin(JudgePlugin):
    """Runs each check once as it is, and then once for each of its mutations."""

    def __init__(self, step: Step, runtime: Runtime, tampering: Tampering, *, mutations: int, seed: int) -> None:
        super().__init__(step, runtime, seed=seed)
        self.found: list[FuzzedCheck] = []
        self._environment = runtime.environment
        self._tampering = tampering
        self._mutations = mutations
        self._random = random.Random(seed)  # noqa: S311 - a choice to repeat, not a secret

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        super().pytest_runtestloop(session)
        if not self.run.has_started:
            self.run.faults.append("The reference does not start, or its checks cannot be read.")
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        self._tampering.begin_call()

    def _run_checks(self, runtime: Runtime, session: pytest.Session) -> None:  # noqa: ARG002 - the base's name for it
        # What a check of tests learns does not come from the application of the student.
        self.found = [self._fuzzed(item) for item in session.items if SUITE not in getattr(item, "fixturenames", ())]

    def _fuzzed(self, item: pytest.Item) -> FuzzedCheck:
        identifier = item.name.removeprefix("test_")
        unchanged = self._note_of_run(item, None)
        if unchanged.outcome is not Outcome.PASSED:
            self.run.faults.append(f"{identifier} does not pass without a mutation: {unchanged}")
        possible = self._tampering.possible(self._environment)
        if self._mutations:
            possible = self._some_of(possible)
        notes = {str(mutation): self._note_of_run(item, mutation) for mutation in possible}
        self.run.notes[identifier] = unchanged  # other checks need this one
        return FuzzedCheck(
            identifier,
            len(possible),
            sum(note.outcome is Outcome.FAILED for note in notes.values()),
            tuple(f"{name}: {note.detail}" for name, note in notes.items() if note.outcome not in JUDGED),
        )

    def _some_of(self, mutations: list[Mutation]) -> list[Mutation]:
        """So many of them, at different places as far as there are some.

        Those come first that the check itself reads, then statuses, which all checks read.
        """
        self._random.shuffle(mutations)
        mutations.sort(key=self._tampering.rank)
        taken: Counter[str] = Counter()
        turns: list[tuple[int, int, float, int]] = []
        for number, mutation in enumerate(mutations):
            rank = self._tampering.rank(mutation)
            turns.append((taken[mutation.place], rank, self._random.random(), number))
            taken[mutation.place] += 1
        return [mutations[number] for *_, number in sorted(turns)[: self._mutations]]

    def _note_of_run(self, item: pytest.Item, mutation: Mutation | None) -> Note:
        identifier = item.name.removeprefix("test_")
        self._tampering.begin(mutation)
        assert self._runtime is not None
        self._runtime.time_limits.begin(second=True)
        self.run.notes[identifier] = Note()
        # The session as the next "item": all fixtures end with this run but those of the session.
        item.ihook.pytest_runtest_protocol(item=item, nextitem=item.session)
        return self.run.notes[identifier]
