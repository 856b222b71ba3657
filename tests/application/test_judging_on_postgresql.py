"""The judge with a PostgreSQL server: references have all points, and no index hides that a list has no order.

Each run tries the references of steps 1 and 5. COURSE_TESTS=all tries all of them.
"""

import secrets
from pathlib import Path

import pytest

from courseware.author.mistakes import Mistake, mistakes_by_task
from courseware.author.verification import Claim, Kind
from courseware.course import Step, load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.postgresql import PostgresServer
from courseware.verdict import Outcome

from ..sampling import EVERYTHING

COURSE = load_course(Path(__file__).parents[2])
ABOUT_ORDER = [
    pytest.param(task, mistake, id=mistake.id)
    for task, mistakes in mistakes_by_task(COURSE.step(1)).items()
    for mistake in mistakes
    if ".order_by(" in mistake.find
]


@pytest.fixture
def server(postgres_server: str) -> PostgresServer:
    return PostgresServer(postgres_server)


@pytest.mark.parametrize("step", COURSE.steps if EVERYTHING else COURSE.steps[:5:4], ids=lambda step: str(step.number))
def test_references_pass_all_checks_but_those_that_read_a_file(step: Step, server: PostgresServer) -> None:
    reference = finish(COURSE, step.number)
    verdict = judge(COURSE, step, reference, hidden=True, postgresql=server)
    claim = Claim(Kind.REFERENCE, "on PostgreSQL", step.number, step.number, reference)
    assert claim.contradictions(verdict, exactly=False) == []
    skipped = {check.id for check in verdict.checks if check.outcome is Outcome.SKIPPED}
    assert len(skipped) < len(verdict.checks) / 3
    assert step.number > 4 or not skipped


@pytest.mark.parametrize(("task", "mistake"), ABOUT_ORDER)
def test_mistakes_about_the_order_of_lists_are_caught(task: str, mistake: Mistake, server: PostgresServer) -> None:
    assert len(ABOUT_ORDER) >= 6
    tree = mistake.made_in(finish(COURSE, 1))
    verdict = judge(COURSE, COURSE.step(1), tree, tasks=(task,), postgresql=server)
    assert verdict.valid, verdict.notes
    failed = {check.id for check in verdict.checks if check.outcome is Outcome.FAILED}
    assert failed & mistake.fails.keys(), failed


def test_each_start_has_a_database_of_its_own_which_is_dropped(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a sandbox, where the application reaches the relay at a free port."""
    made = [secrets.token_hex(8) for _ in range(10)]
    waiting = iter(made)
    monkeypatch.setattr("courseware.judging.postgresql.secrets.token_hex", lambda _: next(waiting))
    verdict = judge(COURSE, COURSE.step(1), finish(COURSE, 1), tasks=("1.2",), sandbox="plain", postgresql=server)
    assert verdict.held
    assert len(list(waiting)) < len(made) - 1  # one start in the usual row order, one in another
    rows = server.execute("SELECT datname FROM pg_database")
    assert not {row["datname"] for row in rows} & {f"course_{name}" for name in made}
