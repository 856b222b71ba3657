"""An application that hangs or ends costs the checks that make it so, and no other one, whatever their order is."""

import pytest

from courseware.course import Course, load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.verdict import Outcome, Verdict

SEEDS = range(8)
SECOND_SECONDS = 1.0
"""As long as a second attempt waits here for each thing, times how busy the machine is."""
CHECKS = '''"""Four checks that ask for a greeting, one without a name, and one that asks for several at once."""

from courseware.checking import Application, Request, check


def greeting(name):
    return Request("GET", "/greeting", query={"name": name})


def asking(number):
    @check(task="1.1", points=1, hints=("Greet.",))
    def test(application: Application) -> None:
        """A greeting answers 200."""
        application.send(greeting("Ada")).expect_status(200, key="wrong_status")

    return test


globals().update({f"test_greets_{number}": asking(number) for number in range(4)})


@check(task="1.2", points=1, hints=("Refuse it.",))
def test_blank(application: Application) -> None:
    """A blank name answers 422."""
    application.send(greeting("")).expect_status(422, key="blank_accepted")


@check(task="1.2", points=1, hints=("Greet them all.",))
def test_at_once(application: Application) -> None:
    """Greetings at the same moment answer 200."""
    for answer in application.send_at_once([greeting("Ada"), greeting("Grace")]):
        answer.expect_status(200, key="wrong_status")
'''
APPLICATION = '''"""Greets, with a fault."""

import asyncio
import os
import threading
import time
from urllib.parse import parse_qs

lock = threading.Lock()
pool = threading.Semaphore(4)


def create_app():
    return application


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    name = parse_qs(scope["query_string"].decode()).get("name")
    loop = asyncio.get_running_loop()
    status = 200 if name else 422
    {fault}
    await send({{"type": "http.response.start", "status": status, "headers": []}})
    await send({{"type": "http.response.body", "body": b"{{}}"}})
'''
FAULTS = {
    "a lock is held over an await": ("with lock: await asyncio.sleep(0.05)", {"at_once"}),
    "an endpoint never ends": ("await asyncio.sleep(0 if name else 3600)", {"blank"}),
    "an endpoint blocks the loop": ("time.sleep(0 if name else 3600)", {"blank"}),
    "the loop is blocked after an answer": ("name or loop.call_later(0.01, time.sleep, 3600)", set()),
    "a pool runs dry": ("pool.acquire()", set()),
    "it ends after an answer": ("name or loop.call_later(0.01, os._exit, 3)", set()),
    "it answers late": ("await asyncio.sleep(0 if name else 0.5)", set()),
}


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the usual times, more or less."""
    monkeypatch.setattr("courseware.checking.time_limits.FIRST_SECONDS", 0.3)
    monkeypatch.setattr("courseware.checking.time_limits.SECOND_SECONDS", SECOND_SECONDS)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_order_of_checks_decides_nothing(course: Course, fault: str) -> None:
    code, lost = FAULTS[fault]
    checks = course.step(1).checks_folder
    (checks / "test_greeting.py").write_text(CHECKS)
    tree = {**finish(course, 1), "app/main.py": APPLICATION.format(fault=code).encode()}
    course = load_course(course.root)
    failed = [failed_checks(judge(course, course.step(1), tree, sandbox="plain", seed=seed)) for seed in SEEDS]
    assert failed == [lost] * len(SEEDS)


def failed_checks(verdict: Verdict) -> set[str]:
    assert verdict.valid, verdict.notes
    assert len(verdict.checks) == 6
    return {check.id for check in verdict.checks if check.outcome is not Outcome.PASSED}
