"""Single keys from a terminal, without waiting for Enter, and the terminal put right again whatever happens."""

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def keys(pressed: Callable[[str], None]) -> Iterator[bool]:
    """Calls `pressed` from a thread with every key during the block; yields False, and does nothing, without terminal.

    Ctrl-C stays what it is. Where the terminal has gone, the keys end.
    """
    if not sys.stdin.isatty():
        yield False
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    over, end = os.pipe()
    reader = threading.Thread(target=_read, args=(terminal, over, pressed), name="keys", daemon=True)
    try:
        tty.setcbreak(terminal)
        reader.start()
        yield True
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        os.close(end)
        reader.join()
        os.close(over)


def _read(terminal: int, over: int, pressed: Callable[[str], None]) -> None:
    while True:
        ready, _, _ = select.select([terminal, over], [], [])
        if over in ready:
            return
        try:
            typed = os.read(terminal, 32)
        except OSError:
            return
        if not typed:
            return
        for key in typed.decode(errors="replace"):
            pressed(key)
