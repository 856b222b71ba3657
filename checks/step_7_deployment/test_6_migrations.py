"""Task 7.6: migrations before the server."""

from courseware.checking import CheckFailed, Request, check
from courseware.checking.deployment import Deployment, PlatformDatabase

MIGRATES = ("empty_database_gets_its_tables",)
TABLES = {"alembic_version", "contacts", "users"}
LAST = "0005"
FAILS = b'''"""A migration that fails."""

raise RuntimeError("This migration fails on purpose.")
'''
URLS = (
    ("postgres://", "?sslmode=prefer"),
    ("postgresql://", ""),
    ("postgresql://", "?sslmode=disable&connect_timeout=10"),
)
"""How hosts write the URL of a database. The platform of the other checks writes postgres:// with ?sslmode=disable."""
TOGETHER = 8
REGISTER = "/api/v1/auth/register"
EMAIL = "judge@example.com"


@check(
    task="7.6",
    points=4,
    hints=(
        "The server answers. Who has created the tables, and when?",
        "The health check asks no table, so it passes without any. The start command must migrate first.",
        "alembic upgrade head, in the line before the server.",
    ),
    needs=("server_starts",),
)
def test_empty_database_gets_its_tables(deployment: Deployment) -> None:
    """On an empty PostgreSQL database, all tables are there as soon as the server is healthy."""
    database = deployment.database()
    deployment.start(database=database).must_become_healthy()
    must_be_migrated(database)


def must_be_migrated(database: PlatformDatabase) -> None:
    """The database must have all tables, and Alembic must have noted the last revision."""
    missing = sorted(TABLES - database.tables())
    if missing:
        raise CheckFailed(
            "table_missing", asked="the tables", expected=", ".join(sorted(TABLES)), got=f"no {missing[0]}"
        )
    noted = [str(row[0]) for row in database.rows("SELECT version_num FROM alembic_version")]
    if not any(each.startswith(LAST) for each in noted):
        raise CheckFailed("not_migrated", asked="alembic_version", expected=LAST, got=", ".join(noted) or "no row")


@check(
    task="7.6",
    points=1,
    hints=(
        "A host starts the same image again, for example after it has moved it to another machine.",
        "The second start finds tables and rows. It must leave both alone.",
        "alembic upgrade head does nothing if there is nothing to do. No drop_all, and no downgrade.",
    ),
    needs=MIGRATES,
)
def test_second_start_keeps_the_rows(deployment: Deployment) -> None:
    """A second start on the same database is healthy too, and the rows are still there."""
    database = deployment.database()
    first = deployment.start(database=database)
    first.must_become_healthy()
    registration = Request("POST", REGISTER, json={"email": EMAIL, "password": "a pass phrase of the judge"})
    first.send(registration).expect_success(201, key="not_registered")
    first.stop()
    second = deployment.start(database=database)
    second.must_become_healthy()
    second.send(registration).expect_status(409, key="rows_lost")


@check(
    task="7.6",
    points=4,
    hints=(
        "The migration fails. Which line of your script runs next?",
        "`;` and a new line go on after a failure. A shell can end at the first one.",
        "set -e at the top of the script, or alembic upgrade head && exec uvicorn ….",
    ),
    needs=MIGRATES,
)
def test_failed_migration_means_no_server(deployment: Deployment) -> None:
    """If a migration fails, the command ends with an exit code other than 0, and no server runs."""
    deployment.start(replaced={"migrations/versions/0005_birthday_key.py": FAILS}).must_refuse_to_start()


@check(
    task="7.6",
    points=4,
    hints=(
        "Eight processes read the version of an empty database. What do all of them do next?",
        "Only one may migrate. The others must wait before Alembic reads the version, until the first has committed.",
        'connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK}) in `lock`.',
    ),
    needs=MIGRATES,
)
def test_eight_starts_at_once_succeed(deployment: Deployment) -> None:
    """Eight starts at the same moment on one empty database all become healthy."""
    database = deployment.database()
    for release in deployment.start_several(TOGETHER, database=database):
        release.must_become_healthy()
    must_be_migrated(database)


@check(
    task="7.6",
    points=2,
    hints=(
        "Hosts write the URL of the database in several ways. Does something in your command change it?",
        "The application translates the URL itself, in app/core/database_url.py. The command passes it on unchanged.",
        "Leave DATABASE_URL as the host sets it, and use it through the application, also for Alembic.",
    ),
    needs=MIGRATES,
)
def test_urls_of_hosts_are_accepted(deployment: Deployment) -> None:
    """DATABASE_URL may begin with postgres:// or postgresql://, and may have ?sslmode= and other parameters."""
    for scheme, query in URLS:
        database = deployment.database()
        url = f"{scheme}{{postgresql_location}}{query}"
        release = deployment.start(database=database, variables={"DATABASE_URL": url})
        release.must_become_healthy()
        must_be_migrated(database)
        release.stop()
