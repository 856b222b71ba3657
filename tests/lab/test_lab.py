"""`course lab`: everything starts, nothing of the user's is read or changed, and nothing is left at the end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from courseware.course import Course
from courseware.serving.ports import HOST

Start = Callable[..., Any]  # `RunningLab` of conftest.py, which no test module can import


def test_jupyterlab_opens_on_the_step_and_hands_through_the_students_application(lab: Start, course: Course) -> None:
    running = lab()
    files = {file["name"] for file in running.ask("api/contents")["content"]}
    assert {"step_1_greeting.ipynb", "app", "lesson"} <= files
    assert json.loads(running.page("application/health")) == {"status": "ok"}
    assert "SwaggerUIBundle" in running.page("application/docs")
    assert "step_1_greeting" in running.page("lab/workspaces/step_1_greeting")
    assert (course.root / "workspace/step_1_greeting/app/greeting.py").is_file()


@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_no_process_is_left_at_the_end(lab: Start, ending: str) -> None:
    running = lab()
    running.ask(
        "api/sessions", "POST", {"path": "x.ipynb", "name": "x", "type": "notebook", "kernel": {"name": "python3"}}
    )
    running.ask("api/terminals", "POST", {})
    assert running.end(getattr(signal, ending)) == []
    assert running.process.returncode == 0


def test_shutting_down_by_jupyterlabs_own_menu_ends_everything(lab: Start) -> None:
    running = lab()
    running.ask("api/shutdown", "POST", {})
    assert running.process.wait(timeout=60) == 0


def test_the_users_own_jupyter_settings_are_neither_read_nor_changed(lab: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    hostile = {
        ".jupyter/jupyter_server_config.py": "raise RuntimeError('the user has settings of their own')",
        ".jupyter/jupyter_lab_config.json": '{"ServerApp": {"base_url": "/elsewhere/", "ip": "0.0.0.0"}}',
        ".jupyter/lab/user-settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings": '{"theme": "None"}',
        ".local/share/jupyter/kernels/python3/kernel.json": '{"argv": ["/bin/false"], "display_name": "broken"}',
        ".ipython/profile_default/startup/00.py": "raise RuntimeError('in every kernel')",
    }
    for name, text in hostile.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    before = sorted(path for path in home.rglob("*") if "/.cache" not in str(path))
    elsewhere = str(home / ".jupyter")
    running = lab(
        JUPYTER_CONFIG_PATH=elsewhere, JUPYTER_CONFIG_DIR=elsewhere, JUPYTER_PATH=f"{home}/.local/share/jupyter"
    )
    kernels = running.ask("api/kernelspecs")
    assert kernels["default"] == "python3"
    assert "broken" not in json.dumps(kernels)
    assert running.ask("api/status")["kernels"] == 0
    running.end(signal.SIGTERM)
    assert sorted(path for path in home.rglob("*") if "/.cache" not in str(path)) == before


def test_the_kernel_is_the_environment_that_runs_the_course(lab: Start) -> None:
    running = lab()
    spec = running.ask("api/kernelspecs")["kernelspecs"]["python3"]["spec"]
    assert Path(spec["argv"][0]).name.startswith("python")
    running.ask("api/kernels", "POST", {"name": "python3"})
    family = psutil.Process(running.process.pid).children(recursive=True)
    (kernel,) = [member for member in family if "ipykernel_launcher" in member.cmdline()]
    assert kernel.cmdline()[0] == sys.executable


def test_jupyterlab_is_told_to_ask_nobody_on_the_internet(lab: Start) -> None:
    running = lab()
    page = running.page("lab/workspaces/step_1_greeting")
    configuration = json.loads(page.partition('id="jupyter-config-data" type="application/json">')[2].partition("<")[0])
    assert configuration["news"] == {"disabled": True}
    assert running.ask("lab/api/news") in (None, {"news": []})
    assert running.ask("lab/api/extensions") is not None


def test_the_students_layout_is_kept(lab: Start, course: Course) -> None:
    first = lab()
    path = "lab/api/workspaces/step_1_greeting"
    layout = first.ask(path)
    layout["data"]["mine"] = "yes"
    first.ask(path, "PUT", layout)
    first.end(signal.SIGTERM)
    assert lab().ask(path)["data"]["mine"] == "yes"
    assert (course.root / "workspace/.course/lab/workspaces").is_dir()


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


@pytest.mark.skipif(os.geteuid() == 0, reason="Only for users other than root.")
def test_root_is_not_allowed_where_nobody_is_root(lab: Start, course: Course) -> None:
    lab()
    settings = json.loads((course.root / "workspace/.course/lab/config/jupyter_server_config.json").read_text())
    assert settings["ServerApp"]["allow_root"] is False


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


def wait_for_file(path: Path) -> str:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return path.read_text()
