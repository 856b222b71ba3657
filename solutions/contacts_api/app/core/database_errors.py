"""Tells a database that is unavailable from a statement that is wrong."""

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

DATABASE_ERRORS = (DBAPIError, PoolTimeoutError, OSError)
"""What a query may raise. OSError: the server cannot be reached, or does not answer in time."""

TEMPORARY_SQLSTATES = (
    "08",  # the connection is lost
    "25006",  # the database is read-only, as during a failover
    "28",  # the server refuses the user, as while the host changes the password
    "3D",  # there is no such database, as while the host restores it
    "40",  # this transaction lost against another one: a deadlock, a serialization failure
    "53",  # too many connections, the disk is full
    "55",  # a lock was not available, or the database accepts no connections
    "57",  # the server is stopping or starting, or has cancelled the statement
)
"""Codes and classes of codes: https://www.postgresql.org/docs/current/errcodes-appendix.html"""


def is_unavailable(error: Exception) -> bool:
    """Whether one of DATABASE_ERRORS says that the same request may succeed later."""
    if not isinstance(error, DBAPIError) or isinstance(error, OperationalError | InterfaceError):
        return True
    sqlstate = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or sqlstate.startswith(TEMPORARY_SQLSTATES)


def is_owner_gone(error: Exception) -> bool:
    """Whether a row was refused because its foreign key names no row. All foreign keys name the user who owns it."""
    if not isinstance(error, IntegrityError):
        return False
    return getattr(error.orig, "sqlstate", None) == "23503" or str(error.orig) == "FOREIGN KEY constraint failed"
