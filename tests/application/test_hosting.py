"""`course deploy` serves the application of step 7 as a platform would, and keeps the last healthy release."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from courseware.course import load_course
from courseware.course.stages import finish
from courseware.services.servers import listen_at
from courseware.student.hosting import Hosting

COURSE = load_course(Path(__file__).parents[2])
PROJECT = finish(COURSE, 7)
FAILS = b'raise RuntimeError("This migration fails on purpose.")\n'
ANN = {"email": "ann@example.com", "password": "a pass phrase of ann"}
pytestmark = pytest.mark.bubblewrap


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def hosting(said: list[str]) -> Iterator[Hosting]:
    platform = COURSE.step(7).lesson.platform
    assert platform is not None
    with Hosting(platform, "bubblewrap", listen_at(0), said.append) as hosting:
        yield hosting


@pytest.mark.long
def test_a_release_with_a_broken_migration_does_not_replace_a_healthy_one(hosting: Hosting, said: list[str]) -> None:
    assert hosting.deploy(PROJECT), said
    register = f"{hosting.address}/api/v1/auth/register"
    assert httpx.post(register, json=ANN, timeout=60).status_code == 201
    assert not hosting.deploy({**PROJECT, "migrations/versions/0005_birthday_key.py": FAILS})
    assert said[-1] == "Release 1 is still served."
    assert any("This migration fails on purpose." in line for line in said)
    assert httpx.get(f"{hosting.address}/api/v1/health/ready", timeout=60).json() == {"status": "ok"}
    assert httpx.post(register, json=ANN, timeout=60).status_code == 409  # the row is still there
