"""Releases are started as their image says, and whatever they do stays in the sandbox."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from courseware.checking import CheckFailed, Request
from courseware.checking.deployment import Deployment, Release
from courseware.course.model import Platform
from courseware.judging.deployment.releases import Releases
from courseware.judging.sandbox import SandboxKind

SERVE = 'echo ok > health && exec python -m http.server "$PORT"\n'
DOCKERFILE = "FROM python:3.13-slim\nWORKDIR /srv/site\nCOPY start.sh ./\nENV GREETING=Hi\n"
ENDS_WITH_7 = """
import http.server, os, signal
signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
server = http.server.HTTPServer(("0.0.0.0", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler)
server.serve_forever()
"""
PLATFORM = Platform(
    health="/health", seconds=20, environment={"PORT": "{port}", "REDIS_URL": "{redis}", "A": "{secret}"}
)
Start = Callable[..., Release]


@pytest.fixture
def start(kind: SandboxKind) -> Iterator[Start]:
    """Starts an image: `script` is its start.sh, `end` what the Dockerfile ends with."""
    begun: list[Releases] = []

    def start_image(script: str = SERVE, end: str = 'CMD ["sh", "start.sh"]', seconds: float = 20) -> Release:
        tree = {"Dockerfile": f"{DOCKERFILE}{end}\n".encode(), "start.sh": f"#!/bin/sh\n{script}".encode()}
        begun.append(Releases(tree, PLATFORM.model_copy(update={"seconds": seconds}), kind))
        return Deployment(begun[-1]).start()

    yield start_image
    for each in begun:
        each.end_releases()


def key_of(action: Callable[[], object]) -> str:
    with pytest.raises(CheckFailed) as caught:
        action()
    return caught.value.key


def test_it_starts_and_stops(start: Start) -> None:
    release = start(f'echo "$GREETING $REDIS_URL"; {SERVE}')
    release.must_become_healthy()
    assert release.send(Request("GET", "/start.sh")).status == 200
    assert "Hi redis://127.0.0.1:" in release.log
    release.must_stop()
    assert release.exit_code == -15


@pytest.mark.parametrize(
    "end",
    [
        "CMD exec sh start.sh",
        'ENTRYPOINT ["sh"]\nCMD ["/srv/site/start.sh"]',
        'ENTRYPOINT ["./start.sh"]',
        'COPY --from=tools /x /y\nCMD ["sh", "start.sh"]',
        'ENV PATH="/venv/bin:$PATH"\nCMD ["sh", "start.sh"]',
    ],
)
def test_forms_of_the_start_command(start: Start, end: str) -> None:
    start(end=end).must_become_healthy()


@pytest.mark.bubblewrap
@pytest.mark.parametrize(
    "end",
    [
        "COPY start.sh /usr/local/bin/\nCMD start.sh",
        "COPY start.sh /entry/\nENTRYPOINT /entry/start.sh",
        "WORKDIR /home/app\nCMD /srv/site/start.sh",
        "WORKDIR /usr/src/app\nCOPY start.sh .\nCMD /usr/src/app/start.sh",
    ],
)
@pytest.mark.parametrize("kind", ["bubblewrap"])
def test_absolute_paths_of_the_image(start: Start, end: str) -> None:
    start(end=end).must_become_healthy()


def test_what_keeps_it_from_being_healthy(start: Start) -> None:
    assert key_of(start("exit 3").must_become_healthy) == "ended_early"
    assert key_of(start("sleep 60", seconds=1).must_become_healthy) == "not_listening"
    assert key_of(start('exec python -m http.server "$PORT"', seconds=5).must_become_healthy) == "unhealthy"
    local = 'echo > health; exec python -m http.server --bind 127.0.0.1 "$PORT"'
    assert key_of(start(local).must_become_healthy) == "only_on_loopback"
    assert key_of(lambda: start(end='CMD ["no-such-program"]')) == "program_missing"
    assert key_of(lambda: start(end="USER 1")) == "no_start_command"


def test_what_survives_sigterm(start: Start) -> None:
    for script, key in (
        (SERVE.replace("exec ", ""), "process_left"),
        (f"trap '' TERM; {SERVE.replace('exec ', '')}", "survives_sigterm"),
        ("echo ok > health; exec python stop.py", "wrong_exit_code"),
    ):
        release = start(f"echo {shlex.quote(ENDS_WITH_7)} > stop.py; {script}")
        release.must_become_healthy()
        with pytest.raises(CheckFailed) as caught:
            release.must_stop(within=1)
        assert caught.value.key == key


def test_refusing_to_start(start: Start) -> None:
    start("exit 2").must_refuse_to_start()
    assert key_of(start("exit 0").must_refuse_to_start) == "exit_code_zero"
    assert key_of(start().must_refuse_to_start) == "starts_anyway"
    assert key_of(start("sleep 60", seconds=1).must_refuse_to_start) == "took_too_long"


def test_a_release_that_prints_without_end_is_ended(start: Start) -> None:
    assert key_of(start("yes").must_become_healthy) in ("ended_early", "not_listening")


@pytest.mark.bubblewrap
@pytest.mark.parametrize("kind", ["bubblewrap"])
def test_a_hostile_start_command_reaches_nothing(start: Start) -> None:
    attack = """
    kill -9 1; kill -9 -1 2>/dev/null
    for place in /proc/self /root/.ssh /etc/shadow $COURSE /home; do [ -e $place ] && echo "sees $place"; done
    touch /usr/x /etc/x $COURSE/x 2>/dev/null && echo writes
    python -c 'import socket; socket.create_connection(("192.0.2.1", 80), 1)' 2>/dev/null && echo network
    exit 4
    """
    release = start(f"COURSE={Path(__file__).parent}\n{attack}")
    assert key_of(release.must_become_healthy) == "ended_early"
    assert "sees" not in release.log
    assert "writes" not in release.log
    assert "network" not in release.log
