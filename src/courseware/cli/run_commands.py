"""The process of `courseware.student.resident`: it runs the `course` commands that it reads, one after the other.

Each does what it would do in a process of its own. What the judge imports is imported before, and what applications
import too, so that they are forks from the first one on. The process ends when nobody can ask it any more.
"""

import io
import json
import os
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress

from courseware.base.errors import UsageError
from courseware.cli.program import run
from courseware.student.resident import CommandRequest, CommandResult


def main() -> None:
    """Answers each line of stdin, a request in JSON, by a line with what became of it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    over = suppress(KeyboardInterrupt, BrokenPipeError)
    with over, os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what slips past a command must not look like an answer
        _get_ready()
        for line in sys.stdin:
            print(json.dumps(_done(json.loads(line))), file=answers, flush=True)


def _done(request: CommandRequest) -> CommandResult:
    with redirect_stdout(io.StringIO()) as stdout, redirect_stderr(io.StringIO()) as stderr:
        os.chdir(request["folder"])
        code = run(request["arguments"])
    return {"code": code, "stdout": stdout.getvalue(), "stderr": stderr.getvalue()}


def _get_ready() -> None:
    """Does what the first judgement would otherwise have to wait for."""
    import courseware.cli.check
    import courseware.judging.checks_run  # noqa: F401
    from courseware.course import find_course
    from courseware.judging.sandbox import expect_starts

    with suppress(UsageError):  # it is told to whoever asks for a judgement
        expect_starts(find_course().application.imports)


if __name__ == "__main__":
    main()
