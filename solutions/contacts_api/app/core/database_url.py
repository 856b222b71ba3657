"""The database's URL as hosts hand it out, with parameters that the async drivers do not know."""

from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVERS = {"postgres": "postgresql+asyncpg", "postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}

DRIVER_PARAMETERS = {"host", "port", "target_session_attrs"}
"""Parameters that the driver knows by the same name."""
SERVER_SETTINGS = {"application_name": "application_name", "options": "options", "schema": "search_path"}
"""Parameters that the driver sends to the server, by the name that the server knows."""
IGNORED = {
    "channel_binding",  # the driver cannot do that; `sslmode` still encrypts
    "connect_timeout",  # app/core/database.py has its own timeouts and its own pool
    "connection_limit",
    "pool_timeout",
}
WITHOUT_PREPARED_STATEMENTS: dict[str, Any] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: "",  # the one that PostgreSQL forgets by itself
}
"""For PgBouncer in transaction mode: the next transaction may run where no earlier statement was prepared."""


def with_async_driver(address: str) -> str:
    """A database URL (`postgres://…?sslmode=require`) that names our async driver. Raises ValueError."""
    try:
        url = make_url(address)
    except ArgumentError:
        raise ValueError("this is no database URL") from None
    url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
    if url.drivername not in DRIVERS.values():
        raise ValueError("only PostgreSQL and SQLite are supported")
    if url.get_backend_name() == "postgresql":
        driver_arguments(url)
    return url.render_as_string(hide_password=False)


def driver_arguments(url: URL) -> tuple[URL, dict[str, Any]]:
    """`url` without the parameters that asyncpg does not know, and the arguments that replace them.

    Raises ValueError for a parameter without such a replacement: it may be a misspelt `sslmode`.
    """
    query = dict(url.query)
    arguments: dict[str, Any] = {"server_settings": {}}
    for name in list(query.keys() - DRIVER_PARAMETERS):
        value = query.pop(name)
        if name in ("ssl", "sslmode"):
            arguments["ssl"] = value
        elif name in SERVER_SETTINGS:
            arguments["server_settings"][SERVER_SETTINGS[name]] = value
        elif name == "pgbouncer":
            arguments |= WITHOUT_PREPARED_STATEMENTS if value == "true" else {}
        elif name not in IGNORED:
            raise ValueError(f"the parameter {name} is not supported; remove it from the URL")
    return url.set(query=query), arguments
