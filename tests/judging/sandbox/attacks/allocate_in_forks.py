import os
import signal
import time

from served import served


def hog():
    memory = bytearray(200 * 1024**2)
    memory[::4096] = b"x" * len(memory[::4096])
    time.sleep(60)


def fork(path):
    """How many of the processes were killed when together they had too much."""
    for _ in range(20):
        if os.fork() == 0:
            hog()
    until = time.monotonic() + 30
    while time.monotonic() < until:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process and os.WTERMSIG(status) == signal.SIGKILL:
            return "killed"
        time.sleep(0.01)
    return "not killed"


create_app = served(fork)
