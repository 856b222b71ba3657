"""The user's own account: another password, and the end of it."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from redis import Redis
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Contact, User
from app.schemas.contact import ContactCreate
from app.services import contacts
from tests.examples import ANN, BOB, Account, SignIn, contact, create, log_in, sign_up
from tests.mailbox import Mailbox
from tests.picture_store import PictureStore
from tests.pictures import picture

NEW = Account(email=ANN["email"], password="another pass phrase of Ann")


async def change_password(client: httpx.AsyncClient, current: str, password: str = NEW["password"]) -> httpx.Response:
    return await client.post("/users/me/password", json={"current_password": current, "password": password})


async def delete_account(client: httpx.AsyncClient, password: str = ANN["password"]) -> httpx.Response:
    return await client.request("DELETE", "/users/me", json={"password": password})


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/auth/refresh", json={"refresh_token": token})


async def test_a_new_password_takes_the_place_of_the_old_one(ann: httpx.AsyncClient, clients: SignIn) -> None:
    answer = await change_password(ann, ANN["password"])
    assert (answer.status_code, answer.content) == (204, b"")
    stranger = await clients.stranger()
    assert await log_in(stranger, NEW)
    old = await stranger.post("/auth/login", data={"username": ANN["email"], "password": ANN["password"]})
    assert old.status_code == 401


async def test_a_new_password_ends_every_session_of_the_user_and_of_no_other(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, clients: SignIn
) -> None:
    stranger = await clients.stranger()
    other_session = (await log_in(stranger, ANN))["refresh_token"]
    stranger.cookies.clear()
    await change_password(ann, ANN["password"])
    assert (await ann.get("/users/me")).status_code == 401
    assert (await refresh(stranger, other_session)).status_code == 401
    assert (await bob.get("/users/me")).status_code == 200


async def test_of_two_changes_at_once_the_one_that_is_answered_204_counts(
    ann: httpx.AsyncClient, clients: SignIn
) -> None:
    passwords = ["first new pass phrase", "second new pass phrase"]
    answers = await asyncio.gather(*(change_password(ann, ANN["password"], password) for password in passwords))
    assert sorted(answer.status_code for answer in answers) == [204, 403]
    chosen = passwords[[answer.status_code for answer in answers].index(204)]
    assert await log_in(await clients.stranger(), Account(email=ANN["email"], password=chosen))


@pytest.mark.parametrize("wrong", [BOB["password"], "", ANN["password"] + " "])
async def test_without_the_current_password_nothing_changes(ann: httpx.AsyncClient, wrong: str) -> None:
    for answer in (await change_password(ann, wrong), await delete_account(ann, wrong)):
        assert (answer.status_code, answer.json()["code"]) == (403, "bad_password")
    assert (await ann.get("/users/me")).status_code == 200


async def test_a_new_password_is_as_long_as_that_of_a_new_account(ann: httpx.AsyncClient) -> None:
    assert (await change_password(ann, ANN["password"], "short")).status_code == 422
    assert (await ann.get("/users/me")).status_code == 200


@pytest.mark.parametrize("path", ["/users/me/password", "/users/me"])
async def test_only_who_is_logged_in_has_an_account(client: httpx.AsyncClient, path: str) -> None:
    method = "POST" if path.endswith("password") else "DELETE"
    assert (await client.request(method, path, json={})).status_code == 401


async def test_with_the_account_go_contacts_avatar_sessions_and_cache(
    ann: httpx.AsyncClient,
    bob: httpx.AsyncClient,
    clients: SignIn,
    application: FastAPI,
    store: PictureStore,
    redis: Redis,
) -> None:
    await create(ann)
    kept = await create(bob)
    user_id = (await ann.get("/users/me")).json()["id"]
    await ann.post("/users/me/avatar", files={"file": ("me.png", picture(), "image/png")})
    await ann.get("/contacts/birthdays")
    stranger = await clients.stranger()
    tokens = await log_in(stranger, ANN)
    stranger.cookies.clear()

    answer = await delete_account(ann)
    assert (answer.status_code, answer.content) == (204, b"")
    assert store.deleted == [f"avatars/{user_id}"]
    assert not redis.keys(f"birthdays:{user_id}:*")
    async with application.state.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(User).where(User.id == user_id)) == 0
        assert list(await session.scalars(select(Contact.id))) == [kept["id"]]
    assert (await ann.get("/users/me")).status_code == 401
    assert (await refresh(stranger, tokens["refresh_token"])).status_code == 401
    assert (await bob.get(f"/contacts/{kept['id']}")).status_code == 200


async def test_a_contact_of_an_account_that_is_deleted_in_the_meantime_is_refused(
    ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_contact = contacts.create

    async def create_after_deletion(session: AsyncSession, owner: User, data: ContactCreate) -> Contact:
        await session.execute(delete(User))
        return await create_contact(session, owner, data)

    monkeypatch.setattr(contacts, "create", create_after_deletion)
    answer = await ann.post("/contacts", json=contact())
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_the_address_of_a_deleted_account_can_be_used_again(
    ann: httpx.AsyncClient, clients: SignIn, mailbox: Mailbox
) -> None:
    await delete_account(ann)
    await sign_up(await clients.stranger(), mailbox, ANN)


async def test_while_the_avatar_cannot_be_deleted_the_account_stays(
    ann: httpx.AsyncClient, store: PictureStore
) -> None:
    await ann.post("/users/me/avatar", files={"file": ("me.png", picture(), "image/png")})
    store.answer = 500, {"error": {"message": "down"}}
    answer = await delete_account(ann)
    assert (answer.status_code, answer.json()["code"]) == (502, "delete_failed")
    assert (await ann.get("/users/me")).status_code == 200
    store.answer = None
    assert (await delete_account(ann)).status_code == 204
