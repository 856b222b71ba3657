"""Registering, logging in, staying logged in."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import delete, update

from app.models import User
from tests.examples import ANN, Account, SignIn, contact, log_in, problem_fields, sign_up
from tests.mailbox import Mailbox


async def register(client: httpx.AsyncClient, **changes: object) -> httpx.Response:
    return await client.post("/auth/register", json=ANN | changes)


def login_form(**changes: str) -> dict[str, str]:
    return {"username": ANN["email"], "password": ANN["password"]} | changes


async def test_registering_shows_the_user_and_nothing_secret(client: httpx.AsyncClient) -> None:
    answer = await register(client, full_name="  Ann Lee ")
    assert answer.status_code == 201
    user = answer.json()
    assert user.keys() == {"id", "email", "full_name", "is_verified", "avatar_url", "created_at"}
    assert user["full_name"] == "Ann Lee"
    created = datetime.fromisoformat(user["created_at"])
    assert abs(created - datetime.now(UTC)) < timedelta(minutes=1)


async def test_an_address_registers_once_however_it_is_written(client: httpx.AsyncClient) -> None:
    assert (await register(client, email="ANN@Example.com")).json()["email"] == "ann@example.com"
    answer = await register(client, email="ann@EXAMPLE.com")
    assert answer.status_code == 409
    assert answer.json()["code"] == "email_taken"


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("ann@example.com", " ANN@Example.com "),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@bücher.example", "ann@BU\u0308CHER.example"),  # U and its two dots are two characters
        ("jos\u00e9@example.com", "JOSE\u0301@example.com"),
        ("ann@example.com", "ann@\uff45xample.com"),  # a full-width e
    ],
)
async def test_an_address_is_the_same_however_it_is_written(
    client: httpx.AsyncClient, application: FastAPI, stored: str, written: str
) -> None:
    assert (await register(client, email=written)).json()["email"] == stored
    assert (await register(client, email=stored)).json()["code"] == "email_taken"
    async with application.state.sessions() as session:
        await session.execute(update(User).values(is_verified=True))
        await session.commit()
    for username in (stored, written):
        answer = await client.post("/auth/login", data=login_form(username=username))
        assert answer.status_code == 200, username
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    assert (await client.post("/contacts", json=contact(email=written))).json()["email"] == stored
    assert (await client.post("/contacts", json=contact(email=stored))).json()["code"] == "contact_exists"


async def test_of_many_registrations_at_once_one_succeeds(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*[register(client) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


@pytest.mark.parametrize("password", ["12345678", "п" * 128, "🔑" * 8, "a\0b\0c\0d\0"])
async def test_passwords_of_8_to_128_characters_of_any_alphabet_work(
    client: httpx.AsyncClient, mailbox: Mailbox, password: str
) -> None:
    await sign_up(client, mailbox, Account(email=ANN["email"], password=password))
    assert (await client.post("/auth/login", data=login_form(password=password))).status_code == 200
    wrong = await client.post("/auth/login", data=login_form(password=password[:-1] + "?"))
    assert wrong.status_code == 401


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": "1234567"}, "body.password"),
        ({"password": "п" * 129}, "body.password"),
        ({"password": None}, "body.password"),
        ({"email": "ann"}, "body.email"),
        ({"full_name": " "}, "body.full_name"),
        ({"full_name": "x" * 101}, "body.full_name"),
        ({"full_name": "a\0b"}, "body.full_name"),
        ({"role": "admin"}, "body.role"),
        ({"id": 1}, "body.id"),
        ({"is_verified": True}, "body.is_verified"),
    ],
)
async def test_wrong_registrations_are_refused(
    client: httpx.AsyncClient, changes: dict[str, object], field: str
) -> None:
    assert problem_fields(await register(client, **changes)) == [field]


async def test_logging_in_gives_two_tokens(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await sign_up(client, mailbox, ANN)
    tokens = await log_in(client, ANN)
    assert tokens.keys() == {"access_token", "refresh_token", "token_type"}
    assert tokens["token_type"] == "bearer"


async def test_the_address_may_be_written_in_any_case(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await sign_up(client, mailbox, ANN)
    assert (await client.post("/auth/login", data=login_form(username="ANN@example.COM"))).status_code == 200


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client: httpx.AsyncClient) -> None:
    await register(client)
    wrong = await client.post("/auth/login", data=login_form(password="not the password"))
    for username in ("eve@example.com", "no address", "a\0b"):
        unknown = await client.post("/auth/login", data=login_form(username=username))
        assert unknown.status_code == wrong.status_code == 401
        assert unknown.content == wrong.content
        assert unknown.headers["WWW-Authenticate"] == wrong.headers["WWW-Authenticate"] == "Bearer"
    assert wrong.json()["code"] == "bad_credentials"


async def test_a_login_form_without_a_password_is_refused(client: httpx.AsyncClient) -> None:
    assert problem_fields(await client.post("/auth/login", data={"username": "ann"})) == ["body.password"]


async def test_a_refresh_token_fetches_a_new_pair(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await sign_up(client, mailbox, ANN)
    old = await log_in(client, ANN)
    answer = await client.post("/auth/refresh", json={"refresh_token": old["refresh_token"]})
    assert answer.status_code == 200
    assert answer.json().keys() == old.keys()
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await client.get("/users/me", headers=headers)).json()["email"] == ANN["email"]


async def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(
    client: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    await sign_up(client, mailbox, ANN)
    tokens = await log_in(client, ANN)
    swapped = await client.post("/auth/refresh", json={"refresh_token": tokens["access_token"]})
    opened = await client.get("/users/me", headers={"Authorization": f"Bearer {tokens['refresh_token']}"})
    assert swapped.status_code == opened.status_code == 401
    assert swapped.json()["code"] == opened.json()["code"] == "invalid_token"
    assert swapped.headers["WWW-Authenticate"] == opened.headers["WWW-Authenticate"] == "Bearer"


async def test_an_access_token_ends_after_half_an_hour(clients: SignIn) -> None:
    began = datetime.now(UTC)
    ann = await clients.user(ANN)
    assert (await ann.get("/users/me")).json()["email"] == ANN["email"]
    with time_machine.travel(began + timedelta(minutes=31)):
        assert (await ann.get("/users/me")).status_code == 401


async def test_a_refresh_token_ends_after_a_week(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    began = datetime.now(UTC)
    await sign_up(client, mailbox, ANN)
    body = {"refresh_token": (await log_in(client, ANN))["refresh_token"]}
    with time_machine.travel(began + timedelta(days=6, hours=23)):
        assert (await client.post("/auth/refresh", json=body)).status_code == 200
    with time_machine.travel(began + timedelta(days=7, hours=1)):
        assert (await client.post("/auth/refresh", json=body)).status_code == 401


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer x", "Basic YW5uOng=", "Bearer \xff"])
async def test_without_a_good_token_nobody_is_logged_in(client: httpx.AsyncClient, header: str | None) -> None:
    headers = [] if header is None else [(b"Authorization", header.encode("latin-1"))]
    answer = await client.get("/users/me", headers=headers)
    assert answer.status_code == 401
    assert answer.json().keys() == {"detail", "code"}
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_the_token_of_a_user_who_is_gone_is_refused(ann: httpx.AsyncClient, application: FastAPI) -> None:
    async with application.state.sessions() as session:
        await session.execute(delete(User))
        await session.commit()
    assert (await ann.get("/users/me")).status_code == 401
