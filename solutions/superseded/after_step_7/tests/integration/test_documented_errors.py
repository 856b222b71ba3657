"""Each call answers the errors that it documents and no others: all of them are provoked here."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import event, select, text, update
from sqlalchemy.orm import Session

from app.api.deps import get_login_sessions
from app.api.limits import get_rate_limits
from app.core import clock, rate_limit
from app.core.config import Settings
from app.core.database import create_engine, create_sessions, get_sessions
from app.core.rate_limit import LIMITS, Limit, RateLimits
from app.core.redis import RedisClient
from app.core.security import LIFETIMES, Purpose, create_token
from app.models import User
from app.services import contacts
from app.services.sessions import LoginSessions
from tests.calls import DOCUMENTED
from tests.examples import ANN, contact, create
from tests.picture_store import PictureStore
from tests.pictures import picture

Call = tuple[str, str]
"""Method and path."""
Error = tuple[str, str, str, str]
"""Method, path, status and code."""

UNREACHABLE = "127.0.0.1:1"
"""No server listens there."""
NEVER = {("GET", "/auth/verify/{token}", "422", "validation_error")}
"""FastAPI documents a 422 for every call with a parameter. This one accepts any text."""

VERIFY = ("GET", "/auth/verify/{token}")
LOGIN = ("POST", "/auth/login")
REFRESH = ("POST", "/auth/refresh")
AVATAR = ("POST", "/users/me/avatar")
CREATE = ("POST", "/contacts")
UPDATE = ("PATCH", "/contacts/{contact_id}")


@dataclass
class Provoker:
    """Makes calls as Ann, and keeps the errors that come back."""

    application: FastAPI
    ann: httpx.AsyncClient
    errors: dict[Error, httpx.Response] = field(default_factory=dict)

    async def call(self, method: str, path: str, in_path: object = 0, **request: Any) -> httpx.Response:
        """Make a call. `in_path` takes the place of the parameter in `path`."""
        before, parameter, _ = path.partition("{")
        answer = await self.ann.request(method, f"{before}{in_path}" if parameter else path, **request)
        if answer.is_error:
            self.errors[method, path, str(answer.status_code), answer.json()["code"]] = answer
        return answer

    async def call_all(self, requests: dict[Call, Any]) -> None:
        """Make every call, each with its request."""
        for call in DOCUMENTED:
            await self.call(*call, **requests.get(call, {}))

    async def call_all_with(self, **request: Any) -> None:
        """Make every call, all with the same request."""
        await self.call_all(dict.fromkeys(DOCUMENTED, request))

    async def requests(self) -> dict[Call, Any]:
        """A request in the right form for each call that needs one. None of them changes Ann's account."""
        refresh_token = {"refresh_token": await self.token(Purpose.REFRESH)}
        return {
            ("POST", "/auth/register"): {"json": ANN},
            VERIFY: {"in_path": await self.token(Purpose.EMAIL_VERIFY)},
            ("POST", "/auth/resend-verification"): {"json": {"email": ANN["email"]}},
            LOGIN: {"data": {"username": ANN["email"], "password": "a wrong one"}},
            REFRESH: {"json": refresh_token},
            ("POST", "/auth/logout"): {"json": refresh_token},
            AVATAR: {"files": {"file": b"no image"}},
            CREATE: {"json": contact()},
            UPDATE: {"json": {"phone": "112"}},
        }

    async def user(self) -> User:
        """The row of Ann in the database."""
        async with self.application.state.sessions() as session:
            user: User = (await session.scalars(select(User).where(User.email == ANN["email"]))).one()
            return user

    async def token(self, purpose: Purpose) -> str:
        """A token of Ann's."""
        user = await self.user()
        return create_token(user.id, purpose, email=user.email)

    async def change_user(self, **values: Any) -> None:
        """Change the row of Ann in the database."""
        async with self.application.state.sessions() as session:
            await session.execute(update(User).where(User.email == ANN["email"]).values(values))
            await session.commit()


async def without_login(provoker: Provoker) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer no token"}):
        requests = await provoker.requests()
        await provoker.call_all({call: {"headers": headers} | requests.get(call, {}) for call in DOCUMENTED})


async def without_rights(provoker: Provoker) -> None:
    requests = await provoker.requests()
    requests[LOGIN] = {"data": {"username": ANN["email"], "password": ANN["password"]}}
    await provoker.change_user(is_verified=False)
    await provoker.call_all(requests | {VERIFY: {}})
    await provoker.change_user(is_verified=True)


async def with_wrong_values(provoker: Provoker) -> None:
    await provoker.call_all(await provoker.requests())
    await provoker.call_all_with(in_path="x", params={"limit": "x", "days": "x"}, json={"unknown": 1})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    await provoker.call_all_with(content=bytes(3 * 1024 * 1024), headers=form)


async def too_often(provoker: Provoker, settings: pytest.MonkeyPatch) -> None:
    redis = RedisClient(f"redis://{UNREACHABLE}", timeout=1)
    with settings.context() as patched:
        patched.setattr(rate_limit, "LIMITS", {route: [Limit("1/minute")] for route in LIMITS})
        limits = RateLimits(Settings(redis_url=f"redis://{UNREACHABLE}", rate_limit_enabled=True), redis)
    provoker.application.dependency_overrides = {get_rate_limits: lambda: limits}
    for _ in range(2):
        await provoker.call_all(await provoker.requests())
    provoker.application.dependency_overrides = {}
    await redis.close()


async def without_services(provoker: Provoker) -> None:
    engine = create_engine(f"postgresql+asyncpg://nobody@{UNREACHABLE}/none")
    redis = RedisClient(f"redis://{UNREACHABLE}", timeout=1)
    sessions, login_sessions = create_sessions(engine), LoginSessions(redis)
    provoker.application.dependency_overrides = {
        get_sessions: lambda: sessions,
        get_login_sessions: lambda: login_sessions,
    }
    await provoker.call_all(await provoker.requests())
    provoker.application.dependency_overrides = {}
    await engine.dispose()
    await redis.close()


async def with_tokens_of_all_kinds(provoker: Provoker) -> None:
    for wrong in ("no token", await provoker.token(Purpose.ACCESS)):
        await provoker.call(*VERIFY, in_path=wrong)
        await provoker.call(*REFRESH, json={"refresh_token": wrong})
        await provoker.call("POST", "/auth/logout", json={"refresh_token": wrong})
    with time_machine.travel(clock.now() - max(LIFETIMES.values())):
        old = await provoker.token(Purpose.EMAIL_VERIFY)
    await provoker.call(*VERIFY, in_path=old)
    refresh_token = await provoker.token(Purpose.REFRESH)
    for _ in range(2):
        await provoker.call(*REFRESH, json={"refresh_token": refresh_token})


async def against_the_rules(provoker: Provoker, store: PictureStore, settings: pytest.MonkeyPatch) -> None:
    first, second = [await create(provoker.ann, email=f"{name}@example.com") for name in ("first", "second")]
    await provoker.call(*CREATE, json=contact(email=first["email"]))
    await provoker.call(*UPDATE, in_path=second["id"], json={"email": first["email"]})
    with settings.context() as patched:
        patched.setattr(contacts, "MOST_CONTACTS", 2)
        await provoker.call(*CREATE, json=contact(email="cleo@example.com"))
    await provoker.call(*AVATAR, files={"file": picture()})
    store.answer = 500, {"error": {"message": "down"}}
    await provoker.call(*AVATAR, files={"file": picture()})
    store.answer = None


async def on_a_row_that_vanishes(provoker: Provoker) -> None:
    """Another request deletes the row after this one has read it."""
    contact_id = (await create(provoker.ann, email="dora@example.com"))["id"]
    link = await provoker.token(Purpose.EMAIL_VERIFY)

    def delete_rows(session: Session, *_: object) -> None:
        session.execute(text("DELETE FROM contacts"))
        session.execute(text("DELETE FROM users"))

    event.listen(Session, "before_flush", delete_rows)
    await provoker.call(*UPDATE, in_path=contact_id, json={"phone": "113"})
    await provoker.call(*AVATAR, files={"file": picture()})
    await provoker.change_user(is_verified=False)
    await provoker.call(*VERIFY, in_path=link)
    event.remove(Session, "before_flush", delete_rows)


@pytest.fixture
async def errors(
    application: FastAPI,
    ann: httpx.AsyncClient,
    store: PictureStore,
    settings: pytest.MonkeyPatch,
) -> dict[Error, httpx.Response]:
    """All errors that were provoked, and an answer with each."""
    provoker = Provoker(application, ann)
    await without_login(provoker)
    await without_rights(provoker)
    await with_wrong_values(provoker)
    await too_often(provoker, settings)
    await without_services(provoker)
    await with_tokens_of_all_kinds(provoker)
    await against_the_rules(provoker, store, settings)
    await on_a_row_that_vanishes(provoker)
    return provoker.errors


async def test_every_documented_error_is_answered_and_no_other(
    errors: dict[Error, httpx.Response], application: FastAPI
) -> None:
    documented = {
        (method.upper(), path.removeprefix("/api/v1"), status, code): answer
        for path, operations in application.openapi()["paths"].items()
        for method, operation in operations.items()
        for status, answer in operation["responses"].items()
        if status >= "400"
        for code in answer["content"]["application/json"]["examples"]
    }
    assert set(errors) == set(documented) - NEVER
    for error, answer in errors.items():
        assert all(header in answer.headers for header in documented[error]["headers"]), error
        example = documented[error]["content"]["application/json"]["examples"][error[3]]["value"]
        assert example.keys() == answer.json().keys(), error
        assert example["code"] == error[3]
