"""A user's e-mail address counts as theirs once they have followed the link in a message to it."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import delete, update

from app.core.config import get_settings
from app.core.security import Purpose, create_token
from app.models import User
from tests.examples import ANN, BOB, contact, log_in, problem_fields, sign_up
from tests.mailbox import Mailbox, links

FORM = {"username": ANN["email"], "password": ANN["password"]}


async def resend(client: httpx.AsyncClient, email: str = ANN["email"]) -> httpx.Response:
    return await client.post("/auth/resend-verification", json={"email": email})


async def verify(client: httpx.AsyncClient, token: str) -> tuple[int, str]:
    answer = await client.get(f"/auth/verify/{token}")
    return answer.status_code, answer.json()["code"]


async def test_registering_sends_one_message_with_a_link(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    user = (await client.post("/auth/register", json=ANN)).json()
    assert user["is_verified"] is False
    message = await mailbox.next_message(ANN["email"])
    assert message["To"] == ANN["email"]
    assert message["From"] == "Contacts <contacts@example.com>"
    assert message["Subject"] == "Verify your e-mail address"
    assert links(message, "plain") == links(message, "html")
    (link,) = links(message, "plain")
    assert link.startswith(f"{get_settings().public_url}/api/v1/auth/verify/")


async def test_following_the_link_verifies_the_address(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await client.post("/auth/register", json=ANN)
    link = await mailbox.next_link(ANN["email"])
    for _ in range(2):  # mail programs open links too, to look for something evil
        answer = await client.get(link)
        assert answer.status_code == 200
        assert answer.json()["message"]
    client.headers["Authorization"] = f"Bearer {(await log_in(client, ANN))['access_token']}"
    assert (await client.get("/users/me")).json()["is_verified"] is True
    assert (await client.post("/contacts", json=contact())).status_code == 201


async def test_a_message_holds_nothing_that_the_one_who_registers_has_written(
    client: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    """Anybody can register anybody's address. Our message must not carry their words to a stranger."""
    await client.post("/auth/register", json=ANN | {"full_name": "Visit evil.example"})
    assert "evil" not in (await mailbox.next_message(ANN["email"])).as_string()


async def test_an_address_in_any_alphabet_gets_its_message(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    olena = ANN | {"email": "олена@приклад.укр"}
    await client.post("/auth/register", json=olena)
    link = await mailbox.next_link(olena["email"])
    assert (await client.get(link)).status_code == 200


async def test_without_the_link_a_right_password_is_not_enough(client: httpx.AsyncClient) -> None:
    await client.post("/auth/register", json=ANN)
    answer = await client.post("/auth/login", data=FORM)
    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")


async def test_a_wrong_password_learns_nothing_about_the_address(client: httpx.AsyncClient) -> None:
    await client.post("/auth/register", json=ANN)
    wrong = await client.post("/auth/login", data=FORM | {"password": "not the password"})
    unknown = await client.post("/auth/login", data=FORM | {"username": "eve@example.com"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.content == unknown.content


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/contacts"), ("POST", "/contacts"), ("GET", "/contacts/1"), ("DELETE", "/contacts/1")]
)
async def test_contacts_are_closed_to_a_user_who_is_not_verified(
    ann: httpx.AsyncClient, application: FastAPI, method: str, path: str
) -> None:
    async with application.state.sessions() as session:
        await session.execute(update(User).values(is_verified=False))
        await session.commit()
    answer = await ann.request(method, path, json=contact() if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")
    assert (await ann.get("/users/me")).status_code == 200


async def test_a_link_works_for_24_hours(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    began = datetime.now(UTC)
    await client.post("/auth/register", json=ANN)
    link = await mailbox.next_link(ANN["email"])
    with time_machine.travel(began + timedelta(hours=24, minutes=1)):
        answer = await client.get(link)
    assert (answer.status_code, answer.json()["code"]) == (400, "expired_token")
    with time_machine.travel(began + timedelta(hours=23, minutes=59)):
        assert (await client.get(link)).status_code == 200


@pytest.mark.parametrize("purpose", [Purpose.ACCESS, Purpose.REFRESH])
async def test_a_token_for_something_else_verifies_nothing(client: httpx.AsyncClient, purpose: Purpose) -> None:
    user = (await client.post("/auth/register", json=ANN)).json()
    token = create_token(user["id"], purpose, email=ANN["email"])
    assert await verify(client, token) == (400, "wrong_purpose")


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "%00", "%ff", jwt.encode({"sub": "1"}, "", "none")])
async def test_what_is_no_token_verifies_nothing(client: httpx.AsyncClient, token: str) -> None:
    assert await verify(client, token) == (400, "invalid_token")


async def test_a_link_is_no_way_in(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await client.post("/auth/register", json=ANN)
    token = (await mailbox.next_link(ANN["email"])).rsplit("/", 1)[-1]
    opened = await client.get("/users/me", headers={"Authorization": f"Bearer {token}"})
    refreshed = await client.post("/auth/refresh", json={"refresh_token": token})
    assert opened.status_code == refreshed.status_code == 401


async def test_a_link_verifies_the_address_that_it_was_sent_to_and_no_other(
    client: httpx.AsyncClient, mailbox: Mailbox, application: FastAPI
) -> None:
    await client.post("/auth/register", json=ANN)
    token = (await mailbox.next_link(ANN["email"])).rsplit("/", 1)[-1]
    async with application.state.sessions() as session:
        await session.execute(update(User).values(email=BOB["email"]))
        await session.commit()
    assert await verify(client, token) == (400, "invalid_token")
    answer = await client.post("/auth/login", data=FORM | {"username": BOB["email"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")


async def test_the_link_of_an_account_that_is_gone_is_refused(
    client: httpx.AsyncClient, mailbox: Mailbox, application: FastAPI
) -> None:
    await client.post("/auth/register", json=ANN)
    token = (await mailbox.next_link(ANN["email"])).rsplit("/", 1)[-1]
    async with application.state.sessions() as session:
        await session.execute(delete(User))
        await session.commit()
    assert await verify(client, token) == (400, "invalid_token")


async def test_another_message_is_sent_on_request(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await client.post("/auth/register", json=ANN)
    first = await mailbox.next_link(ANN["email"])
    assert (await resend(client, "ANN@example.com")).status_code == 202
    second = await mailbox.next_link(ANN["email"])
    assert second != first
    assert (await client.get(second)).status_code == 200


async def test_asking_for_a_message_gets_one_answer_whoever_has_an_account(
    client: httpx.AsyncClient, mailbox: Mailbox, application: FastAPI
) -> None:
    await client.post("/auth/register", json=ANN)
    await mailbox.next_message(ANN["email"])
    await sign_up(client, mailbox, BOB)
    waiting, verified, unknown = [await resend(client, name) for name in (ANN["email"], BOB["email"], "eve@e.com")]
    assert waiting.status_code == verified.status_code == unknown.status_code == 202
    assert waiting.content == verified.content == unknown.content
    await application.state.mailer.close()
    assert [message["To"] for message in mailbox.received[2:]] == [ANN["email"]]


@pytest.mark.parametrize("body", [{}, {"email": "ann"}, {"email": None}, {"email": "a\0@example.com"}])
async def test_a_message_goes_to_an_address_only(client: httpx.AsyncClient, body: dict[str, object]) -> None:
    assert problem_fields(await client.post("/auth/resend-verification", json=body)) == ["body.email"]


async def test_an_address_is_verified_by_many_clicks_at_once(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await client.post("/auth/register", json=ANN)
    link = await mailbox.next_link(ANN["email"])
    answers = await asyncio.gather(*[client.get(link) for _ in range(6)])
    assert [answer.status_code for answer in answers] == [200] * 6


async def test_a_registration_that_fails_sends_no_message(
    client: httpx.AsyncClient, mailbox: Mailbox, application: FastAPI
) -> None:
    await sign_up(client, mailbox, ANN)
    assert (await client.post("/auth/register", json=ANN)).status_code == 409
    await application.state.mailer.close()
    assert len(mailbox.received) == 1
