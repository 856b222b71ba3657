"""The journal: every verdict about a class's submissions, so that none is judged twice, and what came of it.

One SQLite file.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from courseware.base.errors import UsageError
from courseware.base.processes import locked
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Verdict

WAIT_SECONDS = 60.0
TABLES = (
    """
    CREATE TABLE IF NOT EXISTS verdicts (
        submission TEXT NOT NULL, step INTEGER NOT NULL, checks_version TEXT NOT NULL, judged_by TEXT NOT NULL,
        verdict TEXT NOT NULL,
        PRIMARY KEY (submission, step, checks_version, judged_by)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS notes (
        step INTEGER NOT NULL, student TEXT NOT NULL, state TEXT NOT NULL, remark TEXT NOT NULL,
        PRIMARY KEY (step, student)
    ) WITHOUT ROWID
    """,
)


class Key(NamedTuple):
    """What a verdict depends on: the submitted files, the step, its checks, and which sandbox kept the files in."""

    submission: str
    step: int
    checks_version: str
    judged_by: SandboxKind = "bubblewrap"


class Note(NamedTuple):
    """What was brought into the gradebook of a student's submission.

    `state` is the digest of all that it depended on, `remark` says why a person must look at it, or nothing.
    """

    state: str
    remark: str


class Journal:
    """The verdicts in the SQLite file `path`, which is made where it is missing.

    Any number of threads and processes may use it at once. What was kept stays, even when the process is killed in the
    next moment. It holds no connection, so it can be handed to another process. Everything raises UsageError when the
    file is damaged or cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Only one process at a time may switch a new file to write-ahead logging.
        with locked(path.with_name(f"{path.name}.lock")), self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            for table in TABLES:
                connection.execute(table)

    def find(self, key: Key) -> Verdict | None:
        """The verdict under this key, or None if there is none yet."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT verdict FROM verdicts WHERE (submission, step, checks_version, judged_by) = (?, ?, ?, ?)", key
            ).fetchone()
        return None if row is None else Verdict.model_validate_json(row[0])

    def keep(self, verdict: Verdict) -> None:
        """Keeps a verdict about a whole step; the first one under a key stays.

        An invalid one is not kept: the course failed there, so the submission has to be judged again.
        """
        if verdict.valid:
            with self._connection() as connection:
                connection.execute(
                    "INSERT OR IGNORE INTO verdicts VALUES (?, ?, ?, ?, ?)",
                    (*key_of(verdict), verdict.model_dump_json()),
                )

    def notes(self, step: int) -> dict[str, Note]:
        """What was brought into the gradebook for this step, by student."""
        with self._connection() as connection:
            rows = connection.execute("SELECT student, state, remark FROM notes WHERE step = ?", (step,)).fetchall()
        return {student: Note(state, remark) for student, state, remark in rows}

    def note(self, step: int, student: str, note: Note) -> None:
        """Keeps what was brought last."""
        with self._connection() as connection:
            connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?)", (step, student, *note))

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection whose changes are committed when the block ends well."""
        try:
            with closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS)) as connection, connection:
                yield connection
        except sqlite3.Error as error:
            raise UsageError(
                f"The journal {self.path} cannot be used ({error}). "
                "If it is damaged, move it away: every submission is then judged again."
            ) from error


def key_of(verdict: Verdict) -> Key:
    """The key under which a verdict is kept."""
    return Key(verdict.submission, verdict.step, verdict.checks_version, verdict.judged_by)
