"""The progress file: kept across runs, whole under many writers, and set aside when it cannot be read."""

import json
import logging
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from courseware.student.workspace.progress import Progress, ProgressFile
from courseware.verdict import ApplicationReport, CheckResult, Failure, Outcome, TaskResult, Verdict


@pytest.fixture
def file(tmp_path: Path) -> ProgressFile:
    return ProgressFile(tmp_path / ".course" / "progress.json")


def verdict(*, held: dict[str, bool], submission: str = "a" * 64, valid: bool = True) -> Verdict:
    """A verdict about step 1 with one check for each task."""
    checks = tuple(
        CheckResult(
            id=f"check_of_{task.replace('.', '_')}",
            task=task,
            sentence="It works.",
            visible=True,
            outcome=Outcome.PASSED if holds else Outcome.FAILED,
            points=float(holds),
            points_possible=1,
            failure=None if holds else Failure(key="wrong", asked="a", expected="b", got="c"),
            first_hint=None if holds else "Look again.",
            hints=3,
            seconds=0.1,
        )
        for task, holds in held.items()
    )
    return Verdict(
        step=1,
        title="Greeting",
        submission=submission,
        checks_version="c" * 64,
        judged_by="plain",
        judged_at=datetime.now(UTC),
        seconds=1,
        seed=1,
        valid=valid,
        application=ApplicationReport(started=True),
        tasks=tuple(
            TaskResult(id=task, title=task, points=float(holds), points_possible=1, held=holds)
            for task, holds in held.items()
        ),
        checks=checks,
    )


READ_MANY_HINTS = """
import sys
from pathlib import Path
from courseware.student.workspace.progress import ProgressFile

file = ProgressFile(Path(sys.argv[1]))
for number in range(20):
    file.update(lambda progress: progress.with_hint(f"{sys.argv[2]}_{number}", 1))
"""


def test_progress_outlives_the_process(file: ProgressFile, tmp_path: Path) -> None:
    file.update(lambda progress: progress.at_step(2).with_hint("greets", 1))

    read = ProgressFile(tmp_path / ".course" / "progress.json").read()

    assert read.current_step == 2
    assert read.hints == {"greets": 1}


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    commands = [[sys.executable, "-c", READ_MANY_HINTS, str(path), name] for name in "abc"]
    processes = [subprocess.Popen(command) for command in commands]

    assert [process.wait() for process in processes] == [0, 0, 0]
    assert len(ProgressFile(path).read().hints) == 60


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 2}', b'{"current_step": "x"}', b"\xff\x00", b"null"]
)
def test_an_unreadable_file_is_reported_and_kept(
    file: ProgressFile, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / ".course" / "progress.json"
    path.parent.mkdir()
    path.write_bytes(content)

    with caplog.at_level(logging.WARNING):
        progress = file.read()

    kept = [other for other in path.parent.iterdir() if other.name.startswith("unreadable_")]
    assert progress == Progress()
    assert [other.read_bytes() for other in kept] == [content]
    assert str(kept[0]) in caplog.text


def test_a_failing_change_leaves_the_file_as_it_was(file: ProgressFile) -> None:
    file.update(lambda progress: progress.at_step(1))

    def fail(_: Progress) -> Progress:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        file.update(fail)

    assert file.read().current_step == 1


def test_what_is_stored_is_json_for_a_person_to_read(file: ProgressFile, tmp_path: Path) -> None:
    file.update(lambda progress: progress.with_verdict(verdict(held={"1.1": True}), None))

    stored = json.loads((tmp_path / ".course" / "progress.json").read_bytes())

    assert stored["steps"]["1"]["tasks"]["1.1"]["held"] is True


def test_a_judgement_of_one_task_says_nothing_about_the_others() -> None:
    whole = Progress().with_verdict(verdict(held={"1.1": False, "1.2": False}), None)

    partly = whole.with_verdict(verdict(held={"1.1": True, "1.2": True}, submission="b" * 64), "1.2")

    assert not partly.steps[1].tasks["1.1"].held
    assert partly.steps[1].tasks["1.2"].held
    assert partly.steps[1].tasks["1.2"].submission == "b" * 64


def test_a_hint_shown_with_a_failure_counts_as_read() -> None:
    progress = Progress().with_verdict(verdict(held={"1.1": False, "1.2": True}), None)

    assert progress.hints == {"check_of_1_1": 1}


def test_a_later_judgement_forgets_no_hints() -> None:
    progress = Progress().with_hint("check_of_1_1", 3).with_verdict(verdict(held={"1.1": False}), None)

    assert progress.hints == {"check_of_1_1": 3}
