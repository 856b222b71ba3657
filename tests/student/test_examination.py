"""What the doctor says about machines that lack something."""

import sys
from pathlib import Path

import pytest

from courseware.course import Course
from courseware.judging.sandbox import Availability
from courseware.student import examination as module
from courseware.student.examination import Finding, State, examine


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with no program on its PATH, and no package that holds one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module, "DEBIAN_POSTGRESQL", tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)  # noqa: ARG005


def of(findings: list[Finding], name: str) -> Finding:
    return next(finding for finding in findings if finding.name == name)


def test_every_finding_says_what_it_means_and_how_to_get_the_rest(course: Course) -> None:
    findings = list(examine(course))

    assert [finding.name for finding in findings if not (finding.found and finding.meaning)] == []
    assert [finding.name for finding in findings if (finding.state is State.GOOD) == bool(finding.remedy)] == []
    assert len({finding.name for finding in findings}) == len(findings)


def test_the_python_that_runs_is_named(course: Course) -> None:
    assert sys.executable in of(list(examine(course)), "Python").found


def test_without_a_course_there_is_nothing_to_work_on() -> None:
    assert of(list(examine(None)), "Course").state is State.MISSING


def test_a_course_that_cannot_be_written_is_missing(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)  # noqa: ARG005 - we may be root, who may write all

    finding = of(list(examine(course)), "Course")

    assert finding.state is State.MISSING
    assert "cannot be written" in finding.meaning


def test_a_full_disk_is_told(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROOM", 2**80)

    finding = of(list(examine(course)), "Course")

    assert finding.state is State.LIMITED
    assert "MiB of the disk are free" in finding.meaning


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("name", ["Chromium", "PostgreSQL", "Redis", "uv", "git"])
def test_what_is_not_installed_limits_and_has_a_remedy(name: str, course: Course) -> None:
    finding = of(list(examine(course)), name)

    assert finding.state is State.LIMITED
    assert finding.found == "not found"
    assert finding.remedy


@pytest.mark.parametrize(
    ("program", "name"),
    [("chromium", "Chromium"), ("postgres", "PostgreSQL"), ("valkey-server", "Redis"), ("uv", "uv"), ("git", "git")],
)
@pytest.mark.usefixtures("bare")
def test_a_program_on_the_path_is_found(program: str, name: str, course: Course, tmp_path: Path) -> None:
    installed = tmp_path / program
    installed.touch(mode=0o755)

    finding = of(list(examine(course)), name)

    assert finding.state is State.GOOD
    assert finding.found == str(installed)


@pytest.mark.usefixtures("bare")
def test_debians_own_place_for_postgresql_is_known(course: Course, tmp_path: Path) -> None:
    for version in ("15", "16"):
        program = tmp_path / version / "bin" / "postgres"
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)

    assert of(list(examine(course)), "PostgreSQL").found == str(tmp_path / "16" / "bin" / "postgres")


def test_without_the_sandbox_its_reason_is_told(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Availability(bubblewrap=False, reason="The kernel says no.", cgroup=None)
    monkeypatch.setattr(module, "available", lambda: nothing)

    findings = list(examine(course))

    assert of(findings, "Sandbox").found == "The kernel says no."
    assert of(findings, "Sandbox").state is State.LIMITED
    assert "Limit on memory" not in {finding.name for finding in findings}


def test_a_control_group_is_named(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "available", lambda: Availability(bubblewrap=True, reason="", cgroup="v2"))

    assert of(list(examine(course)), "Limit on memory").found == "v2"


def test_another_system_works_without_the_sandbox(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")

    assert of(list(examine(course)), "System").state is State.LIMITED
