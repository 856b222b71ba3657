"""`course doctor` looks at the machine it runs on."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.usefixtures("course")
def test_a_machine_that_runs_this_can_work_on_the_course(command: Command) -> None:
    done = command("doctor")

    assert done.returncode == 0
    assert done.stderr == ""
    assert "Python" in done.stdout
    assert "The Greeter" in done.stdout


def test_outside_of_a_course_it_fails_and_says_why(command: Command, tmp_path: Path) -> None:
    done = command("doctor", "--json", cwd=tmp_path)

    findings = {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert done.returncode == 1
    assert findings["Course"]["state"] == "missing"
    assert findings["Course"]["remedy"]
