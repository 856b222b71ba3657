"""Whether the application lives, and whether it can work: what a load balancer asks."""

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
    """A sign of life."""

    status: Literal["ok"] = "ok"


@router.head("", include_in_schema=False)
@router.get("")
async def live() -> Health:
    """The process answers. It asks nobody else, so that a slow database does not get healthy processes killed."""
    return Health()


@router.head("/ready", include_in_schema=False)
@router.get("/ready", responses=error_answers(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready"))
async def ready(session: SessionDep) -> Health:
    """Everything that requests need is there."""
    try:
        async with asyncio.timeout(TIMEOUT):
            await ping(session)
    except DATABASE_ERRORS:
        raise Unavailable("not_ready", "The database does not answer.") from None
    return Health()
