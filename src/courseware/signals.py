"""The signals by which somebody ends a program: Ctrl-C, `kill`, a terminal that is closed, and Windows' Ctrl-Break."""

import signal

ENDING_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
"""Those that this system has."""
