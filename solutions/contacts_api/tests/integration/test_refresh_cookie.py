"""The refresh token in a cookie, for pages in a browser."""

from http.cookies import SimpleCookie

import httpx
import pytest

from app.core.config import get_settings
from tests.examples import ANN, log_in, problem_fields, sign_up
from tests.mailbox import Mailbox

FORM = {"username": ANN["email"], "password": ANN["password"]}
REAL_SECRETS = {
    "ENVIRONMENT": "production",
    "JWT_SECRET_KEY": "one-secret-that-is-long-enough-for-hs256",
    "JWT_REFRESH_SECRET": "another-secret-that-is-long-enough-too",
    "EMAIL_TOKEN_SECRET": "a-third-secret-that-is-long-enough-too",
}


@pytest.fixture
def redis_url(each_redis: str) -> str:
    """Redis knows which token was revoked, so the tests run on each kind."""
    return each_redis


def cookie_of(answer: httpx.Response) -> dict[str, str]:
    """The value and the attributes of the one cookie that an answer sets."""
    ((name, cookie),) = SimpleCookie(answer.headers["Set-Cookie"]).items()
    assert name == "refresh_token"
    return {"value": cookie.value} | {key: value for key, value in cookie.items() if value}


async def test_the_cookie_is_kept_from_scripts_and_from_other_sites(
    client: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    await sign_up(client, mailbox, ANN)
    answer = await client.post("/auth/login", data=FORM)
    cookie = cookie_of(answer)
    assert cookie.pop("value") == answer.json()["refresh_token"]
    assert cookie == {"path": "/api/v1/auth", "max-age": str(7 * 24 * 3600), "httponly": True, "samesite": "strict"}


async def test_logging_out_takes_the_cookie_away(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await sign_up(client, mailbox, ANN)
    given = cookie_of(await client.post("/auth/login", data=FORM))
    taken = cookie_of(await client.post("/auth/logout"))
    assert taken == given | {"value": "", "max-age": "0"}
    assert (await client.post("/auth/refresh")).status_code == 422


async def test_logging_out_with_the_cookie_revokes_the_token_in_it(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await sign_up(client, mailbox, ANN)
    cookie = {"Cookie": f"refresh_token={(await log_in(client, ANN))['refresh_token']}"}
    assert (await client.post("/auth/logout", headers=cookie)).status_code == 204
    client.cookies.clear()
    refused = await client.post("/auth/refresh", headers=cookie)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_revoked")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


async def test_outside_of_ones_own_machine_the_cookie_travels_encrypted_only(
    client: httpx.AsyncClient, mailbox: Mailbox, settings: pytest.MonkeyPatch
) -> None:
    for name, value in REAL_SECRETS.items():
        settings.setenv(name, value)
    get_settings.cache_clear()
    await sign_up(client, mailbox, ANN)
    assert cookie_of(await client.post("/auth/login", data=FORM))["secure"]


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": None}])
async def test_the_cookie_serves_when_the_body_has_no_token(
    client: httpx.AsyncClient, mailbox: Mailbox, body: dict[str, object] | None
) -> None:
    await sign_up(client, mailbox, ANN)
    old = await log_in(client, ANN)
    answer = await client.post("/auth/refresh", json=body)
    assert answer.status_code == 200
    assert cookie_of(answer)["value"] == answer.json()["refresh_token"] != old["refresh_token"]
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await client.get("/users/me", headers=headers)).status_code == 200


async def test_a_token_in_the_body_counts_before_the_cookie(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await sign_up(client, mailbox, ANN)
    await log_in(client, ANN)
    assert (await client.post("/auth/refresh", json={"refresh_token": ""})).status_code == 401


@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/logout"])
@pytest.mark.parametrize("body", [None, {}, {"refresh_token": None}])
async def test_without_both_the_token_is_missed(
    client: httpx.AsyncClient, path: str, body: dict[str, object] | None
) -> None:
    assert problem_fields(await client.post(path, json=body)) == ["body.refresh_token"]


@pytest.mark.parametrize("path", ["/users/me", "/contacts"])
async def test_the_cookie_opens_nothing_else(client: httpx.AsyncClient, mailbox: Mailbox, path: str) -> None:
    await sign_up(client, mailbox, ANN)
    token = (await log_in(client, ANN))["refresh_token"]
    answer = await client.get(path, headers={"Cookie": f"refresh_token={token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


async def test_a_cookie_of_nonsense_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/auth/refresh", headers={"Cookie": "refresh_token=nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_a_failed_login_sets_no_cookie(client: httpx.AsyncClient) -> None:
    answer = await client.post("/auth/login", data=FORM)
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
