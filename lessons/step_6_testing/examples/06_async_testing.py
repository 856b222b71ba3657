"""Async tests: fixtures, overrides, mocks, isolation, dates, coverage, and mutants. A program and a test file in one.

`python 06_async_testing.py` explains how tests work, and runs them to show it. It needs no network, no account and no
Docker. The program exits with 0 if all its claims hold, and with 1 if one does not.

`pytest 06_async_testing.py` runs the tests alone. It needs `asyncio_mode = "auto"`, which the `pyproject.toml` of your
project contains. Elsewhere, add `-o asyncio_mode=auto`.
"""

import asyncio
import html
import inspect
import io
import itertools
import json
import logging
import os
import re
import sys
import tempfile
from calendar import monthrange
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Protocol
from unittest.mock import AsyncMock, Mock, create_autospec, patch

import coverage
import pytest
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel, ConfigDict
from pytest_asyncio import plugin as pytest_asyncio_plugin
from sqlalchemy import StaticPool, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# ------------------------------------------------------------------------------------------------------ the application
# Users note which services they pay for every month. The application tells them the date of the next payment.

DUE_DAYS = 3
"""A payment is due from so many days before its date."""
IDS = itertools.count(1000)
"""Ids for an application that does not leave them to the database. See CORRECT_VARIANT."""

logger = logging.getLogger(__name__)


class Base(DeclarativeBase):
    """All tables."""


class Subscription(Base):
    """A service that a user pays for every month."""

    __tablename__ = "subscription"
    __table_args__ = (UniqueConstraint("owner", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    name: Mapped[str]
    next_payment: Mapped[date]


class NewSubscription(BaseModel):
    """The body of a request."""

    name: str
    paid_on: date


class SubscriptionRead(BaseModel):
    """A subscription in an answer."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    next_payment: date


class Mailer(Protocol):
    """Sends messages. In production, it is an SMTP client."""

    async def send(self, address: str, text: str) -> None: ...


def next_payment(paid_on: date) -> date:
    """The same day of the next month, or the last day of that month if it is too short."""
    year, month = (paid_on.year + 1, 1) if paid_on.month == 12 else (paid_on.year, paid_on.month + 1)
    return date(year, month, min(paid_on.day, monthrange(year, month)[1]))


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """A session of the database in production."""
    async with request.app.state.sessions() as session:
        yield session


async def get_mailer(request: Request) -> Mailer:
    """The client of the mail server in production."""
    mailer: Mailer = request.app.state.mailer
    return mailer


async def get_today() -> date:
    """The date of today."""
    return datetime.now(UTC).date()


SessionDep = Annotated[AsyncSession, Depends(get_session)]
MailerDep = Annotated[Mailer, Depends(get_mailer)]
TodayDep = Annotated[date, Depends(get_today)]
User = Annotated[str, Header(alias="X-User")]
"""The user who sends the request. A header in place of a token keeps the example short."""

app = FastAPI()


@app.post("/subscriptions", status_code=201)
async def add_subscription(
    session: SessionDep, mailer: MailerDep, user: User, data: NewSubscription
) -> SubscriptionRead:
    """Store a subscription, and send a message with the date of the next payment."""
    subscription = Subscription(owner=user, name=data.name, next_payment=next_payment(data.paid_on))
    session.add(subscription)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(409, "You have this subscription already.") from None
    answer = SubscriptionRead.model_validate(subscription, from_attributes=True)
    try:
        await mailer.send(user, f"Next payment: {answer.next_payment}")
    except OSError:
        logger.warning("Not sent: a message about subscription %s", subscription.id)
    return answer


@app.get("/subscriptions")
async def list_subscriptions(
    session: SessionDep, today: TodayDep, user: User, due: bool = False
) -> list[SubscriptionRead]:
    """The subscriptions of a user, the next payment first. With `due`, those of today and the next days."""
    statement = select(Subscription).where(Subscription.owner == user)
    if due:
        statement = statement.where(Subscription.next_payment <= today + timedelta(DUE_DAYS))
    rows = await session.scalars(statement.order_by(Subscription.next_payment))
    return [SubscriptionRead.model_validate(row) for row in rows]


# ------------------------------------------------------------------------------------------------------------ the tests
# pytest runs each function whose name begins with `test_`. The chapters below also run those with other prefixes.

ANN, BOB = {"X-User": "ann@example.com"}, {"X-User": "bob@example.com"}
RADIO = {"name": "Radio", "paid_on": "2027-01-31"}
CINEMA = {"name": "Cinema", "paid_on": "2027-01-10"}
TODAY = date(2027, 2, 7)


@asynccontextmanager
async def new_database() -> AsyncIterator[AsyncEngine]:
    """An empty database in memory, with all tables."""
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@asynccontextmanager
async def client_of(engine: AsyncEngine, mailer: Mailer) -> AsyncIterator[AsyncClient]:
    """A client of the application, which gets this database, this mailer and a fixed date."""

    async def session_for_a_request() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            yield session

    app.dependency_overrides[get_session] = session_for_a_request
    app.dependency_overrides[get_mailer] = lambda: mailer
    app.dependency_overrides[get_today] = lambda: TODAY
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
    app.dependency_overrides.clear()


@pytest.fixture
async def engine() -> AsyncIterator[AsyncEngine]:
    """A database for one test."""
    async with new_database() as engine:
        yield engine


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session of the test, to store rows without a request."""
    async with AsyncSession(engine) as session:
        yield session


@pytest.fixture
def mailer() -> Any:
    """A mock with the methods of `Mailer`. `send` is an AsyncMock."""
    return create_autospec(Mailer, instance=True)


@pytest.fixture
async def client(engine: AsyncEngine, mailer: Any) -> AsyncIterator[AsyncClient]:
    """A client of the application with the database of this test."""
    async with client_of(engine, mailer) as client:
        yield client


@pytest.mark.parametrize(
    ("paid_on", "expected"),
    [
        pytest.param(date(2027, 4, 15), date(2027, 5, 15), id="an ordinary day"),
        pytest.param(date(2027, 12, 15), date(2028, 1, 15), id="over New Year"),
        pytest.param(date(2027, 3, 31), date(2027, 4, 30), id="a month with 30 days"),
        pytest.param(date(2027, 1, 31), date(2027, 2, 28), id="a short February"),
        pytest.param(date(2028, 1, 31), date(2028, 2, 29), id="a long February"),
    ],
)
def test_next_payment(paid_on: date, expected: date) -> None:
    assert next_payment(paid_on) == expected


async def test_a_new_subscription_is_stored(client: AsyncClient) -> None:
    created = await client.post("/subscriptions", json=RADIO, headers=ANN)
    assert created.status_code == 201
    assert created.json()["next_payment"] == "2027-02-28"
    listed = await client.get("/subscriptions", headers=ANN)
    assert listed.json() == [created.json()]


async def test_a_second_one_with_this_name_is_refused(client: AsyncClient) -> None:
    first = await client.post("/subscriptions", json=RADIO, headers=ANN)
    second = await client.post("/subscriptions", json=RADIO, headers=ANN)
    assert (first.status_code, second.status_code) == (201, 409)


async def test_another_user_sees_nothing(client: AsyncClient) -> None:
    await client.post("/subscriptions", json=RADIO, headers=ANN)
    listed = await client.get("/subscriptions", headers=BOB)
    assert (listed.status_code, listed.json()) == (200, [])


async def test_the_next_payment_comes_first(client: AsyncClient, session: AsyncSession) -> None:
    owner = ANN["X-User"]
    session.add(Subscription(owner=owner, name="Later", next_payment=TODAY + timedelta(20)))
    session.add(Subscription(owner=owner, name="Sooner", next_payment=TODAY + timedelta(10)))
    await session.commit()
    listed = await client.get("/subscriptions", headers=ANN)
    assert [each["name"] for each in listed.json()] == ["Sooner", "Later"]


@pytest.mark.parametrize(("days", "is_due"), [(0, True), (DUE_DAYS, True), (DUE_DAYS + 1, False)])
async def test_due(client: AsyncClient, session: AsyncSession, days: int, is_due: bool) -> None:
    session.add(Subscription(owner=ANN["X-User"], name="Radio", next_payment=TODAY + timedelta(days)))
    await session.commit()
    listed = await client.get("/subscriptions", params={"due": True}, headers=ANN)
    assert [each["name"] for each in listed.json()] == ["Radio"] * is_due


async def test_a_message_names_the_date(client: AsyncClient, mailer: Any) -> None:
    await client.post("/subscriptions", json=RADIO, headers=ANN)
    mailer.send.assert_awaited_once()
    address, text = mailer.send.await_args.args
    assert address == "ann@example.com"
    assert "2027-02-28" in text


async def test_without_a_mail_server_it_is_stored_too(client: AsyncClient, mailer: Any) -> None:
    mailer.send.side_effect = ConnectionRefusedError
    created = await client.post("/subscriptions", json=RADIO, headers=ANN)
    assert created.status_code == 201
    assert (await client.get("/subscriptions", headers=ANN)).json() == [created.json()]


# ---------------------------------------------------------------------------------------------------------- other tests
# They teach by their mistakes. pytest does not run them by itself, because their names begin with other words.


@pytest.fixture(scope="module")
async def shared_client() -> AsyncIterator[AsyncClient]:
    """A client with one database for all tests of the module."""
    async with new_database() as engine, client_of(engine, create_autospec(Mailer, instance=True)) as client:
        yield client


async def shared_add(shared_client: AsyncClient) -> None:
    created = await shared_client.post("/subscriptions", json=RADIO, headers=ANN)
    assert created.status_code == 201


async def shared_list(shared_client: AsyncClient) -> None:
    listed = await shared_client.get("/subscriptions", headers=ANN)
    assert [each["name"] for each in listed.json()] == ["Radio"]


async def shared_add_again(shared_client: AsyncClient) -> None:
    created = await shared_client.post("/subscriptions", json=RADIO, headers=ANN)
    assert created.status_code == 409


async def own_add(client: AsyncClient) -> None:
    created = await client.post("/subscriptions", json=RADIO, headers=ANN)
    assert created.status_code == 201


async def own_list(client: AsyncClient) -> None:
    await client.post("/subscriptions", json=RADIO, headers=ANN)
    listed = await client.get("/subscriptions", headers=ANN)
    assert [each["name"] for each in listed.json()] == ["Radio"]


async def own_add_again(client: AsyncClient) -> None:
    await client.post("/subscriptions", json=RADIO, headers=ANN)
    created = await client.post("/subscriptions", json=RADIO, headers=ANN)
    assert created.status_code == 409


async def lends_its_session(client: AsyncClient, session: AsyncSession) -> None:
    app.dependency_overrides[get_session] = lambda: session
    await client.post("/subscriptions", json=RADIO, headers=ANN)
    listed = await client.get("/subscriptions", headers=ANN)
    assert [each["name"] for each in listed.json()] == ["Radio"]


async def is_stored(client: AsyncClient, name: str) -> bool:
    """Whether Ann has a subscription with this name."""
    listed = await client.get("/subscriptions", headers=ANN)
    return name in [each["name"] for each in listed.json()]


async def forgets_to_await(client: AsyncClient) -> None:
    assert is_stored(client, "a name that nobody has stored")


async def awaits(client: AsyncClient) -> None:
    assert await is_stored(client, "a name that nobody has stored")


async def covers_every_line(client: AsyncClient, mailer: Any) -> None:
    await get_today()
    app.state.mailer = mailer
    app.state.sessions = AsyncMock
    request = Request({"type": "http", "app": app})
    await get_mailer(request)
    async for _ in get_session(request):
        pass
    for each in (RADIO, CINEMA, RADIO):
        await client.post("/subscriptions", json=each, headers=ANN)
    mailer.send.side_effect = OSError
    await client.post("/subscriptions", json={"name": "Mail", "paid_on": "2027-12-31"}, headers=ANN)
    await client.get("/subscriptions", params={"due": True}, headers=ANN)


async def covers_every_branch(client: AsyncClient, mailer: Any) -> None:
    await covers_every_line(client, mailer)
    await client.get("/subscriptions", headers=ANN)


async def demands_a_sentence(client: AsyncClient) -> None:
    for _ in range(2):
        answer = await client.post("/subscriptions", json=RADIO, headers=ANN)
    assert answer.json() == {"detail": "You have this subscription already."}


async def demands_an_id(client: AsyncClient) -> None:
    created = await client.post("/subscriptions", json=RADIO, headers=ANN)
    assert created.json()["id"] == 1


async def demands_an_order_of_fields(client: AsyncClient) -> None:
    created = await client.post("/subscriptions", json=RADIO, headers=ANN)
    assert created.text == '{"id":1,"name":"Radio","next_payment":"2027-02-28"}'


# --------------------------------------------------------------------------------------------------------- running them

Claims = dict[str, bool]
"""What a chapter claims, in words, and whether it was true when the chapter ran."""
Edit = tuple[str, str]
"""A text of the application that occurs once, and the text that replaces it."""

SOURCE = Path(__file__).read_text(encoding="utf-8")
_numbers = itertools.count(1)


def section(title: str) -> str:
    """The part of this file below the line with this title."""
    found = re.search(rf"^# -+ {title}$(.+?)(?=^# -{{20}}|\Z)", SOURCE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


IMPORTS = SOURCE.partition("# -----")[0]
APPLICATION, TESTS = section("the application"), section("the tests") + section("other tests")


@dataclass
class Run:
    """What happened when pytest ran. pytest calls the methods, because this object is its plugin."""

    order: Sequence[str] = ()
    """The names of the tests that run, in this order. Empty: all of them, in the order of the file."""
    outcomes: dict[str, str] = field(default_factory=dict)
    """`passed` or `failed`, by the name of the test."""
    events: list[str] = field(default_factory=list)
    """Which fixtures were set up and torn down, and which tests ran, in order."""
    warnings: list[str] = field(default_factory=list)
    coverage: dict[str, Any] = field(default_factory=dict)
    """What coverage.py reports about the application, if it was measured."""

    @property
    def failed(self) -> list[str]:
        return [name for name, outcome in self.outcomes.items() if outcome == "failed"]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.order:
            items[:] = [item for name in self.order for item in items if item.name == name]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.location[2]
        if report.when == "call" or report.failed:
            self.outcomes[name] = report.outcome
        if report.when == "call":
            self.events.append(name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> None:
        self.events.append(f"+ {fixturedef.argname}")

    def pytest_fixture_post_finalizer(self, fixturedef: pytest.FixtureDef[Any]) -> None:
        if fixturedef.cached_result:  # pytest calls this more than once
            self.events.append(f"- {fixturedef.argname}")

    def pytest_warning_recorded(self, warning_message: Any) -> None:
        self.warnings.append(str(warning_message.message))


def run_tests(
    prefix: str = "test_",
    edits: Iterable[Edit] = (),
    *,
    order: Sequence[str] = (),
    mode: str = "auto",
    measure: bool = False,
) -> Run:
    """Run the tests whose names begin with `prefix` on a copy of the application with these edits."""
    number = next(_numbers)
    run = Run(order)
    with tempfile.TemporaryDirectory() as folder:
        application, tests = Path(folder) / f"application_{number}.py", Path(folder) / f"tests_{number}.py"
        application.write_text(IMPORTS + edited(APPLICATION, edits), encoding="utf-8")
        tests.write_text(f"from {application.stem} import *\n\n{TESTS}", encoding="utf-8")
        loop = "module" if "shared" in prefix else "function"
        settings = [f"asyncio_default_{what}_loop_scope = {loop}" for what in ("fixture", "test")]
        settings += [f"python_functions = {prefix}", "python_files = tests_*.py", f"asyncio_mode = {mode}"]
        Path(folder, "pytest.ini").write_text("\n".join(["[pytest]", *settings]), encoding="utf-8")
        without = ("cacheprovider", "terminal", "faulthandler", "threadexception", "unraisableexception", "doctest")
        arguments = [str(tests), "--capture=no", "--assert=plain", "-Wdefault"]
        arguments += [word for name in without for word in ("-p", f"no:{name}")]
        with no_other_plugins():
            in_a_thread(measured if measure else run_pytest, run, arguments)
    return run


def run_pytest(run: Run, arguments: list[str]) -> None:
    """Run pytest in this process."""
    code = pytest.main(arguments, plugins=[pytest_asyncio_plugin, run])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"pytest could not run the tests: {code!r}")


def measured(run: Run, arguments: list[str]) -> None:
    """Run pytest, and note which lines and branches of the application it executes."""
    measurement = coverage.Coverage(
        data_file=None, branch=True, include=["*/application_*.py"], concurrency=["greenlet"]
    )
    with measurement.collect():
        run_pytest(run, arguments)
    report = Path(arguments[0]).with_suffix(".json")
    measurement.json_report(outfile=str(report))
    (run.coverage,) = json.loads(report.read_text(encoding="utf-8"))["files"].values()


def edited(source: str, edits: Iterable[Edit]) -> str:
    """The source with each edit made, in a place that must be unique."""
    for find, replace in edits:
        if source.count(find) != 1:
            raise ValueError(f"this text occurs {source.count(find)} times in the application: {find}")
        source = source.replace(find, replace)
    return source


def in_a_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call the function in a thread. A notebook has an event loop already, and a thread can have another one."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(function, *arguments).result()


@contextmanager
def no_other_plugins() -> Iterator[None]:
    """Let pytest load no other plugin, such as one that shuffles tests, and forget the copies afterwards."""
    modules = set(sys.modules)
    with (
        patch.dict(os.environ, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}),
        patch.object(sys, "dont_write_bytecode", new=True),
        patch.object(sys, "path", new=list(sys.path)),
    ):
        yield
    for name in set(sys.modules) - modules:
        if name.startswith(("application_", "tests_")):
            del sys.modules[name]


# ------------------------------------------------------------------------------------------------------------- fixtures


def fixtures_in_order() -> Claims:
    """Fixtures: what is set up before a test, and torn down after it"""
    run = run_tests("test_the_next_payment test_a_message")
    known = {"engine", "session", "mailer", "client"}
    events = [event for event in run.events if event.startswith("test_") or event[2:] in known]
    for event in events:
        print(f"    {event}" if event[0] in "+-" else f"    run {event}")
    second = events.index("- engine") + 1  # here begins what belongs to the second test
    up, down = (
        [[each[2:] for each in half if each[0] == sign] for half in (events[:second], events[second:])] for sign in "+-"
    )
    return {
        "a fixture is set up before those that ask for it": up[0].index("engine") < up[0].index("client"),
        "they are torn down in the reverse order": down[0] == up[0][::-1] and down[1] == up[1][::-1],
        "each test has a database of its own": up[0].count("engine") == up[1].count("engine") == 1,
        "a fixture is set up only for a test that asks for it": "session" in up[0] and "session" not in up[1],
    }


# ---------------------------------------------------------------------------------------------------------- async tests


def async_tests() -> Claims:
    """`asyncio_mode`, and an `await` that is missing"""
    strict, auto = run_tests("test_a_new", mode="strict"), run_tests("test_a_new")
    without, with_await = run_tests("forgets_to_await"), run_tests("awaits")
    print_table(
        ("test", "asyncio_mode", "result"),
        [
            ("test_a_new_subscription_is_stored", "strict (default)", *strict.outcomes.values()),
            ("test_a_new_subscription_is_stored", "auto", *auto.outcomes.values()),
            ("forgets_to_await", "auto", *without.outcomes.values()),
            ("awaits", "auto", *with_await.outcomes.values()),
        ],
    )
    print("The last two ask for a subscription that does not exist. Both should fail.")
    warning = next(iter(without.warnings), "").partition("\n")[0]
    print(f"The warning of pytest: {warning}")
    return {
        "in auto mode, pytest awaits an async test and its fixtures": not auto.failed and bool(strict.failed),
        "`assert f()` without `await` passes, whatever f returns": not without.failed and bool(with_await.failed),
        "pytest warns that the coroutine was never awaited": "was never awaited" in warning,
    }


# ------------------------------------------------------------------------------------------------------------ overrides


async def status_with(overrides: dict[Any, Any]) -> int:
    """The status code of a request while these dependencies are replaced."""
    app.dependency_overrides.update(overrides)
    try:
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.get("/subscriptions", headers=ANN)).status_code
    finally:
        app.dependency_overrides.clear()


async def statuses_of_overrides() -> dict[str, int]:
    """The status code, by what was put into `dependency_overrides`."""
    async with new_database() as engine, AsyncSession(engine) as session:
        overrides: dict[str, dict[Any, Any]] = {
            "nothing": {},
            "get_session: lambda: session": {get_session: lambda: session},
            '"get_session": lambda: session': {"get_session": lambda: session},
            "SessionDep: lambda: session": {SessionDep: lambda: session},
        }
        answers = {name: await status_with(override) for name, override in overrides.items()}
        return {**answers, "nothing, after clear()": await status_with({})}


def dependency_overrides() -> Claims:
    """`dependency_overrides`: the key is the function that the route depends on"""
    statuses = in_a_thread(asyncio.run, statuses_of_overrides())
    print_table(
        ("in dependency_overrides", "GET /subscriptions"), [(name, str(code)) for name, code in statuses.items()]
    )
    print("Without an override, the application asks for its database. There is none here.")
    return {
        "with the function as the key, the route gets the session of the test": list(statuses.values())[1] == 200,
        "any other key is ignored, without an error": list(statuses.values())[2:4] == [500, 500],
        "after clear() the application is as before": statuses["nothing"] == statuses["nothing, after clear()"] == 500,
    }


def one_session_for_both() -> Claims:
    """A session of its own for each request. The commit is missing: which test notices?"""
    lent, own = (run_tests(prefix, [MUTANTS["does not commit"]]) for prefix in ("lends_", "own_list"))
    print_table(
        ("the application uses", "result, without the commit"),
        [
            ("the session of the test", *lent.outcomes.values()),
            ("a new session for each request", *own.outcomes.values()),
        ],
    )
    return {
        "a session for both shows rows that were never committed": not lent.failed,
        "with a session for each request, the test notices": own.failed == ["own_list"],
    }


# ---------------------------------------------------------------------------------------------------------------- mocks


async def what_mocks_do() -> list[tuple[str, str]]:
    """What happens, by what the test or the application does."""
    mailer = create_autospec(Mailer, instance=True)
    called = AsyncMock()
    forgotten = called.send("ann@example.com", "text")
    failing = AsyncMock(side_effect=ConnectionRefusedError)
    await mailer.send("ann@example.com", "text")

    async def result_of(action: Callable[[], Any]) -> str:
        try:
            result = action()
            if inspect.isawaitable(result):
                await result
        except Exception as error:
            return type(error).__name__
        return "no error"

    async def await_a_mock() -> None:
        await Mock().send("ann@example.com", "text")

    results = [
        ("await Mock().send(address, text)", await result_of(await_a_mock)),
        ("await AsyncMock().send(address, text)", await result_of(lambda: AsyncMock().send("a", "b"))),
        ("side_effect=ConnectionRefusedError", await result_of(lambda: failing("a", "b"))),
        ("called without await: assert_called_once()", await result_of(called.send.assert_called_once)),
        ("called without await: assert_awaited_once()", await result_of(called.send.assert_awaited_once)),
        ("await AsyncMock().deliver(address, text)", await result_of(lambda: AsyncMock().deliver("a", "b"))),
        ("create_autospec(Mailer).deliver(address, text)", await result_of(lambda: mailer.deliver("a", "b"))),
        ("create_autospec(Mailer).send(address)", await result_of(lambda: mailer.send("a"))),
    ]
    forgotten.close()
    return results


def mocks() -> Claims:
    """AsyncMock: what it accepts, and what it notices"""
    results = in_a_thread(asyncio.run, what_mocks_do())
    print_table(("what is done", "what happens"), results)
    mock, async_mock, _, called, awaited, unknown, unknown_with_spec, too_few = (what for _, what in results)
    return {
        "`await` needs an AsyncMock: a Mock returns something that cannot be awaited": (mock, async_mock)
        == ("TypeError", "no error"),
        "assert_called_once() accepts a call that was never awaited": (called, awaited)
        == ("no error", "AssertionError"),
        "an AsyncMock accepts any method, create_autospec only those of Mailer": unknown == "no error"
        and unknown_with_spec == "AttributeError",
        "create_autospec also compares the arguments": too_few == "TypeError",
    }


# ------------------------------------------------------------------------------------------------------------ isolation


def in_each_order(*steps: str) -> list[tuple[str, ...]]:
    """The steps in each order, and how many tests pass: with a shared database, and with a database for each test."""
    rows = []
    for order in itertools.permutations(steps):
        names = [f"{kind}_{step}" for kind in ("shared", "own") for step in order]
        outcomes = run_tests("shared_ own_", order=names).outcomes
        passed = [sum(outcomes[f"{kind}_{step}"] == "passed" for step in steps) for kind in ("shared", "own")]
        rows.append((", ".join(order), *(f"{count} of {len(steps)} pass" for count in passed)))
    return rows


def isolation() -> Claims:
    """Isolation: the same three tests in each order"""
    rows = in_each_order("add", "list", "add_again")
    print_table(("order of the tests", "one database for all", "a database per test"), rows)
    print("No test was changed. Each order is a run of its own.")
    return {
        "in the order of the file, the shared database goes unnoticed": rows[0][1] == "3 of 3 pass",
        "in another order, the same tests fail": sum(row[1] != "3 of 3 pass" for row in rows) >= 3,
        "with a database for each test, every order passes": {row[2] for row in rows} == {"3 of 3 pass"},
    }


# ---------------------------------------------------------------------------------------------------------------- dates


def in_thirty_days(today: date) -> bool:
    """A test that begins with today's date, and expects 30 days. It holds only on some days."""
    return next_payment(today) == today + timedelta(days=30)


def days_on_which(test: Callable[[date], bool], year: int = 2027) -> dict[str, int]:
    """For each month, the number of days on which the test passes."""
    first = date(year, 1, 1)
    days = [first + timedelta(number) for number in range((date(year + 1, 1, 1) - first).days)]
    return {month: sum(map(test, group)) for month, group in itertools.groupby(days, lambda day: f"{day:%b}")}


def dates() -> Claims:
    """Dates: a test with the date of today, and a table of fixed dates"""
    passes = days_on_which(in_thirty_days)
    print("On how many days of 2027 does this test pass?\n")
    print("    assert next_payment(date.today()) == date.today() + timedelta(days=30)\n")
    print_table(tuple(passes), [tuple(map(str, passes.values()))])
    run = run_tests("test_next_payment")
    print("\nFixed dates, one test for each:")
    for name, outcome in run.outcomes.items():
        print(f"    {name:<42} {outcome}")
    wrong = run_tests("test_next_payment", [MUTANTS["stays in the year"]])
    return {
        "a test with today's date passes on some days and fails on others": 0 < sum(passes.values()) < 365,
        "a test with fixed dates has the same result every day": not run.failed,
        "the name of the parameter says which case is broken": wrong.failed == ["test_next_payment[over New Year]"],
    }


# --------------------------------------------------------------------------------------------------------- correct code

CORRECT_VARIANT: tuple[Edit, ...] = (
    ('"You have this subscription already."', '"This name is in your list."'),
    ("mapped_column(primary_key=True)", "mapped_column(primary_key=True, default=lambda: next(IDS))"),
    ("    id: int\n    name: str\n    next_payment: date\n", "    next_payment: date\n    name: str\n    id: int\n"),
    ("(paid_on.year + 1, 1) if paid_on.month == 12", "(1 + paid_on.year, 1) if paid_on.month > 11"),
)
"""Other sentences, other ids, other order of fields, other expressions. Nothing of it is fixed by the description."""


def correct_variants() -> Claims:
    """Two correct applications: which tests demand more than the description?"""
    first, second = run_tests("test_ demands_"), run_tests("test_ demands_", CORRECT_VARIANT)
    demanding = [name for name in first.outcomes if name.startswith("demands_")]
    rows = [(name, first.outcomes[name], second.outcomes[name]) for name in demanding]
    others = [name for name in first.outcomes if name not in demanding]
    summary = [f"{sum(run.outcomes[name] == 'passed' for name in others)} passed" for run in (first, second)]
    print_table(("test", "as written", "as a colleague writes it"), [*rows, (f"the {len(others)} others", *summary)])
    return {
        "tests of a sentence, an id or the order of fields fail on a correct application": second.failed == demanding,
        "tests of behavior pass on both": not first.failed and len(set(summary)) == 1,
    }


# ------------------------------------------------------------------------------------------------- coverage and mutants

MUTANTS: dict[str, Edit] = {
    "stays in the year": ("(paid_on.year + 1, 1)", "(paid_on.year, 1)"),
    "never after the 28th": ("min(paid_on.day, monthrange(year, month)[1])", "min(paid_on.day, 28)"),
    "does not commit": ("await session.commit()", "await session.flush()"),
    "shows all users": ("select(Subscription).where(Subscription.owner == user)", "select(Subscription)"),
    "last day not due": ("<= today + timedelta", "< today + timedelta"),
    "order by id": ("order_by(Subscription.next_payment)", "order_by(Subscription.id)"),
    "forgets an await": ("await mailer.send(", "mailer.send("),
    "needs a mail server": ("except OSError:", "except KeyError:"),
}
"""Copies of the application with one error each."""

SUITES = {
    "every line, no assert": "covers_every_line",
    "every branch, no assert": "covers_every_branch",
    "the dates alone": "test_next_payment",
    "the tests of this file": "test_",
}
"""The prefix of the names, by the name of a test suite."""


def caught_by(find: str, replace: str, prefix: str = "test_") -> list[str]:
    """The tests that fail if the application has `replace` in the place of `find`."""
    return run_tests(prefix, [(find, replace)]).failed


def matrix(prefix: str = "test_") -> dict[str, dict[str, bool]]:
    """Whether a test fails for a mutant, by the name of the test and that of the mutant."""
    runs = {name: run_tests(prefix, [edit]) for name, edit in MUTANTS.items()}
    tests = list(next(iter(runs.values())).outcomes)
    return {test: {name: run.outcomes[test] == "failed" for name, run in runs.items()} for test in tests}


def share(covered: int, count: int) -> str:
    return f"{100 * covered / count:.0f} %"


def coverage_and_mutants() -> Claims:
    """Coverage says which code ran. Mutants say which errors a test suite notices"""
    found = matrix("test_ covers_")
    lines, branches, caught = {}, {}, {}
    for name, prefix in SUITES.items():
        summary = run_tests(prefix, measure=True).coverage["summary"]
        lines[name] = share(summary["covered_lines"], summary["num_statements"])
        branches[name] = share(summary["covered_branches"], summary["num_branches"])
        rows = [row for test, row in found.items() if test.startswith(prefix)]
        caught[name] = sum(any(row[mutant] for row in rows) for mutant in MUTANTS)
    print_table(
        ("test suite", "lines", "branches", "mutants caught"),
        [(name, lines[name], branches[name], f"{caught[name]} of {len(MUTANTS)}") for name in SUITES],
    )
    print(f"\n{'':<44}  {'  '.join(map(str, range(1, len(MUTANTS) + 1)))}")
    for test, row in found.items():
        print(f"{shortened(test, 44):<44}  {'  '.join('●' if fails else '·' for fails in row.values())}")
    print()
    for number, name in enumerate(MUTANTS, start=1):
        print(f"{number} {name}")
    first, second, third, last = SUITES
    return {
        "100 % of the lines ran, and one branch did not": lines[first] == "100 %" and branches[first] != "100 %",
        "100 % of lines and branches ran, and no error was noticed": lines[second] == branches[second] == "100 %"
        and caught[second] == 0,
        "a few tests with little coverage notice something": 0 < caught[third] < caught[last],
        "the tests of this file notice all mutants, without 100 %": caught[last] == len(MUTANTS)
        and lines[last] != "100 %",
    }


def one_mutant() -> Claims:
    """A mutant in full: one change, and the tests that notice it"""
    find, replace = MUTANTS["never after the 28th"]
    source = edited(APPLICATION, [(find, replace)])
    for old, new in zip(APPLICATION.splitlines(), source.splitlines(), strict=True):
        if old != new:
            print(f"- {old.strip()}\n+ {new.strip()}\n")
    failed = caught_by(find, replace)
    for name in failed:
        print(f"    failed: {name}")
    equivalent = caught_by("== 12 else", ">= 12 else")
    print(f"\nAnother change: paid_on.month >= 12 in place of == 12. Tests that fail: {len(equivalent)}")
    return {
        "the short February does not notice it: its last day is the 28th": failed
        == ["test_next_payment[a month with 30 days]", "test_next_payment[a long February]"],
        "no test can notice a change that changes nothing (an equivalent mutant)": equivalent == [],
    }


def picture_of_coverage(run: Run) -> str:
    """The application as HTML: what ran is green, what did not run is red, a branch that was not taken is yellow."""
    lines = (IMPORTS + APPLICATION).splitlines()
    report = run.coverage
    partial = {line for line, _ in report["missing_branches"]}
    colors = dict.fromkeys(report["executed_lines"], "#d7f5d7")
    colors |= dict.fromkeys(partial & set(report["executed_lines"]), "#fff3b0")
    colors |= dict.fromkeys(report["missing_lines"], "#f8c8c8")
    shown = [
        f'<div style="background:{colors.get(number, "none")};color:black">{html.escape(line) or "&nbsp;"}</div>'
        for number, line in enumerate(lines, start=1)
        if number > lines.index("app = FastAPI()")
    ]
    return f'<pre style="line-height:1.3">{"".join(shown)}</pre>'


# --------------------------------------------------------------------------------------------------------------- output

CHAPTERS: tuple[Callable[[], Claims], ...] = (
    fixtures_in_order,
    async_tests,
    dependency_overrides,
    one_session_for_both,
    mocks,
    isolation,
    dates,
    correct_variants,
    one_mutant,
    coverage_and_mutants,
)


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table with a frame, each column as wide as its widest text."""
    lines = [headers, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruler = ["─" * (width + 2) for width in widths]
    print("┌" + "┬".join(ruler) + "┐")
    for number, line in enumerate(lines):
        print("│" + "│".join(f" {text:<{width}} " for text, width in zip(line, widths, strict=True)) + "│")
        if number == 0:
            print("├" + "┼".join(ruler) + "┤")
    print("└" + "┴".join(ruler) + "┘")


def main() -> int:
    """Run every chapter and print which of its claims hold. Return 1 if one does not."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    wrong = 0
    for number, chapter in enumerate(CHAPTERS, start=1):
        print(f"\n{number}. {chapter.__doc__}\n")
        for claim, holds in chapter().items():
            print(f"{'✓' if holds else '✗ NOT SO:'} {claim}")
            wrong += not holds
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
