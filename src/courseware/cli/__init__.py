"""The `course` command. Exit codes: 0 all held, 1 something failed, 2 wrong use, 3 a fault of the course's own."""

import signal
import sys
import threading
from typing import Any

from courseware.base.processes import ENDING_SIGNALS

USUAL = (signal.SIG_DFL, signal.default_int_handler)
AGAIN_SECONDS = 0.05


def main() -> int:
    """Runs the command with the arguments of this process; returns its exit code.

    To be ended (SIGTERM) or left by its terminal (SIGHUP) is the same to it as Ctrl-C: sandboxes are stopped,
    temporary folders removed, the terminal is put right. A signal that was ignored from the start, as nohup has it,
    stays ignored.
    """
    taken = [ending for ending in ENDING_SIGNALS if signal.getsignal(ending) in USUAL]
    for ending in taken:
        signal.signal(ending, signal.SIG_DFL)  # there is nothing to put right yet
    from courseware.cli.program import run

    sys.unraisablehook = send_again
    for ending in taken:
        signal.signal(ending, signal.default_int_handler)
    return run()


def send_again(unraisable: Any) -> None:
    """Python drops a Ctrl-C that comes while it tidies up after an import, and goes on: this repeats the signal."""
    if isinstance(unraisable.exc_value, KeyboardInterrupt):
        repeat = (threading.main_thread().ident, signal.SIGINT)
        threading.Timer(AGAIN_SECONDS, signal.pthread_kill, repeat).start()
    else:
        sys.__unraisablehook__(unraisable)
