"""The journal keeps verdicts: once each, for all processes, and through a kill."""

import pickle
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from courseware.base.errors import UsageError
from courseware.classroom.judgements.journal import Journal, Key, key_of
from courseware.verdict import ApplicationReport, TaskResult, Verdict


def verdict(submission: str = "a" * 64, *, points: float = 3, valid: bool = True, plain: bool = False) -> Verdict:
    return Verdict(
        step=1,
        title="Greeting",
        submission=submission,
        checks_version="c" * 64,
        judged_by="plain" if plain else "bubblewrap",
        judged_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
        seconds=0.25,
        seed=7,
        valid=valid,
        application=ApplicationReport(started=True),
        tasks=(TaskResult(id="1.1", title="Greet", points=points, points_possible=6, held=False),),
        checks=(),
    )


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / ".course" / "journal.sqlite3")


def test_finds_what_was_kept_and_nothing_else(journal: Journal) -> None:
    kept = verdict()
    journal.keep(kept)
    key = key_of(kept)
    assert key == Key("a" * 64, 1, "c" * 64)
    assert journal.find(key) == kept
    others = (key._replace(submission="b" * 64), key._replace(step=2), key._replace(checks_version="d" * 64))
    assert [journal.find(other) for other in others] == [None, None, None]


def test_a_verdict_reached_without_a_sandbox_does_not_stand_for_one_in_it(journal: Journal) -> None:
    journal.keep(verdict(plain=True))
    assert journal.find(Key("a" * 64, 1, "c" * 64)) is None
    journal.keep(verdict(points=1))
    found = journal.find(Key("a" * 64, 1, "c" * 64))
    assert found is not None
    assert found.points == 1


def test_the_first_verdict_stays(journal: Journal) -> None:
    journal.keep(verdict(points=3))
    journal.keep(verdict(points=6))
    found = journal.find(key_of(verdict()))
    assert found is not None
    assert found.points == 3


def test_an_invalid_verdict_is_not_kept(journal: Journal) -> None:
    journal.keep(verdict(valid=False))
    assert journal.find(key_of(verdict())) is None


def test_what_is_no_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"not a database at all, but long enough to look at" * 100)
    with pytest.raises(UsageError, match=r"journal\.sqlite3 cannot be used .*move it away"):
        Journal(path)


# A process of its own: keeps one verdict under each number, and then is killed if told so.
KEEPING = """
import json, os, signal, sys
from pathlib import Path
from courseware.classroom.judgements.journal import Journal
from courseware.verdict import Verdict

path, verdict, first, last, end = sys.argv[1:]
journal = Journal(Path(path))
for number in range(int(first), int(last)):
    journal.keep(Verdict.model_validate({**json.loads(verdict), "submission": f"{number:064}"}))
if end == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


def keeping(path: Path, first: int, last: int, end: str = "") -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", KEEPING, str(path), verdict().model_dump_json(), str(first), str(last), end]
    )


def test_several_processes_begin_and_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    processes = [keeping(path, *numbers) for numbers in ((0, 40), (20, 60), (40, 80))]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    journal = Journal(path)
    assert all(journal.find(key_of(verdict(f"{number:064}"))) for number in range(80))


def test_a_kill_right_after_keeping_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    assert keeping(path, 0, 5, "killed").wait(60) == -signal.SIGKILL
    journal = pickle.loads(pickle.dumps(Journal(path)))  # noqa: S301 - our own
    assert all(journal.find(key_of(verdict(f"{number:064}"))) for number in range(5))
