"""Opening an account, verifying its address, logging in. An AsyncMock stands in for the mail server."""

from unittest.mock import AsyncMock

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.security import Purpose, create_token
from app.models import User
from app.services.email import Mailer
from tests.examples import PASSWORD, messages, token_in

ADDRESS = "carol@example.com"
ACCOUNT = {"email": ADDRESS, "password": PASSWORD}


@pytest.fixture
async def registered(client: httpx.AsyncClient) -> httpx.Response:
    """The response to Carol's registration."""
    return await client.post("/auth/register", json=ACCOUNT)


@pytest.fixture
async def carol(session: AsyncSession, registered: httpx.Response) -> User:
    """Carol, who has registered and not yet verified her address."""
    return (await session.scalars(select(User).where(User.id == registered.json()["id"]))).one()


@pytest.fixture
async def token(registered: httpx.Response, mailer: Mailer, outbox: AsyncMock) -> str:
    """The token in the message to Carol."""
    assert registered.status_code == 201
    (message,) = await messages(mailer, outbox)
    return token_in(message)


async def log_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/auth/login", data={"username": email, "password": password})


async def is_verified(session: AsyncSession, user: User) -> bool:
    await session.refresh(user)
    return user.is_verified


async def test_a_new_account_is_shown_without_secrets(registered: httpx.Response) -> None:
    assert registered.status_code == 201
    account = registered.json()
    assert (account["email"], account["is_verified"]) == (ADDRESS, False)
    assert not account.keys() & {"password", "password_hash", "access_token"}


@pytest.mark.parametrize("changes", [{"password": "short"}, {"is_verified": True}])
async def test_a_wrong_registration_is_refused(client: httpx.AsyncClient, changes: dict[str, object]) -> None:
    assert (await client.post("/auth/register", json=ACCOUNT | changes)).status_code == 422


@pytest.mark.usefixtures("registered")
async def test_registering_sends_one_message_to_the_new_address(mailer: Mailer, outbox: AsyncMock) -> None:
    (message,) = await messages(mailer, outbox)
    assert [recipient.email for recipient in message.recipients] == [ADDRESS]


async def test_an_address_has_one_account_and_a_second_one_sends_nothing(
    client: httpx.AsyncClient, user: User, mailer: Mailer, outbox: AsyncMock
) -> None:
    response = await client.post("/auth/register", json={"email": user.email.upper(), "password": PASSWORD})
    assert (response.status_code, response.json()["code"]) == (409, "email_taken")
    assert await messages(mailer, outbox) == []


async def test_a_mail_server_that_is_down_spoils_no_registration(
    client: httpx.AsyncClient, mailer: Mailer, outbox: AsyncMock
) -> None:
    outbox.side_effect = OSError("The mail server does not answer.")
    assert (await client.post("/auth/register", json=ACCOUNT)).status_code == 201
    await messages(mailer, outbox)
    assert (await log_in(client, ADDRESS)).status_code == 403  # the account exists


async def test_the_link_verifies_the_address_and_opens_the_login(
    client: httpx.AsyncClient, session: AsyncSession, carol: User, token: str
) -> None:
    assert not await is_verified(session, carol)
    for _ in range(2):  # a mail program may open the link before its reader does
        assert (await client.get(f"/auth/verify/{token}")).status_code == 200
    assert await is_verified(session, carol)
    assert (await log_in(client, ADDRESS)).status_code == 200


@pytest.mark.parametrize(
    ("purpose", "email", "code"),
    [
        (Purpose.ACCESS, ADDRESS, "wrong_purpose"),
        (Purpose.EMAIL_VERIFY, "an.older.address@example.com", "invalid_token"),
    ],
)
async def test_another_token_verifies_nothing(
    client: httpx.AsyncClient, session: AsyncSession, carol: User, purpose: Purpose, email: str, code: str
) -> None:
    response = await client.get(f"/auth/verify/{create_token(carol.id, purpose, email=email)}")
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not await is_verified(session, carol)


async def test_the_token_of_a_message_is_no_access_token(client: httpx.AsyncClient, token: str) -> None:
    response = await client.get("/users/me", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401


@pytest.mark.usefixtures("token")
async def test_a_message_is_sent_again_on_request(client: httpx.AsyncClient, mailer: Mailer, outbox: AsyncMock) -> None:
    response = await client.post("/auth/resend-verification", json={"email": ADDRESS})
    assert response.status_code == 202
    _, again = await messages(mailer, outbox)
    assert [recipient.email for recipient in again.recipients] == [ADDRESS]


async def test_no_message_goes_to_verified_or_unknown_addresses_and_the_response_does_not_tell(
    client: httpx.AsyncClient, user: User, mailer: Mailer, outbox: AsyncMock
) -> None:
    verified = await client.post("/auth/resend-verification", json={"email": user.email})
    unknown = await client.post("/auth/resend-verification", json={"email": "nobody@example.com"})
    assert verified.status_code == unknown.status_code == 202
    assert verified.json() == unknown.json()
    assert await messages(mailer, outbox) == []


@pytest.mark.usefixtures("registered")
async def test_only_the_right_password_tells_that_an_address_is_unverified(client: httpx.AsyncClient) -> None:
    assert (await log_in(client, ADDRESS, "wrong")).status_code == 401
    response = await log_in(client, ADDRESS)
    assert (response.status_code, response.json()["code"]) == (403, "email_not_verified")


async def test_an_unknown_address_and_a_wrong_password_look_the_same(client: httpx.AsyncClient, user: User) -> None:
    wrong, unknown = await log_in(client, user.email, "wrong"), await log_in(client, "nobody@example.com")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


async def test_the_tokens_of_a_login_open_the_account(client: httpx.AsyncClient, user: User) -> None:
    response = await log_in(client, user.email)
    assert response.status_code == 200
    me = await client.get("/users/me", headers={"Authorization": f"Bearer {response.json()['access_token']}"})
    assert (me.status_code, me.json()["email"]) == (200, user.email)


async def test_without_a_token_there_is_no_account(client: httpx.AsyncClient) -> None:
    response = await client.get("/users/me")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_an_unverified_user_reads_no_contacts(client: httpx.AsyncClient, carol: User) -> None:
    headers = {"Authorization": f"Bearer {create_token(carol.id, Purpose.ACCESS)}"}
    for path in ("/contacts", "/contacts/birthdays"):
        response = await client.get(path, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "email_not_verified")
