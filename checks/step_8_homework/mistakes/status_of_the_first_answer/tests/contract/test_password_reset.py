import httpx

from app.core.security import Purpose, create_token
from tests.contract.conftest import Mailed, People


async def ask(client: httpx.AsyncClient, email: str) -> httpx.Response:
    return await client.post("/auth/password-reset/request", json={"email": email})


async def confirm(client: httpx.AsyncClient, token: str) -> httpx.Response:
    body = {"token": token, "password": "another pass phrase"}
    return await client.post("/auth/password-reset/confirm", json=body)


async def test_request(people: People) -> None:
    ann = await people("ann@example.com")
    for email in (ann.email, "nobody@example.com"):
        assert (await ask(ann.client, email)).status_code == 202


async def test_confirm(people: People, mailed_tokens: Mailed) -> None:
    ann = await people("ann@example.com")
    await ask(ann.client, ann.email)
    [token] = await mailed_tokens()
    assert (await confirm(ann.client, token)).status_code == 200
    await confirm(ann.client, token)


async def test_other_token(people: People) -> None:
    ann = await people("ann@example.com")
    await confirm(ann.client, create_token(ann.id, Purpose.EMAIL_VERIFY, email=ann.email))
