"""A body over 1 MiB is refused, whatever it holds and whoever sends it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.core.body_limit import MAX_BODY_SIZE
from tests.calls import DOCUMENTED

CHUNK = bytes(64 * 1024)
CALLS_WITH_A_BODY = [
    (method, path)
    for method, path in DOCUMENTED
    if method in ("POST", "PATCH") and path != "/users/me/avatar"  # which has a limit of its own
]
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def headers_of(path: str) -> dict[str, str]:
    return FORM if path == "/auth/login" else JSON


def expect_too_large(answer: httpx.Response) -> None:
    assert answer.status_code == 413, answer.text
    assert answer.json() == {"detail": "Send a body of at most 1 MiB.", "code": "body_too_large"}


@pytest.mark.parametrize(("method", "path"), CALLS_WITH_A_BODY)
async def test_a_larger_declared_body_is_refused_unread(client: httpx.AsyncClient, method: str, path: str) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield CHUNK

    headers = headers_of(path) | {"Content-Length": str(MAX_BODY_SIZE + 1)}
    expect_too_large(await client.request(method, path, content=body(), headers=headers))
    assert read == 0


@pytest.mark.parametrize(("method", "path"), CALLS_WITH_A_BODY)
async def test_a_larger_undeclared_body_is_read_up_to_the_limit(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        while True:  # a body without an end
            read += len(CHUNK)
            yield CHUNK

    expect_too_large(await client.request(method, path, content=body(), headers=headers_of(path)))
    assert read == MAX_BODY_SIZE + len(CHUNK)


async def test_a_body_of_exactly_the_limit_is_read(client: httpx.AsyncClient) -> None:
    body = b'{"refresh_token": "%s"}' % (b"x" * (MAX_BODY_SIZE - 21))
    assert len(body) == MAX_BODY_SIZE
    assert (await client.post("/auth/refresh", content=body, headers=JSON)).status_code == 401
    expect_too_large(await client.post("/auth/refresh", content=body + b" ", headers=JSON))
