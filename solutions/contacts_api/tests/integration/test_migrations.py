"""The migrations make the tables that the models describe, and can be taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.conftest import POSTGRES


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=POSTGRES)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield databases.sqlite_url(tmp_path / "empty.sqlite3")
    else:
        with databases.new_postgres() as url:
            yield url


def test_models_and_migrations_agree(empty_database: str) -> None:
    databases.migrate(empty_database)
    databases.compare(empty_database)


def test_migrations_can_be_taken_back_and_made_again(empty_database: str) -> None:
    databases.migrate(empty_database)
    databases.migrate(empty_database, "base")
    databases.migrate(empty_database)
    databases.compare(empty_database)
