"""A process that judges for `courseware.grading.pool`. It ends with the process that started it."""

import os
import signal
import threading
import time
from contextlib import redirect_stdout, suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path

from courseware.course import Course, load_course
from courseware.grading.jobs import Judged, judged

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
