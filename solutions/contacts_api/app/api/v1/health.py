"""Health checks for load balancers: the process is alive, and it can work."""

import asyncio
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.deps import SessionDep
from app.core.database import ping
from app.core.database_errors import DATABASE_ERRORS
from app.core.errors import Unavailable, error_answers

router = APIRouter(prefix="/health", tags=["health"])

TIMEOUT = 2.0
"""Seconds until a database that does not answer counts as down."""


class Health(BaseModel):
    """The answer of a health check."""

    status: Literal["ok"] = "ok"


@router.head("", include_in_schema=False)
@router.get("")
async def live() -> Health:
    """The process is alive. This uses no other service, so that a slow database does not restart healthy processes."""
    return Health()


@router.head("/ready", include_in_schema=False)
@router.get("/ready", responses=error_answers(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready"))
async def ready(session: SessionDep) -> Health:
    """The application can work: the database answers."""
    try:
        async with asyncio.timeout(TIMEOUT):
            await ping(session)
    except DATABASE_ERRORS:
        raise Unavailable("not_ready", "The database does not answer.") from None
    return Health()
