"""The start command, run for real: migrations first, then the server, which ends when it is told to."""

import json
import re
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.examples import ANN
from tests.integration.test_migrations import empty_database
from tests.servers import PROJECT, Server, accepts, copy_of_project, started, wait_for

__all__ = ["empty_database"]  # a fixture

pytestmark = pytest.mark.slow  # about a minute

BROKEN_MIGRATION = '''
"""Breaks after it has changed something."""

from alembic import op
from sqlalchemy import Column, Integer


def upgrade() -> None:
    op.create_table("half_done", Column("id", Integer(), primary_key=True))
    raise RuntimeError("this migration is broken")
'''
LONG_MIGRATION = '''
"""Waits, when all others have been made, until it may end."""

import time
from pathlib import Path


def upgrade() -> None:
    Path("{folder}/waits").touch()
    while not Path("{folder}/may end").exists():
        time.sleep(0.02)
'''
LONG_ENOUGH = 2.0
"""Seconds after which a server that was started has come to its database."""


def add_migration(project: Path, text: str) -> Path:
    """Adds a migration as the last one."""
    migrations = project / "migrations/versions"
    head = max(file.name for file in migrations.glob("0*.py")).partition("_")[0]
    added = migrations / "9999_added.py"
    added.write_text(f'{text}\n\nrevision = "9999"\ndown_revision = "{head}"\n')
    return added


def environment_of_the_image() -> dict[str, str]:
    """What the Dockerfile sets for the application."""
    lines = re.findall(r"^ENV (.+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    return dict(re.findall(r"(\w+)=(\S+)", " ".join(lines)))


def begin_to_register(server: Server) -> tuple[socket.socket, bytes]:
    """A connection over which half of a request has been sent, and the other half."""
    body = json.dumps(ANN).encode()
    head = ["POST /api/v1/auth/register HTTP/1.1", "Host: x", "Content-Type: application/json"]
    head += [f"Content-Length: {len(body)}", "", ""]
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    connection.sendall("\r\n".join(head).encode() + body[:10])
    return connection, body[10:]


def test_an_empty_database_gets_its_tables_and_the_server_can_work(empty_database: str) -> None:
    with started(empty_database) as server:
        server.wait_until_ready()
        assert httpx.post(f"{server.url}/auth/register", json=ANN).status_code == 201
        assert server.stop() < 5
        assert server.process.returncode in (0, -signal.SIGTERM)


def test_a_request_that_is_running_is_answered_before_the_server_ends(empty_database: str) -> None:
    with started(empty_database) as server:
        server.wait_until_ready()
        connection, rest = begin_to_register(server)
        assert httpx.get(f"{server.url}/health").is_success  # so the first half has arrived too
        server.process.send_signal(signal.SIGTERM)
        server.wait_until_closed()
        with connection:
            connection.sendall(rest)
            assert connection.recv(1000).startswith(b"HTTP/1.1 201 ")
        server.process.wait(5)


def test_a_request_that_never_ends_does_not_keep_the_server_alive(tmp_path: Path) -> None:
    with started(f"sqlite:///{tmp_path}/contacts.sqlite3") as server:
        server.wait_until_ready()
        connection, _ = begin_to_register(server)
        with connection:
            assert httpx.get(f"{server.url}/health").is_success
            assert server.stop() < 5


def test_a_failed_migration_means_no_server_and_changes_nothing(empty_database: str, tmp_path: Path) -> None:
    project = copy_of_project(tmp_path)
    broken = add_migration(project, BROKEN_MIGRATION)
    with started(empty_database, project) as server:
        assert "this migration is broken" in server.output()
        assert server.process.returncode != 0
        assert not accepts(server.port)
    broken.unlink()
    with started(empty_database, project) as server:  # it would fail if half_done or the version were there
        server.wait_until_ready()


def test_a_server_waits_for_the_migrations_that_another_makes(empty_database: str, tmp_path: Path) -> None:
    project = copy_of_project(tmp_path)
    add_migration(project, LONG_MIGRATION.format(folder=tmp_path))
    with started(empty_database, project) as first:
        wait_for((tmp_path / "waits").exists)
        with started(empty_database, project) as second:
            time.sleep(LONG_ENOUGH)
            assert second.process.poll() is None
            (tmp_path / "may end").touch()
            first.wait_until_ready()
            second.wait_until_ready()


def test_many_servers_start_at_once_on_an_empty_database(empty_database: str) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(started(empty_database)) for _ in range(4)]
        for server in servers:
            server.wait_until_ready()


def test_wrong_settings_mean_no_server(tmp_path: Path) -> None:
    with started(f"sqlite:///{tmp_path}/contacts.sqlite3", ENVIRONMENT="production") as server:
        assert "JWT_SECRET_KEY is the sample" in server.output()
        assert server.process.returncode != 0


def test_a_container_without_secrets_of_its_own_does_not_start(empty_database: str) -> None:
    with started(empty_database, ENVIRONMENT=environment_of_the_image()["ENVIRONMENT"]) as server:
        assert "JWT_SECRET_KEY is the sample" in server.output()
        assert server.process.returncode != 0
