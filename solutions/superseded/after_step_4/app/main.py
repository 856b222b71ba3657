"""Puts the application together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.api.v1 import TAGS, router
from app.core.config import get_settings
from app.core.database import create_engine, create_sessions
from app.core.errors import add_error_handlers
from app.core.logs import REQUEST_ID_HEADER, configure_logging
from app.core.middleware import add_middleware
from app.core.openapi import operation_id
from app.core.rate_limit import RateLimits
from app.core.redis import RedisClient
from app.services.email import Mailer


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    """Opens what requests share before the first one, and closes it after the last."""
    settings = get_settings()
    engine = create_engine(settings.database_url)
    application.state.sessions = create_sessions(engine)
    application.state.mailer = Mailer(settings)
    redis = RedisClient(settings.redis_url, settings.redis_timeout)
    application.state.rate_limits = RateLimits(settings, redis)
    yield
    await application.state.mailer.close()
    await redis.close()
    await engine.dispose()


def create_app() -> FastAPI:
    """A new application. Wrong settings raise pydantic.ValidationError, so that it never starts with them."""
    settings = get_settings()
    configure_logging(settings.log_level)
    application = FastAPI(
        title="Contacts API",
        version="1.0.0",
        description=f"Every answer has an id in `{REQUEST_ID_HEADER}`. The log names it too.",
        openapi_tags=TAGS,
        generate_unique_id_function=operation_id,
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would name the host that the client has sent
    )
    add_error_handlers(application)
    add_middleware(application, settings)
    application.include_router(router, prefix="/api/v1")
    return application
