"""Checks of task 3.3: the image starts on a platform, migrates its database, and stops when it is told to."""

from courseware.checking import CheckFailed, Request, check
from courseware.checking.deployment import Deployment

MIGRATION = "migrations/versions/0001_guests.py"


@check(task="3.3", points=1, hints=("Read what was printed.",), needs=("image_can_be_built",))
def test_release_becomes_healthy(deployment: Deployment) -> None:
    """A release answers at the port of the platform."""
    release = deployment.start()
    release.must_become_healthy()
    answer = release.send(Request("GET", "/greeting", query={"name": "Ann"}))
    if answer.status != 200:
        raise CheckFailed("no_greeting", asked="GET /greeting", expected="200", got=str(answer.status))


@check(task="3.3", points=1, hints=("Read alembic.ini.",), needs=("release_becomes_healthy",))
def test_database_is_migrated(deployment: Deployment) -> None:
    """A release migrates an empty database before it is served."""
    database = deployment.database()
    deployment.start(database=database).must_become_healthy()
    if "guests" not in database.tables():
        raise CheckFailed("not_migrated", asked="the tables", expected="guests", got=str(database.tables()))


@check(task="3.3", points=1, hints=("Think of the exit code.",), needs=("database_is_migrated",))
def test_broken_migration_is_not_served(deployment: Deployment) -> None:
    """A release whose migration fails is not served."""
    broken = b"revision = '0001'\ndown_revision = None\n\n\ndef upgrade():\n    raise RuntimeError('broken')\n"
    deployment.start(replaced={MIGRATION: broken}).must_refuse_to_start()


@check(task="3.3", points=1, hints=("Think of `exec`.",), needs=("release_becomes_healthy",))
def test_release_stops(deployment: Deployment) -> None:
    """SIGTERM ends a release."""
    release = deployment.start()
    release.must_become_healthy()
    release.must_stop()


@check(task="3.3", points=1, hints=("Think of a lock.",), needs=("database_is_migrated",))
def test_releases_start_at_once(deployment: Deployment) -> None:
    """Four releases that start at the same moment all become healthy."""
    for release in deployment.start_several(4):
        release.must_become_healthy()


@check(task="3.3", points=1, hints=("Name the secret in the program.",), needs=("release_becomes_healthy",))
def test_environment_is_used(deployment: Deployment) -> None:
    """A release takes its settings from the environment."""
    release = deployment.start(variables={"GREETING": "Welcome", "KEY": None})
    release.must_become_healthy()
    answer = release.send(Request("GET", "/greeting", query={"name": "Ann"}))
    if "Welcome" not in answer.typed(str, "greeting"):
        raise answer.failed("wrong_greeting", "Welcome, Ann!", answer.typed(str, "greeting"))
