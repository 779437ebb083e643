"""What a database error means: wait, try again, or give up on this event."""

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from common.errors import Collided

_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
)
_COLLISION = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.UniqueViolationError,  # somebody inserted the same row between our look and our insert
)
_REFUSED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)


def is_away(error: BaseException) -> bool:
    """The server cannot be reached or cannot work: nothing is wrong with what was asked."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, PoolTimeout | InterfaceError) or isinstance(
        _driver_error(error), _AWAY
    )


def is_collision(error: BaseException) -> bool:
    """Two transactions got in each other's way: the same again will most likely work."""
    return isinstance(error, Collided) or isinstance(_driver_error(error), _COLLISION)


def is_refused(error: BaseException) -> bool:
    """The values themselves are not acceptable: the same again can never work."""
    return not is_collision(error) and isinstance(_driver_error(error), _REFUSED)


def describe(error: BaseException) -> str:
    """Name the fault without the values that caused it: they may be personal data."""
    driver_error = _driver_error(error)
    state = getattr(driver_error, "sqlstate", None)
    constraint = getattr(driver_error, "constraint_name", None)
    details = " ".join(str(detail) for detail in (state, constraint) if detail)
    return f"{type(driver_error).__name__} {details}".rstrip()


def _driver_error(error: BaseException) -> BaseException:
    """Return asyncpg's own error under SQLAlchemy's two wrappers."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error
