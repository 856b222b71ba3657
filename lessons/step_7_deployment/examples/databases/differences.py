"""What SQLite and PostgreSQL do differently. Each case runs on the database that you name.

    python differences.py sqlite+aiosqlite://
    python differences.py postgresql+asyncpg://postgres:postgres@127.0.0.1:5432/postgres

It creates temporary tables, which end with the connection.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date

from sqlalchemy import Date, extract, literal, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

TABLE = "CREATE TEMPORARY TABLE person (name VARCHAR(5) CONSTRAINT one_name UNIQUE)"


async def ilike(connection: AsyncConnection) -> str:
    """SELECT ... WHERE name ILIKE 'OL%'"""
    await connection.execute(text("INSERT INTO person VALUES ('Olena')"))
    rows = await connection.scalars(text("SELECT name FROM person WHERE name ILIKE 'OL%'"))
    return f"finds {', '.join(rows)}"


async def other_alphabet(connection: AsyncConnection) -> str:
    """SELECT lower('ОЛЕНА')"""
    return str(await connection.scalar(text("SELECT lower('ОЛЕНА')")))


async def extract_type(connection: AsyncConnection) -> str:
    """json.dumps of EXTRACT(MONTH FROM birthday)"""
    month = await connection.scalar(select(extract("month", literal(date(2027, 5, 10), Date))))
    try:
        return json.dumps(month)
    except TypeError as error:
        return f"TypeError: {error}"


async def too_long(connection: AsyncConnection) -> str:
    """INSERT 'Oleksandra' into a VARCHAR(5)"""
    await connection.execute(text("INSERT INTO person VALUES ('Oleksandra')"))
    stored = await connection.scalar(text("SELECT name FROM person"))
    return f"stores {stored}"


async def or_ignore(connection: AsyncConnection) -> str:
    """INSERT OR IGNORE"""
    await connection.execute(text("INSERT OR IGNORE INTO person VALUES ('Olena')"))
    return "stores the row"


async def on_constraint(connection: AsyncConnection) -> str:
    """ON CONFLICT ON CONSTRAINT one_name DO NOTHING"""
    await connection.execute(text("INSERT INTO person VALUES ('Olena') ON CONFLICT ON CONSTRAINT one_name DO NOTHING"))
    return "stores the row"


async def after_an_error(connection: AsyncConnection) -> str:
    """SELECT after an IntegrityError, without ROLLBACK"""
    await connection.execute(text("INSERT INTO person VALUES ('Olena')"))
    with suppress(IntegrityError):
        await connection.execute(text("INSERT INTO person VALUES ('Olena')"))
    count = await connection.scalar(text("SELECT count(*) FROM person"))
    return f"finds {count} row"


CASES: tuple[Callable[[AsyncConnection], Awaitable[str]], ...] = (
    ilike,
    other_alphabet,
    extract_type,
    too_long,
    or_ignore,
    on_constraint,
    after_an_error,
)


async def compare(url: str) -> dict[str, str]:
    """What each case answers on this database, by its statement."""
    return {str(case.__doc__): await answer(url, case) for case in CASES}


async def answer(url: str, case: Callable[[AsyncConnection], Awaitable[str]]) -> str:
    """What a case answers, or the first line of the error."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(TABLE))
            return await case(connection)
    except DBAPIError as error:
        # SQLAlchemy writes some errors as "<class 'SomeError'>: message".
        return "error: " + str(error.orig).splitlines()[0].rpartition("'>: ")[2]
    finally:
        await engine.dispose()


def main(url: str) -> None:
    """Print one line for each case."""
    for statement, answer in asyncio.run(compare(url)).items():
        print(f"{statement:<50} {answer}")


if __name__ == "__main__":
    main(sys.argv[1])
