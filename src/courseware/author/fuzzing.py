"""Fuzzing: whatever an application answers, a check passes or fails. An error would blame the course for it.

Each check runs against the reference again and again. Each time one answer, or the messages or uploads, are changed on
their way to the check.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from courseware.author.mutations import Change, Mutation, of_answer, of_messages, of_uploads
from courseware.checking import Answer, Application, ImageStore, Mailbox
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

JUDGED = (Outcome.PASSED, Outcome.FAILED)


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


class Tampering:
    """Changes what comes from the application, and notes which mutations there are."""

    def __init__(self) -> None:
        self.runs = 0
        self.begin(None)

    def begin(self, mutation: Mutation | None) -> None:
        """A run begins, with this mutation or without any."""
        self.runs += 1
        self.mutation = mutation
        self.answers: list[Answer] = []
        self.messages = self.uploads = False

    def answer(self, answer: Answer) -> Answer:
        self.answers.append(answer)
        source = None if self.mutation is None else self.mutation.source
        is_changed = isinstance(source, int) and len(self.answers) > source
        changed: Answer = self.mutation.change(answer) if self.mutation is not None and is_changed else answer
        return changed

    def message(self, message: Message) -> Message:
        self.messages = True
        changed: Message = self._change("messages")(message)
        return changed

    def upload(self, upload: Upload) -> Upload | None:
        self.uploads = True
        changed: Upload | None = self._change("uploads")(upload)
        return changed

    def _change(self, source: str) -> Change:
        return self.mutation.change if self.mutation is not None and self.mutation.source == source else _unchanged

    def possible(self, environment: Mapping[str, str]) -> list[Mutation]:
        """The mutations of what came in this run."""
        found = [mutation for number, answer in enumerate(self.answers) for mutation in of_answer(number, answer)]
        if self.messages:
            found += of_messages([value for name, value in environment.items() if "SECRET" in name])
        return [*found, *(of_uploads() if self.uploads else ())]


def _unchanged(each: object) -> object:
    return each


class FuzzedApplication(Application):
    """Answers, as tampered with."""

    def __init__(self, runtime: Runtime, process: int, tampering: Tampering) -> None:
        super().__init__(runtime.server, process, runtime.time_limits)
        self._tampering = tampering

    def answer_to(self, sent: Sent) -> Answer:
        return self._tampering.answer(super().answer_to(sent))


class FuzzedMailbox(Mailbox):
    """Messages, as tampered with."""

    def __init__(self, service: MailboxService, runtime: Runtime, tampering: Tampering) -> None:
        super().__init__(service, runtime.time_limits)
        self._tampering = tampering

    def messages_to(self, address: str) -> list[Message]:
        return [self._tampering.message(message) for message in super().messages_to(address)]


class FuzzedImageStore(ImageStore):
    """Uploads, as tampered with."""

    def __init__(self, service: ImageStoreService, runtime: Runtime, tampering: Tampering) -> None:
        super().__init__(service, runtime.time_limits)
        self._tampering = tampering

    @property
    def uploads(self) -> list[Upload]:
        return [changed for each in super().uploads if (changed := self._tampering.upload(each)) is not None]


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

    def _run_checks(self, runtime: Runtime, session: pytest.Session) -> None:  # noqa: ARG002 - the base's name for it
        self.found = [self._fuzzed(item) for item in session.items]

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
        """So many of them, at different places as far as there are some."""
        self._random.shuffle(mutations)
        taken: Counter[str] = Counter()
        turns: list[tuple[int, int]] = []
        for mutation in mutations:
            turns.append((taken[mutation.place], len(turns)))
            taken[mutation.place] += 1
        return [mutations[number] for _, number in sorted(turns)[: self._mutations]]

    def _note_of_run(self, item: pytest.Item, mutation: Mutation | None) -> Note:
        identifier = item.name.removeprefix("test_")
        self._tampering.begin(mutation)
        assert self._runtime is not None
        self._runtime.time_limits.begin(second=True)
        self.run.notes[identifier] = Note()
        # The session as the next "item": all fixtures end with this run but those of the session.
        item.ihook.pytest_runtest_protocol(item=item, nextitem=item.session)
        return self.run.notes[identifier]
