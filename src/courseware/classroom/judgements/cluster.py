"""Judges a class on a Dask cluster: the same jobs, on other machines.

Everything there may happen more than once, so that nothing gets lost: a worker that dies takes with it what it was
judging, and another one judges that again. What has arrived here is the caller's to keep, and is let go of there, so
that no death can make it be judged again. The workers need this package and the application's libraries; the course
itself is brought to them.
"""

import itertools
import logging
import secrets
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from distributed import Client, Future, Worker, WorkerPlugin, as_completed, get_worker

from courseware.base.errors import UsageError
from courseware.base.tree import Tree, write_tree
from courseware.classroom.judgements.jobs import ATTEMPTS, Job, Judged, judged
from courseware.classroom.judgements.journal import Key
from courseware.course import Course, load_course
from courseware.judging.judgement import USUAL_SECONDS

CONNECT_SECONDS = 15
JOBS_A_THREAD = 2  # are underway: one is judged, one is there already

_one_at_a_time = threading.Lock()


def judge_on_cluster(
    address: str, course: Course, jobs: Iterable[Job], *, seconds: float = USUAL_SECONDS
) -> Iterator[Judged]:
    """What becomes of each job, as soon as it is known. Raises UsageError where there is no such cluster (any more)."""
    with _connected(address) as client, _course_brought(client, course) as name:
        todo = iter(jobs)
        keys: dict[str, Key] = {}

        def submit(job: Job) -> Future[Judged]:
            future: Future[Judged] = client.submit(
                _judge_there, name, job.key, dict(job.read()), seconds, pure=False, retries=ATTEMPTS - 1
            )
            keys[str(future.key)] = job.key
            return future

        first = [submit(job) for job in itertools.islice(todo, _room(client))]
        underway = as_completed(first, loop=client.loop)
        for future in underway:
            yield _outcome(future, keys.pop(str(future.key)))
            future.release()
            underway.update([submit(job) for job in itertools.islice(todo, 1)])


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is said here in a sentence
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        raise UsageError(f"There is no Dask cluster with workers at {address}: {error}") from error
    with client:
        yield client


@contextmanager
def _course_brought(client: Client, course: Course) -> Iterator[str]:
    """Brings to every worker, later ones too, what it needs of the course. The name under which it is there."""
    copy = CourseCopy(course)
    client.register_plugin(copy)
    try:
        yield copy.name
    finally:
        with suppress(Exception):
            client.unregister_worker_plugin(copy.name)


class CourseCopy(WorkerPlugin):
    """The lessons' lesson.toml and the checks, in a folder of the worker's own, for as long as the class is judged."""

    def __init__(self, course: Course) -> None:
        self.name = f"course-{secrets.token_hex(8)}"
        files = [*course.root.glob("lessons/**/*.toml"), *course.root.glob("checks/**/*.py")]
        self._files = {file.relative_to(course.root).as_posix(): file.read_bytes() for file in files}

    def setup(self, worker: Worker) -> None:
        self.root = Path(worker.local_directory, self.name)
        write_tree(self._files, self.root)

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - as Dask calls it
        shutil.rmtree(self.root, ignore_errors=True)


def _judge_there(name: str, key: Key, tree: Tree, seconds: float) -> Judged:
    """Runs on a worker. pytest wants its process for itself, whatever number of threads the worker has."""
    copy = get_worker().plugins[name]
    assert isinstance(copy, CourseCopy)
    with _one_at_a_time:
        return judged(load_course(copy.root), key, tree, seconds=seconds)


def _room(client: Client) -> int:
    threads: int = sum(client.nthreads().values())
    return JOBS_A_THREAD * max(threads, 1)


def _outcome(future: Future[Judged], key: Key) -> Judged:
    if future.status == "finished":
        return future.result()
    error = future.exception() if future.status == "error" else None
    if error is None:
        raise UsageError(
            "The connection to the cluster is lost. Finished judgements are stored: run the command again to continue."
        )
    if isinstance(error, UsageError):
        raise error
    return Judged(key, None, fault=f"It could not be judged on the cluster: {type(error).__name__}: {error}")
