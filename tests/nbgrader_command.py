"""nbgrader's commands as forks of one process that has imported nbgrader, which takes longer than most of them."""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory


def nbgrader_command(*arguments: str, cwd: Path, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Runs one of the commands to its end, with no input and no other variables than these."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    with TemporaryDirectory() as folder:
        outputs = [Path(folder, name) for name in ("stdout", "stderr")]
        request = {
            "arguments": arguments,
            "cwd": str(cwd),
            "environment": dict(environment),
            "outputs": [*map(str, outputs)],
        }
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        stdout, stderr = (output.read_text(encoding="utf-8") for output in outputs)
    return subprocess.CompletedProcess(["nbgrader", *arguments], code, stdout, stderr)


@cache
def _server() -> "subprocess.Popen[str]":
    command = [sys.executable, "-P", __file__]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    atexit.register(server.communicate)  # it ends with its input
    return server


def serve() -> None:
    """Forks for each request. A fork leaves by returning, once its command is done."""
    from nbgrader.apps.nbgraderapp import main

    for line in iter(sys.stdin.readline, ""):
        process = os.fork()
        if not process:
            prepare(**json.loads(line))
            main()  # type: ignore[no-untyped-call]
            return
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def prepare(arguments: list[str], cwd: str, environment: dict[str, str], outputs: list[str]) -> None:
    """Gives this process what a command finds when it is started."""
    for descriptor, place in enumerate((os.devnull, *outputs)):
        opened = os.open(place, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["nbgrader", *arguments]


if __name__ == "__main__":
    serve()
