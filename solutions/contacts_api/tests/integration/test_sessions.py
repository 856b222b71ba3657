"""Logging out, and refresh tokens that work once."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
import time_machine
from fastapi import FastAPI
from redis import Redis

from app.core import redis as redis_client
from app.core.errors import Unauthorized, Unavailable
from app.core.security import Claims, Purpose, create_token, read_token
from app.services.sessions import LoginSessions
from tests.examples import ANN, SignIn, log_in, problem_fields
from tests.redis_servers import Wire


@pytest.fixture
def redis_url(wire: Wire) -> str:
    """The application reaches each kind of Redis through a wire that can be cut."""
    return wire.url


@pytest.fixture(name="redis")
def shown_redis(each_redis: str) -> Iterator[Redis]:
    """Shows what is in Redis, past the wire: that one is served by the loop which this client blocks."""
    with Redis.from_url(each_redis, decode_responses=True) as redis:
        yield redis


@pytest.fixture
def redis_timeout() -> float:
    return 1


@pytest.fixture
async def application(application: FastAPI, settings: pytest.MonkeyPatch) -> FastAPI:
    """An application that soon tries again to reach a Redis that was unavailable."""
    settings.setattr(redis_client, "COOL_DOWN", 0.05)
    return application


@pytest.fixture
async def client(ann: httpx.AsyncClient, clients: SignIn) -> httpx.AsyncClient:  # noqa: ARG001 - Ann has an account
    """A client that is not logged in and keeps no cookies; Ann has an account."""
    return await clients.stranger()


async def new_session(client: httpx.AsyncClient) -> str:
    """The refresh token of a new session of Ann."""
    tokens = await log_in(client, ANN)
    client.cookies.clear()
    return tokens["refresh_token"]


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    answer = await client.post("/auth/refresh", json={"refresh_token": token})
    client.cookies.clear()
    return answer


async def refreshed(client: httpx.AsyncClient, token: str) -> str:
    """The token that `token` is exchanged for."""
    answer = await refresh(client, token)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["refresh_token"])


async def log_out(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/auth/logout", json={"refresh_token": token})


def assert_revoked(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (401, "token_revoked")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_refresh_token_works_once(client: httpx.AsyncClient) -> None:
    token = await new_session(client)
    for _ in range(3):
        old, token = token, await refreshed(client, token)
        assert old != token
    assert_revoked(await refresh(client, old))


async def test_a_token_that_comes_twice_ends_its_session(client: httpx.AsyncClient) -> None:
    """One of the two was a thief: nobody can tell which."""
    first = await new_session(client)
    second = await refreshed(client, first)
    third = await refreshed(client, second)
    assert_revoked(await refresh(client, first))
    assert_revoked(await refresh(client, third))


async def test_other_sessions_go_on(client: httpx.AsyncClient) -> None:
    stolen, other = await new_session(client), await new_session(client)
    await refreshed(client, stolen)
    assert_revoked(await refresh(client, stolen))
    await log_out(client, await new_session(client))
    await refreshed(client, other)


async def test_of_five_at_once_one_wins(client: httpx.AsyncClient) -> None:
    token = await new_session(client)
    answers = await asyncio.gather(*[refresh(client, token) for _ in range(5)])
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]
    (winner,) = [answer for answer in answers if answer.status_code == 200]
    assert_revoked(await refresh(client, winner.json()["refresh_token"]))


async def test_a_user_who_logs_out_is_out(client: httpx.AsyncClient) -> None:
    token = await refreshed(client, await new_session(client))
    answer = await log_out(client, token)
    assert (answer.status_code, answer.content) == (204, b"")
    assert_revoked(await refresh(client, token))


async def test_logging_out_twice_is_no_mistake(client: httpx.AsyncClient) -> None:
    token = await new_session(client)
    assert [(await log_out(client, token)).status_code for _ in range(2)] == [204, 204]


async def test_an_old_token_logs_out_whoever_goes_on_with_its_successor(client: httpx.AsyncClient) -> None:
    old = await new_session(client)
    successor = await refreshed(client, old)
    await log_out(client, old)
    assert_revoked(await refresh(client, successor))


async def test_only_a_refresh_token_logs_out(client: httpx.AsyncClient) -> None:
    tokens = await log_in(client, ANN)
    client.cookies.clear()
    for wrong in (tokens["access_token"], "nonsense", tokens["refresh_token"][:-2]):
        answer = await log_out(client, wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert problem_fields(await client.post("/auth/logout", json={})) == ["body.refresh_token"]


async def test_a_token_spelt_in_another_way_is_the_same_token(client: httpx.AsyncClient) -> None:
    """Decoders are lenient about padding, so the text of a token is no name for it; its jti is."""
    token = await new_session(client)
    await log_out(client, token)
    assert (await refresh(client, token + "=")).status_code == 401


async def test_redis_knows_the_id_of_a_token_until_it_expires_and_not_the_token(
    client: httpx.AsyncClient, redis: Redis
) -> None:
    token = await new_session(client)
    await log_out(client, token)
    key = f"refresh:used:{read_token(token, Purpose.REFRESH).jti}"
    week = timedelta(days=7).total_seconds()
    assert week - 60 < int(str(redis.ttl(key))) <= week
    stored = [str(text) for name in redis.scan_iter() for text in (name, redis.get(name))]
    assert not any(token in text for text in stored)


async def test_a_token_is_remembered_no_longer_than_it_lives(client: httpx.AsyncClient, redis: Redis) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(days=6, hours=23), tick=False):
        token = await new_session(client)
    await log_out(client, token)
    assert 0 < int(str(redis.ttl(f"refresh:used:{read_token(token, Purpose.REFRESH).jti}"))) <= 3600


async def test_a_token_of_a_session_names_its_first_one(client: httpx.AsyncClient) -> None:
    first = await new_session(client)
    second = await refreshed(client, first)
    third = await refreshed(client, second)
    families = [read_token(token, Purpose.REFRESH).family for token in (second, third)]
    assert families == [read_token(first, Purpose.REFRESH).jti] * 2
    assert "family" not in jwt.decode(first, options={"verify_signature": False})


async def test_the_token_of_a_user_who_is_gone_is_not_used_up(client: httpx.AsyncClient, redis: Redis) -> None:
    token = create_token(4711, Purpose.REFRESH)
    assert (await refresh(client, token)).json()["code"] == "invalid_token"
    assert not redis.keys("refresh:*")


def token() -> Claims:
    return read_token(create_token(7, Purpose.REFRESH), Purpose.REFRESH)


async def is_refused(knowing: LoginSessions, claims: Claims) -> bool:
    try:
        await knowing.use_up(claims)
    except Unauthorized:
        return True
    return False


async def test_what_one_process_revokes_another_refuses(processes: tuple[LoginSessions, LoginSessions]) -> None:
    used, ended = token(), token()
    await processes[0].use_up(used)
    await processes[0].end(ended)
    assert await is_refused(processes[1], used)
    successor = read_token(create_token(7, Purpose.REFRESH, family=ended.jti), Purpose.REFRESH)
    assert await is_refused(processes[1], successor)
    assert await is_refused(processes[1], ended)


async def test_without_redis_no_token_is_accepted_and_nothing_changes(
    processes: tuple[LoginSessions, LoginSessions], wire: Wire
) -> None:
    claims = token()
    await wire.cut()
    for attempt in (processes[0].use_up, processes[0].end):
        with pytest.raises(Unavailable):
            await attempt(claims)
    await wire.mend()
    await processes[1].use_up(claims)
    assert await is_refused(processes[1], claims)


@pytest.mark.parametrize("how", ["hanging", "gone"])
async def test_while_redis_is_unavailable_refresh_and_logout_answer_503_and_the_rest_goes_on(
    ann: httpx.AsyncClient, client: httpx.AsyncClient, wire: Wire, how: str
) -> None:
    refused_later, refreshed_later = await new_session(client), await new_session(client)
    if how == "hanging":
        wire.hang()
    else:
        await wire.cut()
    for answer in (await refresh(client, refreshed_later), await log_out(client, refused_later)):
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert (await ann.get("/users/me")).status_code == 200
    await new_session(client)
    await wire.mend()
    await recovered(client)
    await refreshed(client, refreshed_later)
    assert (await log_out(client, refused_later)).status_code == 204
    assert_revoked(await refresh(client, refused_later))


async def recovered(client: httpx.AsyncClient) -> None:
    """Waits until the application sends commands to Redis again."""
    async with asyncio.timeout(30):
        while (await log_out(client, await new_session(client))).status_code != 204:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.05)
