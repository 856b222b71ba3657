"""Keeps tokens out of the server's list of requests: logs are read by more people than mailboxes are."""

import logging
import re

TOKEN_IN_PATH = re.compile(r"(?<=/auth/verify/)[^/?\s]+")


def hide_tokens() -> None:
    """From now on Uvicorn writes down that a link was followed, but not which."""
    logging.getLogger("uvicorn.access").addFilter(_without_token)


def _without_token(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(TOKEN_IN_PATH.sub("...", part) if isinstance(part, str) else part for part in record.args)
    return True
