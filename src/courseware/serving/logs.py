"""What uvicorn tells at the terminal."""

import copy
from typing import Any

from uvicorn.config import LOGGING_CONFIG


def quiet_logging() -> dict[str, Any]:
    """uvicorn's own logging without the lines about its life; the requests stay."""
    configuration = copy.deepcopy(LOGGING_CONFIG)
    configuration["loggers"]["uvicorn.error"] = {"level": "WARNING"}
    return configuration
