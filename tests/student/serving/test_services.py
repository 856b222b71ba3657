"""`course run` with services: the student's application and the finished one send mail, upload and count for real."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from courseware.course import Course
from courseware.services.servers import HOST, free_port

Run = Callable[..., Any]  # `Served` of conftest.py, which no test module can import

SERVICES = """
[application.services.mailbox]
MAIL_HOST = "{host}"
MAIL_PORT = "{port}"

[application.services.redis]
REDIS_URL = "{url}"
"""
# Sends a mail, counts in Redis, and tells its environment.
USING = '''"""The application, all in one file."""
import json, os, smtplib
import redis

async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/send":
        with smtplib.SMTP(os.environ["MAIL_HOST"], int(os.environ["MAIL_PORT"]), timeout=20) as client:
            client.sendmail("app@example.com", ["ada@example.com"], b"Subject: VERSION\\r\\n\\r\\nhello")
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as cache:
        facts = {"count": cache.incr("count"), "environment": dict(os.environ)}
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(facts).encode()})

def create_app():
    return application
'''


@pytest.fixture
def course(course: Course) -> Course:
    """The miniature course, whose application uses services from step 1 on."""
    about = course.root / "lessons/course.toml"
    about.write_text(about.read_text().replace("entrypoint", 'address_variable = "OWN_ADDRESS"\nentrypoint') + SERVICES)
    lesson = course.root / "lessons/step_1_greeting/lesson.toml"
    lesson.write_text('needs = ["redis", "mailbox"]\n' + lesson.read_text())
    return course


def messages(page: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{page}/api/messages", timeout=20) as answer:  # noqa: S310 - of this machine
        listed: list[dict[str, Any]] = json.load(answer)
    return listed


def address(printed: str, title: str) -> str:
    """What is printed behind a title."""
    (line,) = [line for line in printed.splitlines() if line.startswith(title)]
    return line.removeprefix(title).strip()


def test_the_students_application_finds_the_services_and_they_outlive_a_save(run: Run, folder: Path) -> None:
    (folder / "app/main.py").write_text(USING.replace("VERSION", "before"))
    served = run()
    assert json.loads(served.get("/send")[2])["count"] == 1
    page = address(served.printed, "Mailbox")
    assert [message["subject"] for message in messages(page)] == ["before"]
    (folder / "app/main.py").write_text(USING.replace("VERSION", "after"))
    served.get_until("/send", lambda _status, _body: messages(page)[-1]["subject"] == "after")
    facts = json.loads(served.get("/")[2])
    assert facts["count"] > 2
    assert facts["environment"]["OWN_ADDRESS"] == f"http://{HOST}:{served.port}"
    assert facts["environment"]["REDIS_URL"] == address(served.printed, "Redis")


def test_without_services_the_environment_is_the_users(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "app/main.py").write_text(
        "import os\n"
        "async def application(scope, receive, send):\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': os.environ['MAIL_HOST'].encode()})\n"
        "def create_app():\n"
        "    return application\n"
    )
    monkeypatch.setenv("MAIL_HOST", "mail.example")
    served = run("--no-services")
    assert served.get("/")[2] == "mail.example"
    assert "Mailbox" not in served.printed


@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM"])
def test_everything_ends_together_and_without_a_word(run: Run, folder: Path, ending: str) -> None:
    (folder / "app/main.py").write_text(USING)
    port = free_port()  # at the usual one somebody else may listen afterwards
    served = run(f"--page=mailbox:{port}")
    served.get("/send")
    with socket.create_connection((HOST, port)):  # a page that is still open in a browser
        said = len(served.printed)
        served.process.send_signal(getattr(signal, ending))
        served.process.wait(timeout=30)
    assert served.process.returncode == 0
    assert served.printed[said:] == ""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port))


def test_a_service_that_cannot_start_is_told_in_one_sentence(course: Course, folder: Path) -> None:
    assert folder.is_dir()
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        command = subprocess.run(
            [sys.executable, "-m", "courseware", "run", "1", "--page", f"mailbox:{port}"],
            cwd=course.root,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert command.returncode == 2
    assert command.stderr == f"Mailbox cannot start on port {port}: Address already in use.\n"
    assert command.stdout == ""
