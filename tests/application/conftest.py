"""The application is a project of its own: it is written to a folder, and its own tools are run there."""

import asyncio
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock
from redis import Redis, RedisError
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from courseware.base.tree import read_tree, write_tree
from courseware.course import Course, load_course
from courseware.course.stages import finish, start

Run = Callable[..., str]
Stages = dict[str, Path]

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL") or "postgres://postgres:postgres@127.0.0.1:5432/postgres"
REDIS_URL = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/15"


@pytest.fixture(scope="session")
def course() -> Course:
    """The course itself."""
    return load_course(Path(__file__).parent.parent.parent)


@pytest.fixture
def finished(course: Course, tmp_path: Path) -> Path:
    """The folder of the finished application, with its tests."""
    write_tree(read_tree(course.application_folder), tmp_path / "finished")
    return tmp_path / "finished"


@pytest.fixture(scope="session")
def stages(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """The folders of the application on its way: what a student starts from and arrives at, step by step."""
    place = tmp_path_factory.mktemp("stages")
    trees = {f"finish {number}": finish(course, number) for number in course.stage_numbers}
    trees |= {f"start {step.number}": start(course, step.number) for step in course.steps}
    for name, tree in trees.items():
        write_tree(tree, place / name)
    return {name: place / name for name in trees}


@pytest.fixture
def run() -> Run:
    """Runs Python in a folder, with no settings but those given, and returns what was printed.

    Whatever ends with another exit code than 0 fails the test with everything that it printed.
    """

    def run(folder: Path, *arguments: str, **environment: str) -> str:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}
        ended = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=kept | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        if ended.returncode != 0:
            pytest.fail(f"{' '.join(arguments)} ended with {ended.returncode}:\n{ended.stdout}", pytrace=False)
        return ended.stdout

    return run


@pytest.fixture(scope="session")
def postgres_server(do_without: Callable[[str], NoReturn]) -> str:
    """The URL of a PostgreSQL server on which databases may be created. Without one the test is skipped,
    or fails where everything must run."""
    try:
        asyncio.run(_execute("SELECT 1"))
    except (OSError, TimeoutError, SQLAlchemyError) as error:
        do_without(f"no PostgreSQL at TEST_POSTGRES_URL or 127.0.0.1:5432: {error}")
    return POSTGRES_URL


@pytest.fixture
def redis_database(do_without: Callable[[str], NoReturn], shared_folder: Path) -> Iterator[str]:
    """The URL of a Redis database that a test may empty, one at a time. Without one as with `postgres_server`."""
    try:
        with Redis.from_url(REDIS_URL) as redis:
            redis.ping()
    except RedisError as error:
        do_without(f"no Redis at TEST_REDIS_URL or 127.0.0.1:6379: {error}")
    with FileLock(shared_folder / "redis.lock"):
        yield REDIS_URL


@pytest.fixture
def postgres_database(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this test's own."""
    name = f"course_test_{uuid.uuid4().hex}"
    asyncio.run(_execute(f"CREATE DATABASE {name}"))
    yield f"{postgres_server.rpartition('/')[0]}/{name}"
    asyncio.run(_execute(f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(statement: str) -> None:
    url = make_url(POSTGRES_URL).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT", connect_args={"timeout": 5})
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()
