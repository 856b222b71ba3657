"""The `course` command. Exit codes: 0 all held, 1 something failed, 2 wrong use, 3 a fault of the course's own."""

import signal
import sys


def main() -> int:
    """Runs the command with the arguments of this process; returns its exit code.

    To be ended (SIGTERM) or left by its terminal (SIGHUP, unless nohup had it ignored) is the same to it as Ctrl-C:
    sandboxes are stopped, temporary folders removed, the terminal is put right.
    """
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) is signal.SIG_DFL:
            signal.signal(ending, signal.default_int_handler)
    try:
        from courseware.cli.program import run

        return run()
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
