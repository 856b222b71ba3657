"""`course lab`: everything starts, nothing of the user's is read or changed, and nothing is left at the end."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from redis import Redis

from courseware.base.errors import UsageError
from courseware.checking import wait_until
from courseware.course import Course
from courseware.services.servers import HOST, free_port
from courseware.student.lab import Lab
from courseware.student.workspace import Workspace

RunningLab = Any  # of conftest.py, which no test module can import
Start = Callable[..., RunningLab]
SECONDS = 60


def test_jupyterlab_opens_on_the_step_and_hands_through_the_students_application(standing_lab: RunningLab) -> None:
    files = {file["name"] for file in standing_lab.ask("api/contents")["content"]}
    assert {"step_1_greeting.ipynb", "app", "lesson"} <= files
    assert json.loads(standing_lab.page("application/health")) == {"status": "ok"}
    assert "SwaggerUIBundle" in standing_lab.page("application/docs")
    assert "step_1_greeting" in standing_lab.page("lab/workspaces/step_1_greeting")


def test_the_users_own_jupyter_settings_are_neither_read_nor_changed(standing_lab: RunningLab, place: Any) -> None:
    assert standing_lab.ask("api/status")["kernels"] >= 0
    assert "broken" not in json.dumps(standing_lab.ask("api/kernelspecs"))
    theme = standing_lab.ask("lab/api/settings/@jupyterlab/apputils-extension:themes")
    assert "None" not in theme["raw"]
    files = [path for path in place.home.rglob("*") if path.is_file() and ".cache" not in path.parts]
    assert sorted(str(path.relative_to(place.home)) for path in files) == sorted(
        [
            ".ipython/profile_default/startup/00.py",
            ".jupyter/jupyter_lab_config.json",
            ".jupyter/jupyter_server_config.py",
            ".jupyter/lab/user-settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings",
            ".local/share/jupyter/kernels/python3/kernel.json",
        ]
    )


def test_files_whose_names_begin_with_a_dot_can_be_edited(standing_lab: RunningLab, place: Any) -> None:
    workflow = place.root / "workspace/step_1_greeting/.github/workflows/ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("on: push\n")
    address = "api/contents/.github/workflows/ci.yml"
    assert standing_lab.ask(address)["content"] == "on: push\n"
    standing_lab.ask(address, "PUT", {"type": "file", "format": "text", "content": "on: pull_request\n"})
    assert workflow.read_text() == "on: pull_request\n"
    browser = standing_lab.ask("lab/api/settings/@jupyterlab/filebrowser-extension:browser")
    assert browser["schema"]["properties"]["showHiddenFiles"]["default"] is True


def test_the_kernel_is_the_environment_that_runs_the_course(standing_lab: RunningLab) -> None:
    assert standing_lab.ask("api/kernelspecs")["default"] == "python3"
    standing_lab.ask("api/kernels", "POST", {"name": "python3"})
    family = psutil.Process(standing_lab.process.pid).children(recursive=True)
    (kernel,) = [member for member in family if "ipykernel_launcher" in member.cmdline()]
    assert kernel.cmdline()[0] == sys.executable


def test_jupyterlab_asks_nobody_on_the_internet(standing_lab: RunningLab) -> None:
    page = standing_lab.page("lab/workspaces/step_1_greeting")
    configuration = json.loads(page.partition('id="jupyter-config-data" type="application/json">')[2].partition("<")[0])
    assert configuration["news"] == {"disabled": True}
    preferences = standing_lab.ask("lab/api/settings/@jupyterlab/apputils-extension:notification")
    assert preferences["settings"] == {}
    assert preferences["schema"]["properties"]["fetchNews"]["default"] == "false"
    assert preferences["schema"]["properties"]["checkForUpdates"]["default"] is False


SERVICES = """
[application.services.mailbox]
MAIL_PORT = "{port}"

[application.services.redis]
REDIS_URL = "{url}"
"""


def test_the_services_are_found_in_the_lab(lab: Start, tmp_path: Path) -> None:
    lessons = tmp_path / "course/lessons"
    about, lesson = lessons / "course.toml", lessons / "step_1_greeting/lesson.toml"
    about.write_text(about.read_text() + SERVICES)
    lesson.write_text('needs = ["mailbox", "redis"]\n' + lesson.read_text())
    running = lab()
    assert "mailbox/\n" in running.printed
    printed = re.search(rf"redis +{HOST}:(\d+)\n", running.printed)
    assert printed is not None
    with Redis(HOST, int(printed[1])) as redis:
        assert redis.ping()
    launcher = running.ask("server-proxy/servers-info")["server_processes"]
    assert "Mailbox" in [entry["launcher_entry"]["title"] for entry in launcher]
    assert "No message has arrived yet" in running.page("mailbox/")
    assert "--line" in running.page("mailbox/style.css")


@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_no_process_is_left_at_the_end(lab: Start, ending: str) -> None:
    running = lab()
    notebook = {"path": "any.ipynb", "name": "any", "type": "notebook", "kernel": {"name": "python3"}}
    running.ask("api/sessions", "POST", notebook)
    running.ask("api/terminals", "POST", {})
    assert running.end(getattr(signal, ending)) == []
    assert running.process.returncode == 0


def test_shutting_down_by_jupyterlabs_own_menu_ends_everything(lab: Start) -> None:
    running = lab()
    running.ask("api/shutdown", "POST", {})
    assert running.process.wait(timeout=60) == 0


def test_the_browser_is_opened_and_the_token_stays_out_of_its_command_line(lab: Start, tmp_path: Path) -> None:
    opened = tmp_path / "opened.txt"
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\nprintf '%s' \"$1\" > {opened}.new && mv {opened}.new {opened}\n")
    browser.chmod(0o755)
    running = lab("--browser", BROWSER=str(browser))
    address = wait_for_file(opened)
    token = running.address.partition("token=")[2]
    assert token not in address
    assert token in Path(address.removeprefix("file://")).read_text()


def test_a_port_that_is_taken_is_told_in_one_sentence(course: Course) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = str(taken.getsockname()[1])
        command = subprocess.run(
            [sys.executable, "-m", "courseware", "lab", "1", "--no-browser", "--port", port],
            cwd=course.root,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert command.returncode == 2
    assert f"Port {port} is taken" in command.stderr
    assert command.stderr.count("\n") == 1


def test_a_server_that_does_not_start_is_told_before_jupyterlab_is_asked(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(course)
    workspace.start(course.step(1))
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    running = Lab(workspace, course.step(1))
    with pytest.raises(UsageError, match="Your application's server does not start"):
        running.start(browser=False, port=free_port(), application_port=free_port())
    running.stop()


def wait_for_file(path: Path) -> str:
    assert wait_until(path.exists, SECONDS)
    return path.read_text()
