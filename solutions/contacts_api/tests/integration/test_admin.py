"""Admins see all users and deactivate them; nobody else does."""

import asyncio
import sys
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.make_admin import make_admin
from app.models import User
from app.services import admin as admin_service
from tests.examples import ANN, BOB, Account, log_in, problem_fields
from tests.mailbox import Mailbox, tokens

PROJECT = Path(__file__).parents[2]


@pytest.fixture
async def admin(ann: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client that Ann is logged in with, who has become an admin."""
    await make_admin(ANN["email"])
    return ann


async def set_bob_active(admin: httpx.AsyncClient, active: bool) -> httpx.Response:
    users = (await admin.get("/admin/users")).json()["items"]
    bob = next(each for each in users if each["email"] == BOB["email"])
    return await admin.patch(f"/admin/users/{bob['id']}", json={"is_active": active})


async def test_nobody_starts_as_an_admin(ann: httpx.AsyncClient) -> None:
    """Not even the first user of all: on a new server that may be anybody."""
    answers = [await ann.get("/admin/users"), await ann.patch("/admin/users/1", json={"is_active": False})]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "admins_only")}
    assert (await ann.get("/users/me")).status_code == 200


async def test_a_stranger_is_asked_to_log_in(client: httpx.AsyncClient) -> None:
    assert (await client.get("/admin/users")).status_code == 401


async def test_an_admin_sees_all_users_and_nothing_secret(admin: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    page = (await admin.get("/admin/users")).json()
    assert [(user["email"], user["role"], user["is_active"]) for user in page["items"]] == [
        (ANN["email"], "admin", True),
        (BOB["email"], "user", True),
    ]
    assert (page["total"], page["limit"], page["offset"]) == (2, 20, 0)
    assert not any("password" in field for field in page["items"][0])
    assert (await bob.get("/admin/users")).status_code == 403


async def test_users_come_in_pages(admin: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    assert (await bob.get("/users/me")).status_code == 200
    for offset, account in enumerate((ANN, BOB)):
        page = (await admin.get("/admin/users", params={"limit": 1, "offset": offset})).json()
        assert [user["email"] for user in page["items"]] == [account["email"]]
        assert page["total"] == 2


async def test_a_deactivated_user_is_logged_out_and_stays_out(
    admin: httpx.AsyncClient, bob: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    refresh_token = (await log_in(client, BOB))["refresh_token"]
    answer = await set_bob_active(admin, False)
    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    for path in ("/users/me", "/contacts"):
        refused = await bob.get(path)
        assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
    assert (await client.post("/auth/refresh", json={"refresh_token": refresh_token})).status_code == 401
    form = {"username": BOB["email"], "password": BOB["password"]}
    refused = await client.post("/auth/login", data=form)
    assert (refused.status_code, refused.json()["code"]) == (403, "account_deactivated")
    guessed = await client.post("/auth/login", data=form | {"password": "not the password"})
    assert (guessed.status_code, guessed.json()["code"]) == (401, "bad_credentials")


@pytest.mark.usefixtures("bob")
async def test_a_deactivated_user_gets_no_message_and_no_new_password(
    admin: httpx.AsyncClient, client: httpx.AsyncClient, application: FastAPI, mailbox: Mailbox
) -> None:
    await client.post("/auth/password-reset/request", json={"email": BOB["email"]})
    message = await mailbox.next_message(BOB["email"])
    await set_bob_active(admin, False)
    body = {"token": tokens(message, "plain")[0], "password": "another pass phrase of Bob"}
    refused = await client.post("/auth/password-reset/confirm", json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_token")
    received = len(mailbox.received)
    for path in ("/auth/password-reset/request", "/auth/resend-verification"):
        assert (await client.post(path, json={"email": BOB["email"]})).status_code == 202
    await application.state.mailer.close()
    assert len(mailbox.received) == received


async def test_a_user_who_is_let_in_again_has_to_log_in(
    admin: httpx.AsyncClient, bob: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    for _ in range(2):
        await set_bob_active(admin, False)
        assert (await set_bob_active(admin, True)).status_code == 200
        assert (await bob.get("/users/me")).status_code == 401
        bob.headers["Authorization"] = f"Bearer {(await log_in(client, BOB))['access_token']}"
        assert (await bob.get("/users/me")).status_code == 200


async def test_letting_in_somebody_who_is_in_changes_nothing(admin: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    assert (await set_bob_active(admin, True)).status_code == 200
    assert (await bob.get("/users/me")).status_code == 200


async def test_admins_do_not_lock_themselves_out(admin: httpx.AsyncClient) -> None:
    me = (await admin.get("/users/me")).json()["id"]
    answer = await admin.patch(f"/admin/users/{me}", json={"is_active": False})
    assert (answer.status_code, answer.json()["code"]) == (409, "own_account")
    assert (await admin.get("/users/me")).status_code == 200


async def test_two_admins_do_not_deactivate_each_other_at_once(
    admin: httpx.AsyncClient, bob: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_admin(BOB["email"])
    ids = [(await client.get("/users/me")).json()["id"] for client in (admin, bob)]
    both_asked = asyncio.Barrier(2)
    lock_admins = admin_service._lock_admins

    async def lock_when_both_asked(session: AsyncSession) -> None:
        await both_asked.wait()
        await lock_admins(session)

    monkeypatch.setattr(admin_service, "_lock_admins", lock_when_both_asked)
    answers = await asyncio.gather(
        admin.patch(f"/admin/users/{ids[1]}", json={"is_active": False}),
        bob.patch(f"/admin/users/{ids[0]}", json={"is_active": False}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    still_in = [(await client.get("/users/me")).status_code for client in (admin, bob)]
    assert sorted(still_in) == [200, 401]


@pytest.mark.parametrize(("deleted", "status", "code"), [(BOB, 404, "user_not_found"), (ANN, 401, "invalid_token")])
@pytest.mark.usefixtures("bob")
async def test_an_account_that_is_deleted_in_the_meantime_is_no_error_of_ours(
    admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, deleted: Account, status: int, code: str
) -> None:
    lock_admins = admin_service._lock_admins

    async def delete_and_lock(session: AsyncSession) -> None:
        await session.execute(delete(User).where(User.email == deleted["email"]))
        await lock_admins(session)

    monkeypatch.setattr(admin_service, "_lock_admins", delete_and_lock)
    answer = await set_bob_active(admin, False)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_user_who_does_not_exist_is_not_found(admin: httpx.AsyncClient) -> None:
    answer = await admin.patch("/admin/users/4711", json={"is_active": False})
    assert (answer.status_code, answer.json()["code"]) == (404, "user_not_found")


@pytest.mark.parametrize("field", ["role", "is_verified", "email", "password_hash"])
async def test_an_admin_changes_nothing_else(admin: httpx.AsyncClient, field: str) -> None:
    answer = await admin.patch("/admin/users/4711", json={"is_active": False, field: "x"})
    assert problem_fields(answer) == [f"body.{field}"]


@pytest.mark.usefixtures("application")
async def test_only_a_user_can_become_an_admin() -> None:
    with pytest.raises(SystemExit, match="No account has the address"):
        await make_admin("nobody@example.com")


async def test_an_admin_is_made_on_the_command_line(ann: httpx.AsyncClient) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "app.make_admin", ANN["email"], cwd=PROJECT)
    assert await process.wait() == 0
    assert (await ann.get("/admin/users")).status_code == 200
