"""The application holds as a project of its own: its tests, its types, its style, its migrations."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from courseware.base.tree import changed
from courseware.course import Step, load_course
from courseware.course.stages import finish

Run = Callable[..., str]
Stages = dict[str, Path]

COURSE = load_course(Path(__file__).parents[2])


def changes_the_database(step: Step) -> bool:
    edited = changed(finish(COURSE, step.number - 1), finish(COURSE, step.number))
    return any(path.startswith(("app/models/", "migrations/")) for path in edited)


NEW_TABLES = ["finish 0", *(f"finish {step.number}" for step in COURSE.stages if changes_the_database(step))]
UPGRADE_AND_CHECK = "from alembic.config import main; main(['upgrade', 'head']); main(['check'])"
PYTEST = ("-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider")


def passed(output: str) -> int:
    """How many tests pytest says have passed."""
    summary = re.search(r"^(\d+) passed", output, re.MULTILINE)
    assert summary is not None, output
    return int(summary[1])


@pytest.mark.long
def test_its_tests_pass_on_sqlite_and_cover_it(finished: Path, run: Run) -> None:
    """pyproject.toml of the application says which coverage is enough; less is an exit code other than 0."""
    output = run(finished, *PYTEST, "--cov", "--cov-report=term")
    assert passed(output) > 200
    assert "Required test coverage of 95.0% reached" in output


REAL = "(postgresql or real) and not postgresql-embedded and not sqlite-real"
"""Tests that need both servers have both real: each kind of one with each kind of the other says nothing new."""


@pytest.mark.long
def test_the_finished_application_s_tests_pass_on_postgresql_and_redis(
    finished: Path, run: Run, postgres_server: str, redis_database: str
) -> None:
    servers = {"TEST_POSTGRES_URL": postgres_server, "TEST_REDIS_URL": redis_database}
    output = run(finished, *PYTEST, "-k", REAL, **servers)
    assert passed(output) > 100
    assert "skipped" not in output


@pytest.mark.long
def test_the_path_s_tests_pass_on_sqlite_and_cover_the_application(stages: Stages, run: Run) -> None:
    output = run(stages["finish 7"], *PYTEST, "--cov", "--cov-report=term")
    assert passed(output) > 60
    assert "Required test coverage of 80.0% reached" in output


@pytest.mark.long
def test_the_path_s_tests_pass_on_postgresql_and_redis(
    stages: Stages, run: Run, postgres_database: str, redis_database: str
) -> None:
    servers = {"TEST_DATABASE_URL": postgres_database, "TEST_REDIS_URL": redis_database}
    output = run(stages["finish 7"], *PYTEST, **servers)
    assert passed(output) > 60
    assert "skipped" not in output


@pytest.mark.long
def test_it_starts_and_ends_as_it_would_in_a_container(finished: Path, run: Run, postgres_server: str) -> None:
    """About a minute: it starts some twenty servers, and Schemathesis sends two of them a few hundred requests."""
    output = run(finished, *PYTEST, "-m", "slow", TEST_POSTGRES_URL=postgres_server, FUZZ_EXAMPLES="5")
    assert passed(output) >= 10


def test_style_and_types_hold_at_every_stage(stages: Stages, run: Run, tmp_path: Path) -> None:
    references = [str(folder) for name, folder in stages.items() if name.startswith("finish")]
    starts = [str(folder) for name, folder in stages.items() if name.startswith("start")]
    run(tmp_path, "-m", "ruff", "check", "--no-cache", *references)
    run(tmp_path, "-m", "ruff", "check", "--no-cache", "--ignore", "ARG", *starts)  # the student is to use the rest
    run(tmp_path, "-m", "ruff", "format", "--check", "--no-cache", *references, *starts)
    for folder in stages.values():  # each has a package called `app`: most of the cache serves the next one too
        run(folder, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "mypy"))


@pytest.mark.parametrize("name", NEW_TABLES)
def test_models_and_migrations_agree_on_postgresql(stages: Stages, run: Run, postgres_database: str, name: str) -> None:
    """On SQLite the test that starts each stage compares them."""
    output = run(stages[name], "-c", UPGRADE_AND_CHECK, DATABASE_URL=postgres_database)
    assert "No new upgrade operations" in output
