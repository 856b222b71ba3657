"""URLs as hosts hand them out: which are accepted, and what the driver is told."""

import pytest
from sqlalchemy import make_url, text

from app.core.database import create_engine
from app.core.database_url import driver_arguments, with_async_driver
from tests.conftest import POSTGRES


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgres://me:p%40ss@db/contacts", "postgresql+asyncpg://me:p%40ss@db/contacts"),
        ("postgresql://db/contacts", "postgresql+asyncpg://db/contacts"),
        ("postgresql+asyncpg://db/contacts", "postgresql+asyncpg://db/contacts"),
        ("postgres://db/contacts?sslmode=require", "postgresql+asyncpg://db/contacts?sslmode=require"),
        ("sqlite:///contacts.sqlite3", "sqlite+aiosqlite:///contacts.sqlite3"),
    ],
)
def test_a_url_gets_an_async_driver(given: str, expected: str) -> None:
    assert with_async_driver(given) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("", {}),
        ("sslmode=require&channel_binding=require", {"ssl": "require"}),
        ("ssl=verify-full", {"ssl": "verify-full"}),
        ("connect_timeout=10&pool_timeout=0&connection_limit=1", {}),
        ("application_name=contacts", {"server_settings": {"application_name": "contacts"}}),
        ("options=endpoint%3Dep-1", {"server_settings": {"options": "endpoint=ep-1"}}),
        ("schema=public", {"server_settings": {"search_path": "public"}}),
        ("pgbouncer=false", {}),
    ],
)
def test_parameters_become_arguments_of_the_driver(parameters: str, expected: dict[str, object]) -> None:
    url, arguments = driver_arguments(make_url(f"postgresql+asyncpg://db/contacts?{parameters}"))
    assert arguments == {"server_settings": {}} | expected
    assert not url.query


def test_the_folder_of_a_socket_is_left_to_the_driver() -> None:
    url, _ = driver_arguments(make_url("postgresql+asyncpg:///contacts?host=/cloudsql/project"))
    assert url.query == {"host": "/cloudsql/project"}


def test_an_unknown_parameter_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="parameter sslmod is not supported"):
        with_async_driver("postgres://db/contacts?sslmod=require")


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=POSTGRES)], indirect=True)
async def test_the_parameters_of_hosts_reach_the_server(database_url: str) -> None:
    parameters = {
        "application_name": "contacts of a test",
        "channel_binding": "prefer",
        "connect_timeout": "10",
        "options": "-c statement_timeout=1234",
        "pgbouncer": "true",
        "schema": "public",
        "sslmode": "prefer",
    }
    engine = create_engine(make_url(database_url).set(query=parameters).render_as_string(hide_password=False))
    async with engine.connect() as connection:
        settings = [
            await connection.scalar(text(f"SHOW {name}"))
            for name in ("application_name", "statement_timeout", "search_path")
        ]
    await engine.dispose()
    assert settings == ["contacts of a test", "1234ms", "public"]


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=POSTGRES)], indirect=True)
async def test_with_pgbouncer_no_prepared_statement_outlives_its_transaction(database_url: str) -> None:
    """In transaction mode the next transaction runs on any server connection. DISCARD ALL makes it as if it did."""
    url = make_url(database_url).update_query_dict({"pgbouncer": "true"})
    engine = create_engine(url.render_as_string(hide_password=False))
    for _ in range(3):
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
            prepared = await connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''")
            assert prepared.scalar() == 0
            driver = (await connection.get_raw_connection()).driver_connection
            await connection.rollback()
            assert driver is not None
            await driver.execute("DISCARD ALL")
    await engine.dispose()
