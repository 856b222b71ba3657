"""The `course` command. Exit codes: 0 all held, 1 something failed, 2 wrong use, 3 a fault of the course's own."""

import signal

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
USUAL = (signal.SIG_DFL, signal.default_int_handler)


def main() -> int:
    """Runs the command with the arguments of this process; returns its exit code.

    To be ended (SIGTERM) or left by its terminal (SIGHUP) is the same to it as Ctrl-C: sandboxes are stopped,
    temporary folders removed, the terminal is put right. A signal that was ignored from the start, as nohup has it,
    stays ignored.
    """
    taken = [ending for ending in ENDINGS if signal.getsignal(ending) in USUAL]
    for ending in taken:
        signal.signal(ending, signal.SIG_DFL)  # there is nothing to put right yet
    from courseware.cli.program import run

    for ending in taken:
        signal.signal(ending, signal.default_int_handler)
    return run()
