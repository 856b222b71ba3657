"""A request holds a database connection only while it uses the database: the pool has few, and everybody needs one."""

import asyncio
import socket
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert

from app.core.config import get_settings
from app.models import Contact
from tests.examples import contact
from tests.http_server import serving

REQUESTS = 40
"""More than any pool has connections."""


@pytest.fixture
def slow_hashes(settings: pytest.MonkeyPatch) -> None:
    """A hash takes about 60 ms, as long as many requests."""
    settings.setenv("BCRYPT_ROUNDS", "10")
    get_settings.cache_clear()


async def answered_before(own: Awaitable[httpx.Response], others: list[asyncio.Task[httpx.Response]]) -> bool:
    """Whether `own` is answered before half of `others`, which have started earlier."""
    await asyncio.sleep(0.2)
    assert (await own).status_code == 200
    finished = sum(other.done() for other in others)
    await asyncio.gather(*others)
    return finished < len(others) / 2


@pytest.mark.usefixtures("slow_hashes")
async def test_wrong_logins_keep_no_connection_while_they_hash(
    ann: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    forms = [{"username": f"{number}@example.com", "password": "wrong"} for number in range(REQUESTS)]
    logins = [asyncio.create_task(client.post("/auth/login", data=form)) for form in forms]
    assert await answered_before(ann.get("/users/me"), logins)
    assert {login.result().status_code for login in logins} == {401}


@contextmanager
def clients_that_do_not_read(url: str, request: bytes) -> Iterator[None]:
    """Connections on which `request` was sent twice and nothing is read: the second answer waits for the first one."""
    address = httpx.URL(url)
    connections = [socket.socket() for _ in range(REQUESTS)]
    try:
        for connection in connections:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect((address.host, address.port))
            connection.sendall(request * 2)
        yield
    finally:
        for connection in connections:
            connection.close()


@pytest.fixture
async def full_page(application: FastAPI, ann: httpx.AsyncClient) -> int:
    """The size in bytes of a page that no socket can take as a whole."""
    owner_id = (await ann.get("/users/me")).json()["id"]
    names = dict.fromkeys(("first_name", "last_name"), "\N{GRINNING FACE}" * 50)
    rows = [contact(email=f"{number}@example.com", notes="x" * 500, **names) for number in range(100)]
    async with application.state.sessions() as session:
        await session.execute(insert(Contact), [row | {"owner_id": owner_id, "birthday": None} for row in rows])
        await session.commit()
    return len((await ann.get("/contacts?limit=100")).content)


async def test_who_does_not_read_an_answer_keeps_no_connection(
    application: FastAPI, ann: httpx.AsyncClient, full_page: int
) -> None:
    assert full_page > 100_000
    lines = ["GET /api/v1/contacts?limit=100 HTTP/1.1", "Host: x", f"Authorization: {ann.headers['Authorization']}"]
    async with serving(application, send_buffer=4096) as url:
        with clients_that_do_not_read(url, "\r\n".join([*lines, "", ""]).encode()):
            await asyncio.sleep(1)
            async with asyncio.timeout(20):  # on a busy machine the pages themselves take longer than a second
                while (await ann.get("/users/me")).status_code != 200:
                    pass
