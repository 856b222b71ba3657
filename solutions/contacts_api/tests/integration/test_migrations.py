"""The migrations make the tables that the models describe, and can be taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.conftest import POSTGRES

NOW = "'2027-03-01 12:00:00'"
USER = f"INSERT INTO users (email, password_hash, created_at) VALUES ('ann@example.com', 'x', {NOW})"  # noqa: S608
CONTACT = (
    "INSERT INTO contacts (owner_id, first_name, last_name, email, phone, birthday, created_at, updated_at) "  # noqa: S608
    f"VALUES (1, 'Olena', 'Kovalenko', 'olena@example.com', '112', '2000-02-29', {NOW}, {NOW})"
)


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


def test_contacts_survive_migrations_and_ids_go_on(empty_database: str) -> None:
    """SQLite changes a table by copying it, which could lose rows, or the number that ids have reached."""
    databases.migrate(empty_database, "0002")
    databases.execute(empty_database, USER, CONTACT, "DELETE FROM contacts", CONTACT)
    databases.migrate(empty_database)
    databases.migrate(empty_database, "-2")
    databases.migrate(empty_database)
    assert databases.execute(empty_database, "SELECT id, birthday_key FROM contacts") == [(2, 229)]
    databases.execute(empty_database, "DELETE FROM contacts", CONTACT)
    assert databases.execute(empty_database, "SELECT id FROM contacts") == [(3,)]


def test_users_from_before_verification_keep_their_way_in(empty_database: str) -> None:
    databases.migrate(empty_database, "0002")
    databases.execute(empty_database, USER)
    databases.migrate(empty_database)
    assert databases.execute(empty_database, "SELECT id FROM users WHERE is_verified") == [(1,)]
