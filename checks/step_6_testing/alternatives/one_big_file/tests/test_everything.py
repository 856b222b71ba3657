"""All tests in one file, with their fixtures and helpers."""

import asyncio
import io
import os
import re
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import httpx
import jwt
import pytest
import time_machine
from fakeredis import FakeAsyncRedis
from fastapi import FastAPI
from fastapi_mail import MessageSchema
from PIL import Image
from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.api.deps import get_cache, get_login_sessions, get_mailer
from app.api.limits import get_rate_limits
from app.core import clock
from app.core.cache import Cache
from app.core.config import Settings, get_settings
from app.core.database import Base, create_engine, create_sessions, get_sessions
from app.core.errors import BadGateway, BadRequest, Unauthorized
from app.core.rate_limit import RateLimits
from app.core.redis import Command, RedisClient, RedisUnavailable
from app.core.security import Purpose, create_token, hash_password, password_matches, read_mailed_token, read_token
from app.main import create_app
from app.models import User
from app.services.birthdays import next_birthdays
from app.services.email import Mailer
from app.services.sessions import LoginSessions

PASSWORD = "a pass phrase"


def contact(**changes: Any) -> dict[str, Any]:
    """A contact as a client sends it, with every field."""
    return {
        "first_name": "Olena",
        "last_name": "Kovalenko",
        "email": "olena@example.com",
        "phone": "+380501234567",
        "birthday": "1991-08-24",
        "notes": "Met in Lviv.",
    } | changes


async def create(client: httpx.AsyncClient, headers: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A contact that the user of `headers` has stored, as the API shows it."""
    response = await client.post("/contacts", json=contact(**changes), headers=headers)
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.json()
    return created


async def born(client: httpx.AsyncClient, headers: dict[str, str], *birthdays: str) -> None:
    """One contact for each birthday."""
    for birthday in birthdays:
        await create(client, headers, birthday=birthday, email=f"{birthday}@example.com")


async def upcoming(client: httpx.AsyncClient, headers: dict[str, str], **query: int) -> list[dict[str, Any]]:
    """The birthdays that the user of `headers` is told."""
    response = await client.get("/contacts/birthdays", params=query, headers=headers)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()
    return found


async def messages(mailer: Mailer, outbox: AsyncMock) -> list[MessageSchema]:
    """The messages sent so far. They are sent in the background, so wait for those on their way."""
    await asyncio.gather(*mailer.on_their_way)
    return [call.args[0] for call in outbox.await_args_list]


def token_in(message: MessageSchema) -> str:
    """The token in the link of a message."""
    link = re.search(r"/auth/verify/(\S+)", str(message.body))
    assert link is not None, message.body
    return link[1]


def image(kind: str = "PNG") -> bytes:
    """A small image file of this kind."""
    file = io.BytesIO()
    Image.new("RGB", (32, 24), "green").save(file, kind)
    return file.getvalue()


def client_of(redis: Redis) -> RedisClient:
    """A client that runs each command in the Redis of the test."""

    async def run(command: Command[Any], _seconds: float = 0) -> Any:
        return await command(redis)

    return AsyncMock(spec=RedisClient, run=run)


def client_without_redis() -> RedisClient:
    """A client that fails as if Redis did not answer."""
    return AsyncMock(spec=RedisClient, run=AsyncMock(side_effect=RedisUnavailable))


URL = os.environ.get("TEST_DATABASE_URL")


"""An empty database for the tests. Without it each test has an SQLite file of its own."""


REDIS_URL = os.environ.get("TEST_REDIS_URL")


"""A Redis that the tests may empty. Without it fakeredis stands in."""


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Settings]:
    """Settings that do not depend on the machine: no `.env`, cheap password hashes, no rate limits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", URL or f"sqlite:///{tmp_path}/contacts.sqlite3")
    monkeypatch.setenv("BCRYPT_ROUNDS", "4")
    monkeypatch.setenv("RATE_LIMIT_ENABLED", "false")
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """A database with new, empty tables: no test sees the rows of another one."""
    engine = create_engine(settings.database_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session of the test's own, to look into the database behind the application's back."""
    async with create_sessions(engine)() as session:
        yield session


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    """An empty Redis."""
    redis = Redis.from_url(REDIS_URL) if REDIS_URL else FakeAsyncRedis()
    await redis.flushdb()
    yield redis
    await redis.aclose()


@pytest.fixture(autouse=True)
def outbox(monkeypatch: pytest.MonkeyPatch) -> AsyncMock:
    """Stands in for the mail server, in every test. `messages` in tests/examples.py reads what was sent."""
    outbox = AsyncMock()
    monkeypatch.setattr(Mailer, "send", outbox)
    return outbox


@pytest.fixture
def mailer(settings: Settings) -> Mailer:
    """The application's mailer. Its messages end in the outbox."""
    return Mailer(settings)


@pytest.fixture
def application(settings: Settings, engine: AsyncEngine, redis: Redis, mailer: Mailer) -> FastAPI:
    """A new application on the test's database and Redis. Limits count in memory, so each test begins with none."""
    application = create_app()
    sessions = create_sessions(engine)
    cache, login_sessions = Cache(client_of(redis)), LoginSessions(client_of(redis))
    rate_limits = RateLimits(settings, client_without_redis())
    application.dependency_overrides |= {
        get_sessions: lambda: sessions,
        get_mailer: lambda: mailer,
        get_cache: lambda: cache,
        get_login_sessions: lambda: login_sessions,
        get_rate_limits: lambda: rate_limits,
    }
    return application


@pytest.fixture
async def client(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Sends requests straight to the application, without a server."""
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        yield client


@pytest.fixture
async def user(session: AsyncSession) -> User:
    """Ann, who has verified her address."""
    return await new_user(session, "ann@example.com")


@pytest.fixture
async def other_user(session: AsyncSession) -> User:
    """Bob, whose data Ann must never see."""
    return await new_user(session, "bob@example.com")


@pytest.fixture
def headers(user: User) -> dict[str, str]:
    """What Ann's requests carry."""
    return bearer(user)


@pytest.fixture
def other_headers(other_user: User) -> dict[str, str]:
    """What Bob's requests carry."""
    return bearer(other_user)


async def new_user(session: AsyncSession, email: str) -> User:
    """A verified user, straight into the database: registering is slower, and has tests of its own."""
    user = User(email=email, password_hash=await hash_password(PASSWORD), is_verified=True)
    session.add(user)
    await session.commit()
    return user


def bearer(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_token(user.id, Purpose.ACCESS)}"}


@pytest.mark.parametrize(
    ("today", "days", "birthday", "celebrated_on"),
    [
        ("2027-06-10", 7, "1990-06-10", "2027-06-10"),  # today is included
        ("2027-06-10", 7, "1990-06-17", "2027-06-17"),  # the last day is included
        ("2027-06-10", 7, "1990-06-18", None),  # one day too late
        ("2027-06-10", 7, "1990-06-09", None),  # yesterday
        ("2027-01-29", 7, "1990-02-03", "2027-02-03"),  # over the end of a month
        ("2027-12-28", 7, "1990-01-03", "2028-01-03"),  # over New Year
        ("2028-02-26", 7, "2000-02-29", "2028-02-29"),  # 29 February in a leap year
        ("2027-02-26", 7, "2000-02-29", "2027-02-28"),  # and in a common year
        ("2028-02-26", 2, "2000-02-29", None),  # in a leap year not on the 28th
        ("2027-03-01", 7, "2000-02-29", None),  # in a common year not on 1 March
    ],
)
def test_a_birthday_is_celebrated_on(today: str, days: int, birthday: str, celebrated_on: str | None) -> None:
    born = date.fromisoformat(birthday)
    found = next_birthdays(date.fromisoformat(today), days).get(100 * born.month + born.day)
    assert found == (celebrated_on and date.fromisoformat(celebrated_on))


pytestmark = pytest.mark.usefixtures("settings")


LIFETIMES = [
    (Purpose.ACCESS, timedelta(minutes=30)),
    (Purpose.REFRESH, timedelta(days=7)),
    (Purpose.EMAIL_VERIFY, timedelta(hours=24)),
]


SECOND = timedelta(seconds=1)


def forge(token: str, key: str, **changes: str) -> str:
    """The claims of a token, changed and signed with another key."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims | changes, key, "HS256")


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_serves_its_own_purpose_and_no_other(purpose: Purpose) -> None:
    token = create_token(7, purpose)
    assert read_token(token, purpose).sub == 7
    for other in set(Purpose) - {purpose}:
        with pytest.raises(Unauthorized):
            read_token(token, other)


def test_the_purpose_is_read_even_if_the_key_is_right(settings: Settings) -> None:
    """Each purpose has a separate key. If two settings hold the same key, only the claim tells the tokens apart."""
    key = settings.jwt_secret_key.get_secret_value()
    with pytest.raises(Unauthorized):
        read_token(forge(create_token(7, Purpose.ACCESS), key, purpose="refresh"), Purpose.ACCESS)


def test_a_token_signed_with_another_key_is_refused() -> None:
    with pytest.raises(Unauthorized):
        read_token(forge(create_token(7, Purpose.ACCESS), "a key that the application does not use"), Purpose.ACCESS)


@pytest.mark.parametrize(("purpose", "lifetime"), LIFETIMES)
def test_a_token_expires(purpose: Purpose, lifetime: timedelta) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        token = create_token(7, purpose)
        moment.shift(lifetime - SECOND)
        assert read_token(token, purpose).sub == 7
        moment.shift(2 * SECOND)
        with pytest.raises(Unauthorized):
            read_token(token, purpose)


def test_an_expired_link_says_so() -> None:
    token = create_token(7, Purpose.EMAIL_VERIFY)
    tomorrow = clock.now() + timedelta(hours=24) + SECOND
    with time_machine.travel(tomorrow), pytest.raises(BadRequest) as refused:
        read_mailed_token(token, Purpose.EMAIL_VERIFY)
    assert refused.value.code == "expired_token"


async def test_only_the_right_password_matches_its_hash() -> None:
    """bcrypt alone reads 72 bytes and ignores the rest, so these passwords are longer."""
    stored = await hash_password("a" * 100 + "b")
    assert await password_matches("a" * 100 + "b", stored)
    assert not await password_matches("a" * 100 + "c", stored)


async def items(client: httpx.AsyncClient, headers: dict[str, str], **query: Any) -> list[dict[str, Any]]:
    """The contacts on a page."""
    response = await client.get("/contacts", params=query, headers=headers)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


async def test_a_new_contact_can_be_read_at_its_location(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    created = await client.post("/contacts", json=contact(), headers=headers)
    assert created.status_code == 201
    read = await client.get(f"http://test{created.headers['Location']}", headers=headers)
    assert read.status_code == 200
    assert read.json() == created.json()
    assert read.json().items() >= contact().items()


@pytest.mark.parametrize(
    "changes",
    [{"first_name": "  "}, {"email": "no address"}, {"birthday": "2999-01-01"}],
)
async def test_a_wrong_contact_is_refused(
    client: httpx.AsyncClient, headers: dict[str, str], changes: dict[str, Any]
) -> None:
    response = await client.post("/contacts", json=contact(**changes), headers=headers)
    assert response.status_code == 422
    (name,) = changes
    assert [error["field"] for error in response.json()["errors"]] == [f"body.{name}"]


async def test_a_user_stores_an_address_once(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    await create(client, headers)
    response = await client.post("/contacts", json=contact(email="Olena@Example.com"), headers=headers)
    assert (response.status_code, response.json()["code"]) == (409, "contact_exists")
    assert len(await items(client, headers)) == 1


async def test_a_change_cannot_take_the_address_of_another_contact(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await create(client, headers)
    other = await create(client, headers, email="other@example.com")
    response = await client.patch(f"/contacts/{other['id']}", json={"email": "olena@example.com"}, headers=headers)
    assert response.status_code == 409


async def test_pages_are_ordered_by_name_then_id_and_do_not_overlap(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    people = [("Shevchenko", "Taras"), ("Franko", "Zoya"), ("Franko", "Ivan"), ("Franko", "Ivan"), ("Andrukh", "Vira")]
    taras, zoya, ivan, other_ivan, vira = [
        (await create(client, headers, last_name=last, first_name=first, email=f"{number}@example.com"))["id"]
        for number, (last, first) in enumerate(people)
    ]
    # A database without an order may move a changed row to the end.
    await client.patch(f"/contacts/{ivan}", json={"phone": "12345"}, headers=headers)
    ids = [[item["id"] for item in await items(client, headers, limit=2, offset=offset)] for offset in (0, 2, 4)]
    assert ids == [[vira, ivan], [other_ivan, zoya], [taras]]


async def test_total_counts_all_matches(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for name in ("Olena", "Olha", "Ivan"):
        await create(client, headers, first_name=name, email=f"{name.lower()}@example.com")
    page = (await client.get("/contacts", params={"q": "ol", "limit": 1}, headers=headers)).json()
    assert (len(page["items"]), page["total"], page["limit"], page["offset"]) == (1, 2, 1, 0)


@pytest.mark.parametrize("query", [{"limit": 101}, {"offset": -1}])
async def test_a_page_has_bounds(client: httpx.AsyncClient, headers: dict[str, str], query: dict[str, int]) -> None:
    assert (await client.get("/contacts", params=query, headers=headers)).status_code == 422


@pytest.mark.parametrize(
    ("q", "found"),
    [("OLE", ["Olena"]), ("valenk", ["Olena"]), ("@work", ["100%"]), ("%", ["100%"]), ("_", [])],
)
async def test_search_finds_a_part_of_names_and_address_and_has_no_wildcards(
    client: httpx.AsyncClient, headers: dict[str, str], q: str, found: list[str]
) -> None:
    await create(client, headers)
    await create(client, headers, first_name="100%", last_name="Sure", email="sure@work.example.com")
    assert [item["first_name"] for item in await items(client, headers, q=q)] == found


async def test_a_change_leaves_the_other_fields_alone(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    before = await create(client, headers)
    response = await client.patch(f"/contacts/{before['id']}", json={"phone": "12345"}, headers=headers)
    assert response.status_code == 200
    after = response.json()
    assert after.pop("updated_at") > before.pop("updated_at")
    assert after == before | {"phone": "12345"}


async def test_no_change_changes_nothing(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    before = await create(client, headers)
    response = await client.patch(f"/contacts/{before['id']}", json={}, headers=headers)
    assert (response.status_code, response.json()) == (200, before)


async def test_null_clears_what_is_optional(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    path = f"/contacts/{(await create(client, headers))['id']}"
    response = await client.patch(path, json={"birthday": None, "notes": None}, headers=headers)
    assert response.status_code == 200
    read = (await client.get(path, headers=headers)).json()
    assert (read["birthday"], read["notes"]) == (None, None)


@pytest.mark.parametrize("field", ["first_name", "phone"])
async def test_null_is_refused_for_what_is_required(
    client: httpx.AsyncClient, headers: dict[str, str], field: str
) -> None:
    before = await create(client, headers)
    response = await client.patch(f"/contacts/{before['id']}", json={field: None}, headers=headers)
    assert response.status_code == 422
    assert (await client.get(f"/contacts/{before['id']}", headers=headers)).json() == before


async def test_a_deleted_contact_is_gone(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    path = f"/contacts/{(await create(client, headers))['id']}"
    assert (await client.delete(path, headers=headers)).status_code == 204
    for again in (await client.get(path, headers=headers), await client.delete(path, headers=headers)):
        assert (again.status_code, again.json()["code"]) == (404, "contact_not_found")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_another_user_s_contact_looks_like_a_missing_one(
    client: httpx.AsyncClient, headers: dict[str, str], other_headers: dict[str, str], method: str
) -> None:
    of_bob = await create(client, other_headers)
    deleted = await create(client, headers)
    await client.delete(f"/contacts/{deleted['id']}", headers=headers)
    body = {"phone": "12345"} if method == "PATCH" else None
    foreign, missing = [
        await client.request(method, f"/contacts/{each['id']}", json=body, headers=headers)
        for each in (of_bob, deleted)
    ]
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json() == missing.json()
    assert (await client.get(f"/contacts/{of_bob['id']}", headers=other_headers)).json() == of_bob


async def test_two_users_may_know_the_same_person(
    client: httpx.AsyncClient, headers: dict[str, str], other_headers: dict[str, str]
) -> None:
    await create(client, other_headers)
    assert (await client.post("/contacts", json=contact(), headers=headers)).status_code == 201


async def test_a_list_and_its_total_hold_the_user_s_own_contacts(
    client: httpx.AsyncClient, headers: dict[str, str], other_headers: dict[str, str]
) -> None:
    await create(client, other_headers)
    page = (await client.get("/contacts", params={"q": "olena"}, headers=headers)).json()
    assert (page["items"], page["total"]) == ([], 0)


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


async def test_everything_about_avatars(
    client: httpx.AsyncClient, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = AsyncMock(side_effect=["https://images.example.com/1", BadGateway("upload_failed", "down")])
    monkeypatch.setattr("app.services.avatars.upload_avatar", upload)
    answers = [await client.post("/users/me/avatar", files={"file": image()}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 502]
    me = await client.get("/users/me", headers=headers)
    assert me.json()["avatar_url"] == "https://images.example.com/1"


async def test_everything_about_cached_birthdays(
    client: httpx.AsyncClient, headers: dict[str, str], other_headers: dict[str, str]
) -> None:
    today = clock.today()
    assert await upcoming(client, headers) == []
    await create(client, headers, birthday=f"2000-{today:%m-%d}")
    assert [each["days_until"] for each in await upcoming(client, headers)] == [0]
    for days in (7, 9):
        assert await upcoming(client, other_headers, days=days) == []


async def test_everything_about_limits(application: FastAPI, client: httpx.AsyncClient, settings: Settings) -> None:
    limits = RateLimits(settings.model_copy(update={"rate_limit_enabled": True}), client_without_redis())
    application.dependency_overrides[get_rate_limits] = lambda: limits
    guess = {"username": "nobody@example.com", "password": "guess"}
    statuses = [(await client.post("/auth/login", data=guess)).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


async def test_everything_about_sessions(client: httpx.AsyncClient, user: User) -> None:
    async def post(path: str, token: str) -> httpx.Response:
        return await client.post(f"/auth/{path}", json={"refresh_token": token})

    first = (await log_in(client, user.email)).json()["refresh_token"]
    second = (await post("refresh", first)).json()["refresh_token"]
    assert (await post("logout", first)).status_code == 204
    assert (await post("refresh", second)).status_code == 401
    other = (await log_in(client, user.email)).json()["refresh_token"]
    assert [(await post("refresh", other)).status_code for _ in range(2)] == [200, 401]
