"""Messages, with a mock in the place of the whole mailer."""

from unittest.mock import Mock

import httpx
import pytest
from fastapi import FastAPI

from app.api.deps import get_mailer
from app.core.security import Purpose, create_token
from app.models import User
from app.services.email import Mailer

ACCOUNT = {"email": "dora@example.com", "password": "long enough"}
LOGIN = {"username": "dora@example.com", "password": "long enough"}


@pytest.fixture
def mail(application: FastAPI) -> Mock:
    mail = Mock(spec=Mailer)
    application.dependency_overrides[get_mailer] = lambda: mail
    return mail


async def test_register(client: httpx.AsyncClient, mail: Mock) -> None:
    response = await client.post("/auth/register", json=ACCOUNT)
    assert response.status_code == 201
    mail.send_verification.assert_called_once()
    assert mail.send_verification.call_args.args[0].email == "dora@example.com"


async def test_register_twice(client: httpx.AsyncClient, mail: Mock) -> None:
    for status in (201, 409):
        assert (await client.post("/auth/register", json=ACCOUNT)).status_code == status
    mail.send_verification.assert_called_once()


async def test_login_waits_for_the_link(client: httpx.AsyncClient, mail: Mock) -> None:
    user_id = (await client.post("/auth/register", json=ACCOUNT)).json()["id"]
    assert (await client.post("/auth/login", data=LOGIN)).status_code == 403
    token = create_token(user_id, Purpose.EMAIL_VERIFY, email="dora@example.com")
    assert (await client.get(f"/auth/verify/{token}")).status_code == 200
    assert (await client.post("/auth/login", data=LOGIN)).status_code == 200


async def test_resend(client: httpx.AsyncClient, mail: Mock) -> None:
    await client.post("/auth/register", json=ACCOUNT)
    mail.reset_mock()
    await client.post("/auth/resend-verification", json={"email": "dora@example.com"})
    mail.send_verification.assert_called_once()


async def test_no_resend(client: httpx.AsyncClient, mail: Mock, user: User) -> None:
    for email in (user.email, "nobody@example.com"):
        assert (await client.post("/auth/resend-verification", json={"email": email})).status_code == 202
    mail.send_verification.assert_not_called()
