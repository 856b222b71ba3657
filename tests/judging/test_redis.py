"""A submission that keeps answers in Redis is judged by what is there and for how long, by the application's clock."""

import pytest

from courseware.course import Course, load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Outcome

SERVICES = """
[application.services.redis]
REDIS_URL = "{url}"
"""
GREETING = '''"""How people are greeted: with a number, which they get for an hour."""

import itertools
import json
import os
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.web import Reply

numbers = itertools.count()
cache = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=0.5, retry=Retry(NoBackoff(), 1))
STORE = "return redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])"


def greet(query: dict[str, str]) -> Reply:
    """A greeting, from Redis if it has one."""
    key = f"greeting:{query['name']}"
    try:
        if (known := cache.get(key)) is not None:
            return 200, json.loads(known)
    except redis.RedisError:
        return 200, {"greeting": f"number {next(numbers)}"}
    answer = {"greeting": f"number {next(numbers)}"}
    cache.set(key, json.dumps(answer), ex=3600)
    return 200, answer
'''
SET = "cache.set(key, json.dumps(answer), ex=3600)"
CHECKS = '''"""Greetings in Redis."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from courseware.checking import Application, Clock, Redis, Request, check, expect
from courseware.services.servers import FaultMode

NOON = datetime(2032, 12, 31, 12, tzinfo=UTC)


@pytest.fixture
def request_of_one(random: Random) -> Request:
    return Request("GET", "/greeting", query={"name": f"ada-{random.randrange(10**9)}"})


def greeting(application: Application, request: Request) -> str:
    return application.send(request).expect_status(200, key="wrong_status").typed(str, "greeting")


@check(task="1.1", points=2, hints=("Store it.",))
def test_stores(application: Application, redis: Redis, request_of_one: Request) -> None:
    """The answer is stored as JSON."""
    answer = greeting(application, request_of_one)
    name = redis.only_key("greeting:*", asked=str(request_of_one), key="not_stored")
    stored = redis.json(name, asked=str(request_of_one), key="no_json")
    expect(stored == {"greeting": answer}, "other_value", asked=name, expected=answer, got=stored)
    expect(redis.keys_that_hold(answer) == [name], "not_found", asked=name, expected=name, got=redis.keys())


@check(task="1.1", points=2, hints=("For an hour.",))
def test_keeps_for_an_hour(application: Application, redis: Redis, clock: Clock, request_of_one: Request) -> None:
    """The answer stays for an hour."""
    asked = str(request_of_one)
    clock.move(NOON)
    answer = greeting(application, request_of_one)
    name = redis.only_key("greeting:*", asked=asked, key="not_stored")
    left = redis.ttl(name, asked=asked)
    expect(left is not None and 3500 < left <= 3600, "wrong_ttl", asked=asked, expected="an hour", got=left)
    clock.move(NOON + timedelta(minutes=59))
    expect(greeting(application, request_of_one) == answer, "too_short", asked=asked, expected=answer, got="another")
    clock.move(NOON + timedelta(minutes=61))
    expect(redis.keys() == [], "too_long", asked=asked, expected="no key", got=redis.keys())
    expect(greeting(application, request_of_one) != answer, "too_long", asked=asked, expected="another", got=answer)


@check(task="1.2", points=2, hints=("Catch it.",))
def test_goes_on_without(application: Application, redis: Redis, request_of_one: Request) -> None:
    """Without Redis people are greeted too."""
    greeting(application, request_of_one)
    for mode in (FaultMode.REFUSES, FaultMode.STALLS):
        redis.set_fault(mode)
        greeting(application, request_of_one)
    redis.wait_until_used(lambda: application.send(request_of_one), asked=str(request_of_one))
    first = greeting(application, request_of_one)
    expect(greeting(application, request_of_one) == first, "not_again", asked="twice", expected=first, got="another")


@check(task="1.2", points=1, hints=("Ask each time.",))
def test_forgets_what_is_deleted(application: Application, redis: Redis, request_of_one: Request) -> None:
    """What is deleted in Redis is worked out again."""
    answer = greeting(application, request_of_one)
    redis.delete(redis.only_key("greeting:*", asked=str(request_of_one), key="not_stored"))
    expect(greeting(application, request_of_one) != answer, "remembers", asked="again", expected="new", got=answer)
    redis.set(f"greeting:{request_of_one.query['name']}", '{"greeting": "given"}', seconds=60)
    expect(greeting(application, request_of_one) == "given", "ignores", asked="again", expected="given", got="other")
'''
ALL = ("stores", "keeps_for_an_hour", "goes_on_without", "forgets_what_is_deleted")
KINDS = [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), "plain"]


@pytest.fixture
def course(course: Course) -> Course:
    """The miniature course with Redis in its first step."""
    about, lesson = course.root / "lessons/course.toml", course.root / "lessons/step_1_greeting/lesson.toml"
    about.write_text(about.read_text() + SERVICES)
    lesson.write_text('needs = ["redis"]\n' + lesson.read_text())
    (course.root / "checks/step_1_greeting/test_greeting.py").write_text(CHECKS)
    return load_course(course.root)


def failures(course: Course, greeting: str, kind: SandboxKind, seed: int = 1) -> dict[str, str]:
    """What fails of an application that greets like this, by the check's id."""
    tree = {**finish(course, 1), "app/greeting.py": greeting.encode()}
    verdict = judge(course, course.step(1), tree, sandbox=kind, seed=seed)
    assert verdict.valid, [check.detail for check in verdict.checks]
    assert all(check.outcome in (Outcome.PASSED, Outcome.FAILED) for check in verdict.checks)
    assert {check.id for check in verdict.checks} == set(ALL)
    return {check.id: check.failure.key for check in verdict.checks if check.failure is not None}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "store",
    [
        SET,
        "cache.set(key, json.dumps(answer), exat=int(time.time()) + 3600)",
        "cache.set(key, json.dumps(answer)) and cache.pexpireat(key, int(time.time() * 1000) + 3_600_000)",
        "cache.eval(STORE, 1, key, json.dumps(answer), 3600)",
    ],
)
def test_every_way_to_keep_something_for_an_hour_holds(course: Course, kind: SandboxKind, store: str) -> None:
    assert failures(course, GREETING.replace(SET, store), kind) == {}


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_checks_changes_nothing(course: Course, seed: int) -> None:
    assert failures(course, GREETING, "plain", seed) == {}


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        ("pass", {"stores": "not_stored", "keeps_for_an_hour": "not_stored", "goes_on_without": "not_again",
                  "forgets_what_is_deleted": "not_stored"}),
        ("cache.set(key, json.dumps(answer))", {"keeps_for_an_hour": "wrong_ttl"}),
        ("cache.set(key, json.dumps(answer), ex=1800)", {"keeps_for_an_hour": "wrong_ttl"}),
        ("cache.set(key, json.dumps(answer), exat=int(time.monotonic()) + 3600)",
         {"stores": "not_stored", "keeps_for_an_hour": "not_stored", "goes_on_without": "not_again",
          "forgets_what_is_deleted": "not_stored"}),
        ("cache.set(key, '{'); return 200, answer",
         {"stores": "no_json", "keeps_for_an_hour": "wrong_ttl", "goes_on_without": "wrong_status"}),
    ],
)  # fmt: skip
def test_what_is_wrong_in_redis_fails(course: Course, store: str, expected: dict[str, str]) -> None:
    assert failures(course, GREETING.replace(SET, store), "plain") == expected
