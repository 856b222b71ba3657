"""Resetting a password: with a token from the mailbox, once, and all sessions end."""

import httpx

from app.core.security import Purpose, create_token
from tests.contract.conftest import PASSWORD, Mailed, People, Person

NEW = "another pass phrase"


async def ask(client: httpx.AsyncClient, email: str) -> httpx.Response:
    return await client.post("/auth/password-reset/request", json={"email": email})


async def confirm(client: httpx.AsyncClient, token: str, password: str = NEW) -> httpx.Response:
    return await client.post("/auth/password-reset/confirm", json={"token": token, "password": password})


async def token_for(person: Person, mailed_tokens: Mailed) -> str:
    assert (await ask(person.client, person.email)).status_code == 202
    return (await mailed_tokens())[-1]


async def test_a_token_sets_the_password(people: People, mailed_tokens: Mailed) -> None:
    ann = await people("ann@example.com")
    token = await token_for(ann, mailed_tokens)
    assert (await confirm(ann.client, token)).status_code == 200
    assert [(await ann.login(password)).status_code for password in (PASSWORD, NEW)] == [401, 200]


async def test_a_token_works_once(people: People, mailed_tokens: Mailed) -> None:
    ann = await people("ann@example.com")
    token = await token_for(ann, mailed_tokens)
    await confirm(ann.client, token)
    second = await confirm(ann.client, token, "a third pass phrase")
    assert (second.status_code, second.json()["code"]) == (400, "invalid_token")
    assert (await ann.login(NEW)).status_code == 200


async def test_the_answer_is_the_same_for_every_address(people: People, mailed_tokens: Mailed) -> None:
    ann = await people("ann@example.com")
    known, unknown = await ask(ann.client, ann.email), await ask(ann.client, "nobody@example.com")
    assert known.status_code == unknown.status_code == 202
    assert known.json() == unknown.json()
    assert len(await mailed_tokens()) == 1


async def test_a_new_password_ends_all_sessions(people: People, mailed_tokens: Mailed) -> None:
    ann = await people("ann@example.com")
    refresh_token = (await ann.login()).json()["refresh_token"]
    await confirm(ann.client, await token_for(ann, mailed_tokens))
    assert (await ann.request("GET", "/users/me")).status_code == 401
    answer = await ann.client.post("/auth/refresh", json={"refresh_token": refresh_token})
    assert answer.status_code == 401


async def test_a_token_for_a_verification_sets_no_password(people: People) -> None:
    ann = await people("ann@example.com")
    answer = await confirm(ann.client, create_token(ann.id, Purpose.EMAIL_VERIFY, email=ann.email))
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_purpose")
    assert (await ann.login()).status_code == 200
