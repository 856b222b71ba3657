"""Headers of all answers, and which pages of other websites a browser lets read them."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import ValidationError

from app.core.config import get_settings
from app.main import create_app
from tests.examples import ANN
from tests.pictures import picture

SITE = "https://contacts.example.com"
FROM_SITE = {"Origin": SITE}
PREFLIGHT = FROM_SITE | {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "Authorization"}


@pytest.mark.parametrize("path", ["/users/me", "/contacts", "/contacts/1", "/health", "/nowhere"])
async def test_no_cache_keeps_an_answer_and_no_browser_guesses_its_type(ann: httpx.AsyncClient, path: str) -> None:
    answer = await ann.get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_no_cache_keeps_tokens(client: httpx.AsyncClient) -> None:
    for path, body in (("/auth/login", {}), ("/auth/refresh", {"refresh_token": "x"}), ("/auth/register", {})):
        assert (await client.post(path, json=body)).headers["Cache-Control"] == "no-store"


async def test_by_default_no_other_website_may_read_an_answer(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health", headers=FROM_SITE)
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert (await client.options("/contacts/1", headers=PREFLIGHT)).status_code == 405


@pytest.fixture
async def opened(settings: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application whose answers two websites may read."""
    settings.setenv("CORS_ORIGINS", f"{SITE}, http://localhost:3000")
    get_settings.cache_clear()
    transport = httpx.ASGITransport(create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://contacts.example/api/v1") as client:
        yield client


async def test_the_websites_of_the_setting_may_read_answers(opened: httpx.AsyncClient) -> None:
    answer = await opened.get("/health", headers=FROM_SITE)
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    asked = await opened.options("/contacts/1", headers=PREFLIGHT)
    assert asked.status_code == 200
    assert "PATCH" in asked.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert asked.headers["X-Content-Type-Options"] == "nosniff"


async def test_other_websites_may_not(opened: httpx.AsyncClient) -> None:
    for origin in ("https://evil.example", "https://contacts.example.com.evil.example", "null"):
        answer = await opened.get("/health", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("origins", ["*", "https://*.example.com", "contacts.example.com", f"{SITE}/", f"{SITE},"])
def test_what_is_no_origin_is_refused(settings: pytest.MonkeyPatch, origins: str) -> None:
    settings.setenv("CORS_ORIGINS", origins)
    get_settings.cache_clear()
    with pytest.raises(ValidationError, match="cors_origins"):
        create_app()


@pytest.mark.usefixtures("store")
async def test_a_form_is_read_as_utf_8_whatever_charset_it_names(
    ann: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    """The framework takes any decoder of Python's that the client names. Some take a minute for a megabyte."""
    form = httpx.Request("POST", "http://x", files={"file": ("me.png", picture(), "image/png")})
    headers = {"Content-Type": form.headers["Content-Type"] + "; charset=utf-16"}
    assert (await ann.post("/users/me/avatar", content=form.read(), headers=headers)).status_code == 200
    fields = {"username": (None, ANN["email"]), "password": (None, ANN["password"])}
    form = httpx.Request("POST", "http://x", files=fields)
    headers = {"Content-Type": form.headers["Content-Type"] + "; charset=utf-16"}
    assert (await client.post("/auth/login", content=form.read(), headers=headers)).status_code == 200
