"""An application in two processes: they share database, ports and clock, and live and end together."""

import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import pytest

from courseware.checking import Answer, Application, Request, wait_until
from courseware.judging.runtime import RestartingServer
from courseware.judging.sandbox import ApplicationCommand, RunningApplication, SandboxKind, start_application
from courseware.services.redis.service import Redis

# Counts requests in its memory and in its database, and does what a request asks for.
MAIN = """
import json
import os
import socket
import sqlite3
import time

DATABASE = os.environ["DATABASE_URL"].partition("///")[2]
counted = 0


def count():
    with sqlite3.connect(DATABASE) as database:
        database.execute("insert into requests default values")
        number, = database.execute("select count(*) from requests").fetchone()
    return number


def create_app():
    async def application(scope, receive, send):
        global counted
        if scope["type"] != "http":
            return
        counted += 1
        if scope["path"] == "/end":
            os._exit(7)
        said = {"memory": counted, "database": count(), "time": time.time(), "process": os.getpid()}
        if scope["path"] == "/redis":
            with socket.create_connection(("127.0.0.1", 6380)) as redis:
                redis.sendall(b"*2\\r\\n$4\\r\\nINCR\\r\\n$8\\r\\nrequests\\r\\n")
                said["redis"] = redis.recv(100).decode().strip()
        print("request", counted, flush=True)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})

    return application
"""
ALEMBIC = "[alembic]\nscript_location = migrations\npath_separator = os\n"
ENVIRONMENT = """
import os
from alembic import context
from sqlalchemy import create_engine

with create_engine(os.environ["DATABASE_URL"].replace("+aiosqlite", "")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
from alembic import op
revision = "0001"
down_revision = None

def upgrade():
    op.execute("create table requests (id integer primary key)")
"""
PLACE = {"DATABASE_URL": "sqlite+aiosqlite:///{path}"}
COMMAND = ApplicationCommand("main:create_app", "alembic.ini", database=PLACE)
Start = Callable[..., RunningApplication]


def tree(main: str = MAIN) -> dict[str, bytes]:
    files = {
        "main.py": main,
        "alembic.ini": ALEMBIC,
        "migrations/env.py": ENVIRONMENT,
        "migrations/versions/0001_requests.py": REVISION,
    }
    return {path: text.encode() for path, text in files.items()}


def start(kind: SandboxKind, main: str = MAIN, processes: int = 2) -> RunningApplication:
    return start_application(tree(main), COMMAND, kind=kind, processes=processes)


@pytest.fixture
def server(kind: SandboxKind) -> Iterator[RestartingServer]:
    with RestartingServer(lambda _: start(kind)) as server:
        assert server.ensure_running().phase == "ready"
        yield server


def asked(server: RestartingServer, process: int, path: str = "/") -> Answer:
    return Application(server, process).send(Request("GET", path), seconds=30)


def test_they_share_the_database_and_nothing_in_memory(server: RestartingServer) -> None:
    answers = [asked(server, process) for process in (0, 1, 1, 0)]
    assert [answer.value("memory") for answer in answers] == [1, 1, 2, 2]
    assert [answer.value("database") for answer in answers] == [1, 2, 3, 4]
    assert len({answer.value("process") for answer in answers}) == 2


def test_they_write_to_the_database_at_once(server: RestartingServer) -> None:
    processes = (Application(server), Application(server, 1))
    for _ in range(5):
        with processes[0].sending(Request("GET", "/"), seconds=30) as first:
            processes[1].send(Request("GET", "/"), seconds=30).expect_status(200, key="wrong_status")
            first.answer().expect_status(200, key="wrong_status")
    assert asked(server, 0).value("database") == 11


def test_one_clock_is_that_of_both(server: RestartingServer) -> None:
    there = datetime(2030, 1, 1, tzinfo=UTC).timestamp()
    server.move_clock(datetime(2030, 1, 1, tzinfo=UTC))
    assert all(there <= asked(server, process).typed(float, "time") < there + 300 for process in (0, 1))
    server.move_clock(None)
    now = datetime.now(UTC).timestamp()
    assert all(abs(asked(server, process).typed(float, "time") - now) < 300 for process in (0, 1))


def test_both_print_to_one_log(server: RestartingServer) -> None:
    for process in (0, 1):
        position = server.log_position
        asked(server, process)
        assert wait_until(lambda at=position: "request 1\n" in server.log_since(at), 30)  # type: ignore[misc]


@pytest.mark.parametrize("process", [0, 1])
def test_both_are_started_again_when_one_ends(server: RestartingServer, process: int) -> None:
    asked(server, 1 - process)
    with Application(server, process).sending(Request("GET", "/end"), seconds=30):
        assert wait_until(lambda: server.has_ended, 30)
    assert server.ensure_running().phase == "ready"
    assert [asked(server, number).value("database") for number in (0, 1)] == [1, 2]
    assert server.restarts == 1


def test_stopping_ends_both(kind: SandboxKind) -> None:
    with start(kind) as running:
        assert running.wait_ready(30).phase == "ready"
    for process in (0, 1):
        with pytest.raises(OSError, match=r"."):
            running.connect(1, process)


@pytest.mark.parametrize(
    ("main", "said"),
    [
        ("raise LookupError('in both')\n", "LookupError: in both"),
        (
            "import os\nif os.path.exists('begun'):\n    raise LookupError\nopen('begun', 'w').close()\n",
            "In process 2: Traceback",
        ),
    ],
)
def test_a_start_that_fails_in_one_is_a_failed_start(kind: SandboxKind, main: str, said: str) -> None:
    with start(kind, main + MAIN) as running:
        report = running.wait_ready(30)
        assert report.phase == "import"
        assert said in report.text
        assert wait_until(lambda: running.has_ended, 30)


def test_a_second_process_that_ends_while_starting_is_told(kind: SandboxKind) -> None:
    main = "import os\nif os.path.exists('begun'):\n    os._exit(0)\nopen('begun', 'w').close()\n"
    with start(kind, main + MAIN) as running:
        report = running.wait_ready(30)
        assert report.phase == "ended"
        assert report.text.startswith("In process 2: One of its processes ended.")


@pytest.mark.bubblewrap
@pytest.mark.parametrize("forked", [False, True])
def test_they_share_the_ports_of_the_services(request: pytest.FixtureRequest, forked: bool) -> None:
    if forked:
        request.getfixturevalue("forks")
    redis = Redis()
    command = ApplicationCommand("main:create_app", "alembic.ini", database=PLACE, service_ports=(6380,))

    def serve(sockets: Sequence[socket.socket]) -> None:
        redis.serve(sockets[0])

    with RestartingServer(
        lambda _: start_application(tree(), command, kind="bubblewrap", processes=2, serve=serve)
    ) as server:
        assert server.ensure_running().phase == "ready"
        assert [asked(server, process, "/redis").value("redis") for process in (0, 1, 0)] == [":1", ":2", ":3"]
    redis.stop()
