"""Whoever reads the mail of an account may set a new password: once, soon, and everybody else is logged out."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import delete, update

from app.core.security import Purpose, create_token
from app.models import User
from tests.examples import ANN, BOB, Account, log_in, problem_fields, sign_up
from tests.integration.test_connection_pool import REQUESTS, answered_before, slow_hashes
from tests.mailbox import Mailbox, links, tokens

__all__ = ["slow_hashes"]  # a fixture

NEW = Account(email=ANN["email"], password="another pass phrase of Ann")


async def ask(client: httpx.AsyncClient, mailbox: Mailbox) -> str:
    """The token that Ann gets."""
    answer = await client.post("/auth/password-reset/request", json={"email": ANN["email"]})
    assert answer.status_code == 202
    message = await mailbox.next_message(ANN["email"])
    assert message["Subject"] == "Set a new password"
    assert tokens(message, "plain") == tokens(message, "html")
    assert {*links(message, "plain"), *links(message, "html")} == {"http://127.0.0.1:8000/docs"}
    (token,) = tokens(message, "plain")
    return token


async def confirm(client: httpx.AsyncClient, token: str, password: str = NEW["password"]) -> httpx.Response:
    return await client.post("/auth/password-reset/confirm", json={"token": token, "password": password})


async def refused(client: httpx.AsyncClient, token: str) -> str:
    """Why this token sets no password."""
    answer = await confirm(client, token)
    assert answer.status_code == 400
    code: str = answer.json()["code"]
    return code


async def test_a_token_from_a_message_sets_a_new_password(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await sign_up(client, mailbox, ANN)
    answer = await confirm(client, await ask(client, mailbox))
    assert answer.status_code == 200
    assert answer.json()["message"]
    assert await log_in(client, NEW)
    old = await client.post("/auth/login", data={"username": ANN["email"], "password": ANN["password"]})
    assert old.status_code == 401


async def test_a_token_works_once(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await sign_up(client, mailbox, ANN)
    first, second = await ask(client, mailbox), await ask(client, mailbox)
    assert (await confirm(client, second)).status_code == 200
    for token in (first, second):
        assert await refused(client, token) == "invalid_token"
    assert await log_in(client, NEW)


async def test_of_many_uses_at_once_one_succeeds(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await sign_up(client, mailbox, ANN)
    token = await ask(client, mailbox)
    passwords = [f"pass phrase number {number}" for number in range(6)]
    answers = await asyncio.gather(*[confirm(client, token, password) for password in passwords])
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 5}
    winner = next(password for password, answer in zip(passwords, answers, strict=True) if answer.status_code == 200)
    assert await log_in(client, Account(email=ANN["email"], password=winner))


async def test_a_token_works_for_half_an_hour(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    began = datetime.now(UTC)
    await sign_up(client, mailbox, ANN)
    token = await ask(client, mailbox)
    with time_machine.travel(began + timedelta(minutes=31)):
        assert await refused(client, token) == "expired_token"
    with time_machine.travel(began + timedelta(minutes=29)):
        assert (await confirm(client, token)).status_code == 200


async def test_a_new_password_ends_all_sessions(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, client: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    refresh_token = (await log_in(client, ANN))["refresh_token"]
    assert (await confirm(client, await ask(client, mailbox))).status_code == 200
    assert (await ann.get("/users/me")).status_code == 401
    assert (await client.post("/auth/refresh", json={"refresh_token": refresh_token})).status_code == 401
    assert (await bob.get("/users/me")).status_code == 200
    ann.headers["Authorization"] = f"Bearer {(await log_in(client, NEW))['access_token']}"
    assert (await ann.get("/users/me")).status_code == 200


async def test_a_new_password_takes_the_cache_away_too(
    ann: httpx.AsyncClient, client: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    assert (await ann.get("/contacts/birthdays")).status_code == 200
    await confirm(client, await ask(client, mailbox))
    assert (await ann.get("/contacts/birthdays")).status_code == 401


async def test_whoever_reads_the_message_has_verified_the_address(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    """The first password may be that of a stranger who has registered somebody else's address."""
    await client.post("/auth/register", json=ANN)
    await mailbox.next_message(ANN["email"])
    await confirm(client, await ask(client, mailbox))
    assert await log_in(client, NEW)


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose != Purpose.PASSWORD_RESET])
async def test_a_token_for_something_else_sets_no_password(
    client: httpx.AsyncClient, mailbox: Mailbox, purpose: Purpose
) -> None:
    await sign_up(client, mailbox, ANN)
    assert await refused(client, create_token(1, purpose, email=ANN["email"])) == "wrong_purpose"


async def test_a_token_for_a_password_is_good_for_nothing_else(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await sign_up(client, mailbox, ANN)
    token = await ask(client, mailbox)
    verified = await client.get(f"/auth/verify/{token}")
    opened = await client.get("/users/me", headers={"Authorization": f"Bearer {token}"})
    refreshed = await client.post("/auth/refresh", json={"refresh_token": token})
    assert (verified.status_code, verified.json()["code"]) == (400, "wrong_purpose")
    assert opened.status_code == refreshed.status_code == 401


async def test_what_is_no_token_sets_no_password(client: httpx.AsyncClient) -> None:
    assert await refused(client, "nonsense") == "invalid_token"


@pytest.mark.parametrize("change", [update(User).values(email=BOB["email"]), delete(User)])
async def test_a_token_ends_with_the_address_and_with_the_account(
    client: httpx.AsyncClient, mailbox: Mailbox, application: FastAPI, change: object
) -> None:
    await sign_up(client, mailbox, ANN)
    token = await ask(client, mailbox)
    async with application.state.sessions() as session:
        await session.execute(change)
        await session.commit()
    assert await refused(client, token) == "invalid_token"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"token": "x", "password": "1234567"}, "body.password"),
        ({"token": "x", "password": "x" * 129}, "body.password"),
        ({"token": None, "password": NEW["password"]}, "body.token"),
        ({"token": "x", "password": NEW["password"], "email": BOB["email"]}, "body.email"),
    ],
)
async def test_a_new_password_is_held_to_the_rules(
    client: httpx.AsyncClient, body: dict[str, object], field: str
) -> None:
    assert problem_fields(await client.post("/auth/password-reset/confirm", json=body)) == [field]


async def test_an_unknown_address_gets_no_message(
    client: httpx.AsyncClient, mailbox: Mailbox, application: FastAPI
) -> None:
    assert (await client.post("/auth/password-reset/request", json={"email": ANN["email"]})).status_code == 202
    await application.state.mailer.close()
    assert not mailbox.received


@pytest.mark.usefixtures("slow_hashes")
async def test_password_resets_keep_no_connection_while_they_hash(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, client: httpx.AsyncClient, application: FastAPI
) -> None:
    async with application.state.sessions() as session:
        user = await session.get(User, (await ann.get("/users/me")).json()["id"])
    token = create_token(user.id, Purpose.PASSWORD_RESET, email=user.email, fingerprint=user.fingerprint)
    body = {"token": token, "password": "another long one"}
    resets = [asyncio.create_task(client.post("/auth/password-reset/confirm", json=body)) for _ in range(REQUESTS)]
    assert await answered_before(bob.get("/users/me"), resets)
    assert sorted(reset.result().status_code for reset in resets) == [200] + [400] * (REQUESTS - 1)
