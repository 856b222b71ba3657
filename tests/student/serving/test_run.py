"""`course run`: serves what stands in the workspace, through every mistake, and leaves nothing behind."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest

from courseware.checking import wait_until
from courseware.course import Course
from courseware.services.servers import HOST, free_port, is_free
from courseware.student.workspace import Workspace

SECONDS = 60
Run = Callable[..., Any]  # `Served` of conftest.py, which no test module can import

SOLVED = '''"""How people are greeted."""
from app.web import Reply

def greet(query: dict[str, str]) -> Reply:
    return 200, {"greeting": "%s"}
'''
FAILING_SETTINGS = """
def read_settings():
    raise ValueError("JWT_SECRET_KEY is too short")
"""
FAILING_STARTUP = """
from contextlib import asynccontextmanager
from app.settings import read_settings

def create_app():
    async def application(scope, receive, send):
        assert scope["type"] == "lifespan"
        await receive()
        try:
            read_settings()
        except ValueError:
            await send({"type": "lifespan.startup.failed", "message": "it failed"})
            raise
    return application
"""


def test_it_prints_its_addresses_and_serves_the_students_files(run: Run, folder: Path) -> None:
    (folder / "app/greeting.py").write_text(SOLVED % "written by the student")
    served = run()
    assert served.get("/greeting?name=Ada") == (200, "application/json", '{"greeting": "written by the student"}')
    assert f"http://{HOST}:{served.port}\n" in served.printed
    assert f"http://{HOST}:{served.port}/docs\n" in served.printed


def test_a_save_has_its_effect_without_a_restart_by_hand(run: Run, folder: Path) -> None:
    (folder / "app/greeting.py").write_text(SOLVED % "before")
    served = run()
    served.get_until("/greeting", says("before"))
    (folder / "app/greeting.py").write_text(SOLVED % "after")
    served.get_until("/greeting", says("after"))


def test_a_mistake_is_shown_with_the_students_own_frames_and_the_next_save_mends_it(run: Run, folder: Path) -> None:
    greeting = folder / "app/greeting.py"
    greeting.write_text("from app.missing import anything\n")
    served = run()
    status, media_type, body = served.get("/greeting")
    assert (status, media_type) == (503, "text/plain")
    assert 'File "app/main.py", line 3' in body
    assert 'File "app/greeting.py", line 1' in body
    assert "ModuleNotFoundError: No module named 'app.missing'" in body
    assert "importlib" not in body
    assert str(folder) not in body
    assert "ModuleNotFoundError: No module named 'app.missing'" in served.printed
    greeting.write_text(SOLVED % "mended")
    served.get_until("/greeting", says("mended"))


def test_a_browser_gets_the_mistake_as_a_page_in_which_nothing_is_markup(run: Run, folder: Path) -> None:
    (folder / "app/greeting.py").write_text('raise ValueError("<script>alert(1)</script> \\u202e")\n')
    served = run()
    status, media_type, body = served.get("/greeting", Accept="text/html,*/*")
    assert (status, media_type) == (503, "text/html")
    assert "&lt;script&gt;alert(1)" in body
    assert "<script>" not in body
    assert "\u202e" not in body


def test_a_start_up_that_fails_is_shown_and_does_not_end_the_server(run: Run, folder: Path) -> None:
    (folder / "app/settings.py").write_text(FAILING_SETTINGS)
    (folder / "app/main.py").write_text(FAILING_STARTUP)
    served = run()
    status, _, body = served.get("/")
    assert status == 503
    assert 'File "app/settings.py", line 3, in read_settings' in body
    assert "ValueError: JWT_SECRET_KEY is too short" in body
    (folder / "app/main.py").write_text("from app.greeting import greet\n")
    assert "AttributeError" in served.get_until("/", says("create_app"))


def test_an_endless_loop_in_the_students_code_does_not_hold_up_the_next_save(run: Run, folder: Path) -> None:
    greeting = folder / "app/greeting.py"
    marker = folder / "is_in_the_loop"
    greeting.write_text(f"import pathlib\npathlib.Path({str(marker)!r}).touch()\nwhile True:\n    pass\n")
    served = run()
    assert wait_until(marker.exists, SECONDS)
    greeting.write_text(SOLVED % "out of the loop")
    served.get_until("/greeting", says("out of the loop"))


def test_an_error_in_a_request_answers_500_and_tells_where_it_was(run: Run, folder: Path) -> None:
    (folder / "app/main.py").write_text(
        "def create_app():\n"
        "    async def application(scope, receive, send):\n"
        "        raise LookupError('nobody of that name')\n"
        "    return application\n"
    )
    served = run()
    assert served.get("/people/1")[0] == 500
    assert "GET /people/1 raised:" in served.printed
    assert 'File "app/main.py", line 3, in application' in served.printed
    assert "LookupError: nobody of that name" in served.printed
    assert "uvicorn" not in served.printed


MIGRATED = """
import os, sqlite3

def create_app():
    async def application(scope, receive, send):
        if scope["type"] == "http":
            tables = sqlite3.connect("people.sqlite3").execute("select name from sqlite_master").fetchall()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": f"{tables} {os.environ['MOOD']}".encode()})
    return application
"""
ALEMBIC_ENVIRONMENT = """
import asyncio
from alembic import context
from sqlalchemy import create_engine

async def migrate():
    with create_engine("sqlite:///people.sqlite3").begin() as connection:
        context.configure(connection=connection)
        context.run_migrations()

asyncio.run(migrate())
"""
REVISION = """
from alembic import op
import sqlalchemy

revision = "0001"
down_revision = None

def upgrade():
    op.create_table("people", sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True))
"""


def test_the_database_is_migrated_first_and_the_courses_environment_set(run: Run, course: Course, folder: Path) -> None:
    about = course.root / "lessons/course.toml"
    about.write_text(
        about.read_text().replace("entrypoint", 'migrations = "alembic.ini"\nentrypoint') + 'MOOD = "glad"\n'
    )
    lesson = course.root / "lessons/step_1_greeting/lesson.toml"
    lesson.write_text(lesson.read_text() + '[environment]\nMOOD = "glad in step 1"\n')
    (folder / "migrations/versions").mkdir(parents=True)
    (folder / "migrations/versions/0001_people.py").write_text(REVISION)
    (folder / "migrations/env.py").write_text(ALEMBIC_ENVIRONMENT)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\npath_separator = os\n")
    (folder / "app/main.py").write_text(MIGRATED)
    status, _, body = run().get("/")
    assert status == 200, body
    assert "('people',)" in body
    assert "glad in step 1" in body
    assert (folder / "people.sqlite3").is_file()


def test_swagger_ui_comes_from_this_machine_alone(run: Run) -> None:
    served = run()
    status, media_type, page = served.get("/docs")
    assert (status, media_type) == (200, "text/html")
    addresses = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert len(addresses) == 3
    assert not [address for address in addresses if "//" in address or address.startswith("/")]
    for address in addresses:
        assert served.get(f"/{address}")[0] == 200
    assert "SwaggerUIBundle" in served.get("/docs/swagger-ui-bundle.js")[2]
    assert served.get("/docs/../../pyproject.toml")[0] == 404


def test_requests_of_the_documentation_are_not_told_and_all_others_are(run: Run) -> None:
    served = run()
    served.get("/docs/started")
    served.get("/docs/swagger-ui.css")
    served.get("/health")
    served.get_until("/health", lambda _status, _body: "GET /health" in served.printed)
    assert "/docs/" not in served.printed.partition("Ctrl-C")[2]


def test_the_reference_is_served_from_a_folder_that_is_gone_afterwards(run: Run, folder: Path) -> None:
    served = run("--reference")
    status, _, body = served.get("/greeting?name=Ada")
    assert status == 200
    assert "Ada" in body
    reference = Path(served.family[-1].cwd())
    assert not reference.is_relative_to(folder)
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(timeout=30)
    assert not reference.exists()


FINISHED = """
import json, os

async def application(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(dict(os.environ)).encode()})

def create_app():
    return application
"""


def test_the_finished_application_is_served_with_a_database_of_its_own(course: Course, tmp_path: Path) -> None:
    about = course.root / "lessons/course.toml"
    database = '[application.database]\nDATABASE_URL = "sqlite+aiosqlite:///{path}"\n'
    about.write_text(about.read_text().replace("entrypoint", 'migrations = "alembic.ini"\nentrypoint') + database)
    finished = course.application_folder
    (finished / "migrations/versions").mkdir(parents=True)
    (finished / "migrations/env.py").write_text("")
    (finished / "alembic.ini").write_text("[alembic]\nscript_location = migrations\npath_separator = os\n")
    (finished / "app/main.py").write_text(FINISHED)
    assert read_environment(course, tmp_path)["DATABASE_URL"].endswith("/reference.sqlite3")


def read_environment(course: Course, tmp_path: Path) -> dict[str, str]:
    """What the finished application finds in its environment, where the user has a database of her own."""
    port, output = free_port(), tmp_path / "finished.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "courseware", "run", "--reference", "--port", str(port)],
            cwd=course.root,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "DATABASE_URL": "the user's own", "PYTHONUNBUFFERED": "1"},
        )
    try:
        assert wait_until(lambda: not is_free(port) or process.poll() is not None, SECONDS)
        with urlopen(f"http://{HOST}:{port}", timeout=60) as answer:
            environment: dict[str, str] = json.load(answer)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    assert output.read_text().startswith(f"The finished application  http://{HOST}:{port}\n")
    return environment


def test_where_the_solutions_are_left_out_there_is_no_reference(course: Course) -> None:
    shutil.rmtree(course.root / "solutions")
    command = run_to_its_end(course, "--reference")
    assert command.returncode == 2
    assert command.stderr == "There is no reference here: this copy of the course has no solutions.\n"


@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_no_process_outlives_it(run: Run, ending: str) -> None:
    served = run()
    served.get("/health")
    family = served.family
    assert len(family) > 1
    served.process.send_signal(getattr(signal, ending))
    served.process.wait(timeout=30)
    assert psutil.wait_procs(family, timeout=30)[1] == []


def test_a_port_that_is_taken_is_told_in_one_sentence(course: Course) -> None:
    Workspace(course).start(course.step(1))
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        command = run_to_its_end(course, "--port", str(port))
    assert command.returncode == 2
    assert command.stderr.count("\n") == 1
    assert f"Port {port} is taken" in command.stderr


def test_a_step_that_was_never_started_is_told_in_one_sentence(course: Course) -> None:
    assert not Workspace(course).folder(course.step(1)).exists()
    command = run_to_its_end(course)
    assert command.returncode == 2
    assert "course start 1" in command.stderr


def says(text: str) -> Callable[[int, str], bool]:
    return lambda _status, body: text in body


def run_to_its_end(course: Course, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "courseware", "run", "1", *arguments],
        cwd=course.root,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
