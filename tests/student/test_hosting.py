"""A release is served when it is healthy, and the last healthy one stays when a new one fails."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from courseware.base.tree import write_tree
from courseware.course import Course
from courseware.course.model import Platform
from courseware.course.stages import finish
from courseware.services.servers import listen_at
from courseware.student.hosting import Hosting
from courseware.student.workspace import Workspace

DOCKERFILE = b'FROM python:3.13-slim\nWORKDIR /site\nCOPY start.sh .\nUSER 1\nCMD ["sh", "start.sh"]\n'
pytestmark = pytest.mark.bubblewrap


def site(text: str) -> dict[str, bytes]:
    script = f"#!/bin/sh\nset -e\necho {text} > health\nexec python -m http.server $PORT\n"
    return {"Dockerfile": DOCKERFILE, "start.sh": script.encode()}


BROKEN = {"Dockerfile": DOCKERFILE, "start.sh": b"echo the migration is broken\nexit 3\n"}


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def hosting(said: list[str]) -> Iterator[Hosting]:
    platform = Platform(health="/health", seconds=20, environment={"PORT": "{port}"})
    with Hosting(platform, "bubblewrap", listen_at(0), said.append) as hosting:
        yield hosting


def test_the_last_healthy_release_is_served(hosting: Hosting, said: list[str]) -> None:
    def served() -> str:
        answer = httpx.get(f"{hosting.address}/health")
        return answer.text.strip() if answer.status_code == 200 else str(answer.status_code)

    assert served() == "503"
    assert not hosting.deploy(BROKEN)
    assert said[-1] == "No release is served."
    assert hosting.deploy(site("first"))
    assert served() == "first"
    assert not hosting.roll_back()
    assert hosting.deploy(site("second"))
    assert served() == "second"
    assert "Release 2: ended after SIGTERM." in said
    assert not hosting.deploy(BROKEN)
    assert not hosting.deploy({"start.sh": b""})
    assert (served(), said[-1]) == ("second", "Release 3 is still served.")
    assert hosting.roll_back()
    assert (served(), hosting.serving) == ("first", 6)


def test_what_a_release_prints_is_shown(hosting: Hosting, said: list[str], wait: Callable[..., None]) -> None:
    assert not hosting.deploy(BROKEN)
    wait(lambda: "1 | the migration is broken" in said)


@pytest.fixture
def wait() -> Callable[..., None]:
    from courseware.base.processes import wait_until

    def wait_for(holds: Callable[[], bool]) -> None:
        assert wait_until(holds, 10)

    return wait_for


@pytest.mark.long
def test_the_command(deployed_course: Course) -> None:
    folder: Path = Workspace(deployed_course).start(deployed_course.step(3)).folder
    write_tree(finish(deployed_course, 3), folder)
    command = [sys.executable, "-m", "courseware", "deploy", "3"]
    done = subprocess.run(command, cwd=folder, input="", capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Release 1: healthy." in done.stdout
    (folder / "start.sh").write_text("exit 1\n")
    done = subprocess.run(command, cwd=folder, input="", capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "No release is served." in done.stdout
