"""The application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.api.v1 import router
from app.core.config import get_settings
from app.core.database import create_engine, create_sessions
from app.core.errors import add_error_handlers
from app.core.logs import configure_logging
from app.core.middleware import add_middleware


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    """Only the database is shared."""
    engine = create_engine(get_settings().database_url)
    application.state.sessions = create_sessions(engine)
    yield
    await engine.dispose()


def create_app() -> FastAPI:
    """A new application."""
    settings = get_settings()
    configure_logging(settings.log_level)
    application = FastAPI(title="Contacts API", lifespan=lifespan)
    add_error_handlers(application)
    add_middleware(application, settings)
    application.include_router(router, prefix="/api/v1")
    return application
