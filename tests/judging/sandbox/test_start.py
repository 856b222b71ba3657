"""Starts: how each phase of one reports its failure, and what an application finds when it runs. In every way."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from courseware.base.errors import UsageError
from courseware.checking import Application, CheckFailed, Database, Request, wait_until
from courseware.judging.runtime import RestartingServer
from courseware.judging.sandbox import (
    ApplicationCommand,
    Availability,
    Limits,
    SandboxKind,
    StartReport,
    start_application,
)

COMMAND = ApplicationCommand("app.main:create_app", None, {"COLOUR": "green"})
MIGRATED = ApplicationCommand(
    "app.main:create_app", "alembic.ini", database={"DATABASE_URL": "sqlite+aiosqlite:///{path}"}
)
MAIN = """
import json
import os
import sqlite3
import time
from datetime import datetime, timezone

def create_app():
    async def application(scope, receive, send):
        if scope["type"] != "http":
            return
        if scope["path"] == "/fail":
            raise LookupError("not to be found")
        if scope["path"] == "/database":
            with sqlite3.connect(os.environ["DATABASE_URL"].partition("///")[2]) as database:
                found = database.execute("select name from sqlite_master").fetchall()
        else:
            found = {
                "time": time.time(), "now": datetime.now(timezone.utc).isoformat(), "monotonic": time.monotonic(),
                "colour": os.environ["COLOUR"], "client": scope["client"], "folder": os.getcwd(),
            }
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(found).encode()})

    return application
"""
ALEMBIC = """
[alembic]
script_location = migrations
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = WARNING
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = generic
[formatter_generic]
format = %(levelname)s %(message)s
"""
ENVIRONMENT = """
import os
from logging.config import fileConfig
from alembic import context
from sqlalchemy import create_engine

fileConfig("alembic.ini")
with create_engine(os.environ["DATABASE_URL"].replace("+aiosqlite", "")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
from alembic import op

revision = "1"
down_revision = None

def upgrade():
    op.execute("create table birds (name text)")
"""


def tree(**changes: str) -> dict[str, bytes]:
    """A project with migrations; a keyword replaces a file."""
    files = {
        "app/main.py": MAIN,
        "alembic.ini": ALEMBIC,
        "migrations/env.py": ENVIRONMENT,
        "migrations/script.py.mako": "",
        "migrations/versions/0001_birds.py": REVISION,
    }
    names = {"main": "app/main.py", "revision": "migrations/versions/0001_birds.py"}
    return {path: text.encode() for path, text in (files | {names[key]: text for key, text in changes.items()}).items()}


@pytest.fixture
def server(kind: SandboxKind) -> Iterator[RestartingServer]:
    with RestartingServer(lambda _: start_application(tree(), COMMAND, kind=kind)) as server:
        assert server.ensure_running().phase == "ready"
        yield server


def report(kind: SandboxKind, project: dict[str, bytes], command: ApplicationCommand = COMMAND) -> StartReport:
    with start_application(project, command, kind=kind) as running:
        return running.wait_ready(30)


def test_a_good_start_answers(server: RestartingServer) -> None:
    answer = Application(server).send(Request("GET", "/"))
    assert answer.status == 200
    assert answer.value("colour") == "green"
    assert answer.value("client", 0) == "127.0.0.1"
    assert answer.typed(str, "folder").endswith("/project")
    assert server.report().failure is None


def test_requests_wait_until_it_is_up(kind: SandboxKind) -> None:
    with start_application(tree(), COMMAND, kind=kind) as running, running.connect(30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: application\r\n\r\n")
        assert connection.recv(15) == b"HTTP/1.1 200 OK"


def test_a_server_error_is_in_the_log_after_migrations_set_up_logging(kind: SandboxKind) -> None:
    with RestartingServer(lambda _: start_application(tree(), MIGRATED, kind=kind)) as server:
        assert server.ensure_running().phase == "ready"
        answer = Application(server).send(Request("GET", "/fail"))
        assert answer.status == 500
        assert "LookupError: not to be found, app/main.py line 13" in answer.error


def test_migrations_run_before_the_import(kind: SandboxKind) -> None:
    with RestartingServer(lambda _: start_application(tree(), MIGRATED, kind=kind)) as server:
        assert server.ensure_running().phase == "ready"
        assert ["birds"] in Application(server).send(Request("GET", "/database")).typed(list)


def test_a_failed_migration_shows_its_own_lines(kind: SandboxKind) -> None:
    found = report(kind, tree(revision=REVISION.replace("create table birds", "crate table birds")), MIGRATED)
    assert found.phase == "migrations"
    assert 'File "migrations/versions/0001_birds.py", line 8, in upgrade' in found.text
    assert 'near "crate": syntax error' in found.text
    assert "site-packages" not in found.text
    assert "runner.py" not in found.text


def test_missing_migrations(kind: SandboxKind) -> None:
    found = report(kind, {"app/main.py": MAIN.encode()}, MIGRATED)
    assert found.phase == "migrations"


def test_a_failed_import_shows_its_own_lines(kind: SandboxKind) -> None:
    found = report(kind, {"app/main.py": b"from app.other import x\n", "app/other.py": b"\nimport nowhere\n"})
    assert found.phase == "import"
    assert 'File "app/main.py", line 1, in <module>\n    from app.other import x' in found.text
    assert 'File "app/other.py", line 2, in <module>' in found.text
    assert found.text.endswith("ModuleNotFoundError: No module named 'nowhere'")
    assert "importlib" not in found.text


def test_a_cause_is_shown_with_its_own_lines(kind: SandboxKind) -> None:
    main = "import json\ntry:\n    json.loads('{')\nexcept ValueError as error:\n    raise RuntimeError from error\n"
    found = report(kind, tree(main=main))
    assert 'File "app/main.py", line 3, in <module>' in found.text
    assert "JSONDecodeError" in found.text
    assert found.text.endswith("RuntimeError")
    assert "/json/" not in found.text


def test_a_syntax_error_is_shown_at_its_place(kind: SandboxKind) -> None:
    found = report(kind, tree(main="def create_app(:\n    pass\n"))
    assert found.phase == "import"
    assert 'File "app/main.py", line 1' in found.text
    assert "SyntaxError" in found.text


def test_a_missing_factory(kind: SandboxKind) -> None:
    found = report(kind, tree(main="app = None\n"))
    assert found.phase == "import"
    assert "has no attribute 'create_app'" in found.text


def test_leaving_while_imported(kind: SandboxKind) -> None:
    assert report(kind, tree(main="raise SystemExit(0)\n")).phase == "import"


def test_a_failed_startup_shows_its_own_lines(kind: SandboxKind) -> None:
    main = """
from contextlib import asynccontextmanager
from starlette.applications import Starlette

@asynccontextmanager
async def lifespan(application):
    raise ConnectionError("no database")
    yield

def create_app():
    return Starlette(lifespan=lifespan)
"""
    found = report(kind, tree(main=main))
    assert found.phase == "startup"
    assert 'File "app/main.py", line 7, in lifespan' in found.text
    assert found.text.endswith("ConnectionError: no database")
    assert "starlette" not in found.text


def test_a_slow_start_says_where_it_is(kind: SandboxKind) -> None:
    with start_application(tree(main="import time\ntime.sleep(60)\n"), COMMAND, kind=kind) as running:
        while (found := running.wait_ready(0.3)).phase == "timeout" and "main.py" not in found.text:
            pass
    assert found.phase == "timeout"
    assert "It was not up within 0.3 s: it was still being imported." in found.text
    assert 'File "app/main.py", line 2, in <module>\n    time.sleep(60)' in found.text


def test_ending_by_a_signal_is_said(kind: SandboxKind) -> None:
    main = "import ctypes\nprint('the end', flush=True)\nctypes.string_at(0)\n"
    found = report(kind, tree(main=main))
    assert found.phase == "ended"
    assert "killed by SIGSEGV" in found.text
    assert "the end" in found.text


def test_the_clock_moves_and_runs_on(server: RestartingServer) -> None:
    application = Application(server)
    target = datetime(2028, 2, 29, 12, tzinfo=UTC)
    monotonic = application.send(Request("GET", "/")).typed(float, "monotonic")
    server.move_clock(target)
    first, second = (application.send(Request("GET", "/")) for _ in range(2))
    assert target <= datetime.fromisoformat(first.typed(str, "now")) < target + timedelta(minutes=5)
    assert first.typed(float, "time") < second.typed(float, "time")
    assert 0 < second.typed(float, "monotonic") - monotonic < 300, "what waits goes by this one"
    server.move_clock(datetime(2024, 1, 1, tzinfo=UTC))
    assert application.send(Request("GET", "/")).typed(str, "now").startswith("2024-01-01T")
    server.move_clock(None)
    now = datetime.fromisoformat(application.send(Request("GET", "/")).typed(str, "now"))
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=5)


def test_an_ended_application_is_noticed(kind: SandboxKind) -> None:
    with start_application(tree(), COMMAND, kind=kind) as running:
        assert running.wait_ready(30).phase == "ready"
        assert running.ended is None
        running.stop()
        assert running.ended == "It was stopped."
        with pytest.raises(OSError, match=r"."):
            running.connect(1)
        running.move_clock(None)
        running.stop()


def test_only_the_end_of_a_long_log_is_kept(kind: SandboxKind) -> None:
    main = "for number in range(2000):\n    print(number)\n" + MAIN
    with start_application(tree(main=main), COMMAND, kind=kind, limits=Limits(log_kept=1000)) as running:
        assert running.wait_ready(30).phase == "ready"
        position = running.log_position
        assert len(running.log) == 1000
        assert "\n1\n" not in running.log
        with running.connect(30) as connection:
            connection.sendall(b"GET /fail HTTP/1.1\r\nHost: application\r\n\r\n")
            connection.recv(10)
        while "LookupError" not in running.log_since(position):
            assert running.ended is None
        assert "Application startup complete" not in running.log_since(position)


def test_where_there_is_no_bubblewrap_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Availability(bubblewrap=False, reason="bubblewrap is not installed.", cgroup=None)
    monkeypatch.setattr("courseware.judging.sandbox.starting.available", lambda: nothing)
    with pytest.raises(UsageError, match="does not work here: bubblewrap is not installed"):
        start_application(tree(), COMMAND, kind="bubblewrap")


def test_plain_leaves_no_child_behind() -> None:
    """Children that stay in the session end with the application."""
    main = "import os\nimport subprocess\nsubprocess.Popen(['sleep', os.environ['MARK']])\n" + MAIN
    mark = f"9{uuid.uuid4().int % 10**12}"
    command = ApplicationCommand("app.main:create_app", None, {"MARK": mark})
    with start_application(tree(main=main), command, kind="plain") as running:
        assert running.wait_ready(30).phase == "ready"
        assert _runs(mark)
    assert wait_until(lambda: not _runs(mark), 60)


def _runs(mark: str) -> bool:
    return any(
        mark in process.info["cmdline"] for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"]
    )


MANY_WINGS = "".join(f', Column("wing_{number}", Integer)' for number in range(9))


@pytest.mark.parametrize(
    ("columns", "said"), [("", ""), (MANY_WINGS, r"New upgrade operations detected: \[\('add_column'")]
)
def test_models_are_compared_with_the_migrations(kind: SandboxKind, columns: str, said: str) -> None:
    """`alembic check` runs in the sandbox, in a process of its own."""
    models = f'from sqlalchemy import *\nmodels = MetaData()\nTable("birds", models, Column("name", Text){columns})\n'
    environment = models + ENVIRONMENT.replace(
        "connection=connection)", "connection=connection, target_metadata=models)"
    )
    project = {**tree(), "migrations/env.py": environment.encode()}
    with RestartingServer(lambda _: start_application(project, MIGRATED, kind=kind)) as server:
        assert server.ensure_running().phase == "ready"
        database = Database(server)
        if said:
            with pytest.raises(CheckFailed, match=said):
                database.expect_migrated(key="model_differs")
        else:
            database.expect_migrated(key="model_differs")
