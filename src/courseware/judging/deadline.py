"""The time that the judgement of one submission may take, whatever the submission does."""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import pytest

from courseware.judging.pytest_plugin import CheckRun, Note
from courseware.verdict import Outcome


class Deadline:
    """A moment `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def has_passed(self) -> bool:
        return time.monotonic() >= self._end

    @contextmanager
    def calling(self, action: Callable[[], None]) -> Iterator[None]:
        """Calls `action` in another thread at the deadline, if the block still runs then.

        It should end what the block waits for: a thread cannot be interrupted from outside.
        """
        timer = threading.Timer(max(0.0, self._end - time.monotonic()), action)
        timer.name, timer.daemon = "deadline", True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


class DeadlinePlugin:
    """A pytest plugin that runs no check after the deadline, and forgets the failure of the one that it interrupts.

    That check failed because the application was ended under it.
    """

    def __init__(self, deadline: Deadline, run: CheckRun) -> None:
        self._deadline = deadline
        self._run = run

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        done = yield
        identifier = item.name.removeprefix("test_")
        if self._deadline.has_passed and self._run.notes[identifier].outcome is not Outcome.PASSED:
            self._run.notes[identifier] = Note()
        return done

    @pytest.hookimpl(tryfirst=True, specname="pytest_runtest_protocol")
    def run_none_after_the_deadline(self) -> bool | None:
        """Pytest takes True for "done"."""
        return True if self._deadline.has_passed else None

    @property
    def has_cut_short(self) -> bool:
        """Whether a check was not run because of the deadline."""
        notes = self._run.notes.values()
        waiting = (note for note in notes if note.outcome not in (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR))
        return self._deadline.has_passed and any(note.needs_failed is None for note in waiting)
