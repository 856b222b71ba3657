"""Judges a class on this machine, in worker processes of which any may die."""

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout, suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path

from courseware.classroom.judgements.jobs import ATTEMPTS, Job, Judged, judged
from courseware.classroom.judgements.journal import Key
from courseware.course import Course, load_course

Answer = Judged | str
"""What became of a job, or in words why this attempt failed."""

LAST_SECONDS = 10.0


def work(connection: Connection, root: Path) -> None:
    """Judges what comes over the connection until nothing more comes.

    Ctrl-C in the terminal is for the process that started this one; SIGTERM ends it with its sandbox put away.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    over = suppress(EOFError, BrokenPipeError, KeyboardInterrupt)
    with over, Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):  # checks may print
        _answer(connection, load_course(root))


def _answer(connection: Connection, course: Course) -> None:
    while True:
        key, tree = connection.recv()
        try:
            answer: Answer = judged(course, key, tree)
        except Exception as error:
            answer = f"The judge failed: {type(error).__name__}: {error}"
        connection.send(answer)


def _end_with_parent() -> None:
    """Ends this process when its parent is gone, however it went, even in the middle of a judgement."""
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_SECONDS)
    os._exit(1)


# Fresh processes: a forked one would inherit the threads and the terminal of whoever asks.
SPAWN = multiprocessing.get_context("spawn")
LONGEST_SECONDS = 900.0  # of one judgement; the deadlines of its start and its requests are far below
STOP_SECONDS = 10.0


def judge_here(root: Path, jobs: Iterable[Job], *, workers: int) -> Iterator[Judged]:
    """What becomes of each job, as soon as it is known, by the checks of the course in `root`.

    A worker that dies is replaced; what it was judging is tried once more, after all the others.
    """
    todo = iter(jobs)
    again: deque[Job] = deque()
    attempts: Counter[Key] = Counter()
    crew = [Worker(root) for _ in range(workers)]
    try:
        while True:
            for worker in crew:
                if worker.job is None and (job := next(todo, None) or (again.popleft() if again else None)):
                    attempts[job.key] += 1
                    worker.give(job)
            busy = [worker for worker in crew if worker.job is not None]
            if not busy:
                return
            for job, answer in _answers(busy):
                if isinstance(answer, Judged):
                    yield answer
                elif attempts[job.key] < ATTEMPTS:
                    again.append(job)
                else:
                    yield Judged(job.key, None, fault=answer)
    finally:
        for worker in crew:
            worker.dismiss()
        for worker in crew:
            worker.wait_for_end()


class Worker:
    """A process that judges one job at a time, and the process that takes its place when it dies."""

    def __init__(self, root: Path) -> None:
        self.job: Job | None = None
        self._root = root
        self._start()

    def _start(self) -> None:
        self.connection, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=work, args=(theirs, self._root), daemon=True)
        self._process.start()
        theirs.close()  # so that the end of the process is the end of the connection

    def give(self, job: Job) -> None:
        self.job = job
        self.deadline = time.monotonic() + LONGEST_SECONDS
        with suppress(BrokenPipeError):  # it has died; `take` says so
            self.connection.send((job.key, job.read()))

    def take(self) -> tuple[Job, Answer]:
        """The job that was given, and its answer, which is there or will never come."""
        assert self.job is not None
        job, self.job = self.job, None
        if self.deadline <= time.monotonic():
            self._replace()
            return job, f"It was not judged within {LONGEST_SECONDS:.0f} seconds."
        try:
            answer: Answer = self.connection.recv()
        except (EOFError, OSError):
            self._replace()
            return job, "The process that judged it died."
        return job, answer

    def _replace(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()
        self._start()

    def dismiss(self) -> None:
        """Lets it end: at once and cleanly when it is in the middle of something."""
        if self.job is not None:
            self._process.terminate()
        self.connection.close()

    def wait_for_end(self) -> None:
        self._process.join(STOP_SECONDS)
        self._process.kill()
        self._process.join()


def _answers(busy: list[Worker]) -> Iterator[tuple[Job, Answer]]:
    """The answers of those that have one, that died, or that have had their time."""
    patience = min(worker.deadline for worker in busy) - time.monotonic()
    ready = wait([worker.connection for worker in busy], max(patience, 0))
    for worker in busy:
        if worker.connection in ready or worker.deadline <= time.monotonic():
            yield worker.take()
