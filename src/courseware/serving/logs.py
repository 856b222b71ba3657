"""What uvicorn tells at the terminal."""

import copy
import logging
from typing import Any

from uvicorn.config import LOGGING_CONFIG

from courseware.serving.documentation import PAGE

PATH = 2
"""Where in a record about a request the path is."""


class NotTheDocumentation(logging.Filter):
    """Leaves out the requests of Swagger UI's own, which say nothing about the application."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (isinstance(record.args, tuple) and str(record.args[PATH]).startswith(f"{PAGE}/"))


def quiet_logging() -> dict[str, Any]:
    """uvicorn's own logging without the lines about its life; the requests stay."""
    configuration = copy.deepcopy(LOGGING_CONFIG)
    configuration["loggers"]["uvicorn.error"] = {"level": "WARNING"}
    configuration["filters"] = {"not_the_documentation": {"()": NotTheDocumentation}}
    configuration["loggers"]["uvicorn.access"]["filters"] = ["not_the_documentation"]
    return configuration
