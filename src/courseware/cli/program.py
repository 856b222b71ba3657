"""Finds the verb's module, runs it, and turns whatever goes wrong into one sentence and an exit code."""

import errno
import io
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from courseware.base.errors import UsageError
from courseware.base.text import printable
from courseware.cli.common import FAULT, HELD, STOPPED, WRONG_USE, listeners

if TYPE_CHECKING:
    from courseware.student.resident import CommandRequest, CommandResult

# Each verb is the function of the same name, in the module of that name unless it shares one. Only the module of the
# verb that was asked for is imported.
SHARED_MODULES = {
    **dict.fromkeys(("start", "status", "hint", "solution"), "workspace"),
    **dict.fromkeys(("nbgrader", "kit", "report"), "classroom"),
}
VERBS = {
    "lab": "Open JupyterLab on a step, and start all that it needs.",
    "start": "Write the files of a step into workspace/.",
    "run": "Serve your application, and restart it after every save.",
    "deploy": "Deploy your release on this machine as a platform would.",
    "check": "Judge your work on a step, or on one of its tasks.",
    "hint": "Show the next hint for a check.",
    "watch": "Judge your work after every save.",
    "status": "Show your points.",
    "solution": "Show the reference for a solved step.",
    "verify": "Prove that the content of the course is correct (for authors).",
    "propagate": "Carry a change of the application through its stages (for authors).",
    "nbgrader": "Write the folder in which nbgrader grades a class.",
    "grade": "Judge a class, and fill nbgrader's gradebook.",
    "report": "Show which checks a class fails.",
    "export": "Write the points of a class for Canvas, Moodle, Gradescope or JUnit.",
    "kit": "Write a student kit for a class without nbgrader.",
    "site": "Show the site of the course on this machine.",
    "doctor": "List what this machine has and what is missing.",
}
MACHINE_FAULTS = {errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG, errno.EMFILE}


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these arguments (default: this process's) and returns the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        code = _program(arguments[0])(arguments, prog_name="course", standalone_mode=False)
    except typer.TyperException as error:
        return _say(f"{error.format_message()} {_way_to_help(arguments[0])}", error.exit_code)
    except UsageError as error:
        return _say(str(error), WRONG_USE)
    except OSError as error:
        if error.errno not in MACHINE_FAULTS:
            return _say(_fault(error), FAULT)
        return _say(f"{error.filename or 'This machine'}: {error.strerror}.", WRONG_USE)
    except KeyboardInterrupt:
        code = STOPPED
    except Exception as error:
        # Python 3.11 wraps a Ctrl-C that comes while a class is being made.
        if not isinstance(error.__cause__, KeyboardInterrupt):
            return _say(_fault(error), FAULT)
        code = STOPPED
    return _say("Stopped.", STOPPED) if code == STOPPED else int(code or HELD)


def _program(wanted: str) -> typer.Typer:
    """The command with all its verbs, of which only the `wanted` one can be run."""
    _never_fail_at_printing()
    program = typer.Typer(
        help="Lessons that build one application, and a judge that checks your work.",
        epilog="Exit codes: 0 all passed, 1 something failed, 2 wrong arguments, 3 an error of the course.",
        rich_markup_mode=None,  # Rich's own help and errors take 150 ms more to import
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for verb, summary in VERBS.items():
        function = _load(verb) if verb == wanted else _only_named
        program.command(verb, short_help=summary)(function)
    return program


def _load(verb: str) -> Callable[..., Any]:
    module = SHARED_MODULES.get(verb, verb)
    function: Callable[..., Any] = getattr(import_module(f"courseware.cli.{module}"), verb)
    return function


def _only_named() -> None:
    """Stands for a verb that was not asked for."""


def _never_fail_at_printing() -> None:
    """A terminal that cannot show a character (an old code page) gets its escape instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _way_to_help(verb: str) -> str:
    return f"(course {verb} --help)" if verb in VERBS else "(course --help)"


def _say(sentence: str, code: int) -> int:
    print(printable(" ".join(sentence.split())), file=sys.stderr)
    return code


def _fault(error: Exception) -> str:
    """Keeps the details in a file, for a bug report, and says where."""
    text = "".join(traceback.format_exception(error))
    try:
        descriptor, path = tempfile.mkstemp(prefix="course-fault-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        return f"The course has a fault of its own ({type(error).__name__}), and no room to write down its details."
    return f"The course has a fault of its own ({type(error).__name__}); this is not your mistake. Details: {path}"


def run_each_request() -> None:
    """Run the commands that arrive on standard input, one JSON request on each line, and print a JSON result for each.

    Before the result come lines with {"progress": text} from a command that says how far it is.

    This is the program of `courseware.student.resident`. Each command does what it would do in a process that runs it
    alone. The judge's imports are done before the first command, and those of applications too, so that every
    application is a fork. The process ends when standard input is closed.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    over = suppress(KeyboardInterrupt, BrokenPipeError)
    with over, os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what slips past a command must not look like an answer
        _get_ready()
        listeners.append(lambda text: print(json.dumps({"progress": text}), file=answers, flush=True))
        for line in sys.stdin:
            print(json.dumps(_result_of(json.loads(line))), file=answers, flush=True)


def _result_of(request: "CommandRequest") -> "CommandResult":
    with redirect_stdout(io.StringIO()) as stdout, redirect_stderr(io.StringIO()) as stderr:
        os.chdir(request["folder"])
        code = run(request["arguments"])
    return {"code": code, "stdout": stdout.getvalue(), "stderr": stderr.getvalue()}


def _get_ready() -> None:
    """Do what the first judgement would otherwise wait for."""
    import courseware.cli.check
    import courseware.judging.checks_run  # noqa: F401
    from courseware.course import find_course
    from courseware.judging.sandbox import expect_starts
    from courseware.judging.sandbox.suite_process import expect_suites

    with suppress(UsageError):  # the next judgement reports it
        course = find_course()
        here = next((step for step in course.steps if step.slug in Path.cwd().parts), None)
        if here is not None and here.judges_tests:
            expect_suites(here.imports)
        else:
            expect_starts(course.application.imports)
            if here is not None and here.suite_patterns:
                expect_suites(here.imports)


if __name__ == "__main__":
    run_each_request()
