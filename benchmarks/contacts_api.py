"""What the reference application costs: `python benchmarks/contacts_api.py [ROUNDS [TABLE ...]]`, alone on the machine.

Four tables, for SQLite and, when BENCHMARK_POSTGRES_URL names a server on which databases may be made, for PostgreSQL:
birthdays found through the index against a loop over all rows, with the plan of the database; processor time of one
Uvicorn process per request; how much of their throughput other routes keep while four clients log in or upload; and
how long a request waits for a Redis that is not there. A TABLE is the name of its function; by default all are made.
Every way takes its turn in each round, so that a slow moment of the machine hits all of them. A `redis-server` is
started for it. Processor time is that of the application alone: the database and the client have their own.
"""

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from datetime import date, timedelta
from pathlib import Path

import httpx
import psutil
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table
from sqlalchemy import event, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

APPLICATION = Path(__file__).parent.parent / "solutions" / "contacts_api"
sys.path.insert(0, str(APPLICATION))

from app.core.database import create_engine, create_sessions  # noqa: E402
from app.core.security import Purpose, create_token, hash_password  # noqa: E402
from app.models import Contact, User  # noqa: E402
from app.schemas.contact import ContactRead, UpcomingBirthday  # noqa: E402
from app.services import birthdays  # noqa: E402
from tests import databases, picture_store, pictures  # noqa: E402
from tests.servers import closed, free_port, silent  # noqa: E402
from tests.unit.test_birthdays import kept_next  # noqa: E402

PASSWORD = "a pass phrase"  # noqa: S105 - of nobody
CONTACTS = (1_000, 100_000)
REQUESTS = 50
CONNECTIONS = 16
SECONDS = 3.0
PAUSE = 1.1
STRANGER = {"username": "nobody@example.com", "password": PASSWORD}
PATHS = ("/contacts", "/contacts?q=last 1", "/contacts?limit=100", "/contacts/birthdays", "/users/me", "/health")
PICTURE = pictures.picture("JPEG", (1600, 1200))
POSTGRES_URL = os.environ.get("BENCHMARK_POSTGRES_URL")


@contextmanager
def all_databases() -> Iterator[dict[str, str]]:
    """The URLs of databases with all tables, by kind."""
    databases.POSTGRES_URL = POSTGRES_URL
    with tempfile.TemporaryDirectory() as folder:
        urls = {"SQLite": databases.sqlite_url(databases.migrated_sqlite(Path(folder, "contacts.sqlite3")))}
        if POSTGRES_URL is None:
            yield urls
        else:
            with databases.migrated_postgres() as url:
                yield urls | {"PostgreSQL": url}


async def fill(session: AsyncSession, count: int) -> None:
    """Adds a user with `count` contacts, whose birthdays are spread over the year."""
    user = User(email=f"{count}@example.com", password_hash=await hash_password(PASSWORD), is_verified=True)
    session.add(user)
    await session.flush()
    rows = [
        {
            "owner_id": user.id,
            "first_name": f"First {number % 977}",
            "last_name": f"Last {number % 1009}",
            "email": f"{number}@example.com",
            "phone": "+380501234567",
            "birthday": date(1950, 1, 1) + timedelta(number * 37 % 25_000),
        }
        for number in range(count)
    ]
    await session.execute(insert(Contact), rows)
    await (await session.connection()).exec_driver_sql("ANALYZE")  # counts the rows, so that queries are planned well
    await session.commit()


async def fill_each(urls: dict[str, str]) -> None:
    """Adds the user that all tables need to each database."""
    for url in urls.values():
        engine = create_engine(url, timeout=60)
        async with create_sessions(engine)() as session:
            await fill(session, CONTACTS[0])
        await engine.dispose()


async def user_with(session: AsyncSession, count: int) -> User:
    """The user with `count` contacts."""
    return (await session.scalars(select(User).where(User.email == f"{count}@example.com"))).one()


async def loop_over_rows(session: AsyncSession, user: User, today: date, days: int) -> list[UpcomingBirthday]:
    """How it is often done: read all contacts, and look at each."""
    found = []
    for contact in await session.scalars(select(Contact).where(Contact.owner_id == user.id)):
        if contact.birthday is None:
            continue
        day = kept_next(contact.birthday, today)
        if day <= today + timedelta(days):
            fields = ContactRead.model_validate(contact).model_dump()
            found.append(UpcomingBirthday(**fields, next_birthday=day, days_until=(day - today).days))
    return sorted(found, key=lambda each: (each.days_until, each.last_name, each.first_name, each.id))


async def compare_birthdays(console: Console, urls: dict[str, str], rounds: int) -> None:
    table = Table("database", "contacts", "found", "index, ms", "loop, ms", "loop : index")
    plans: dict[str, str] = {}
    for kind, url in urls.items():
        engine = create_engine(url, timeout=60)
        sessions = create_sessions(engine)
        for count in CONTACTS:
            async with sessions() as session:
                if count != CONTACTS[0]:
                    await fill(session, count)
                user = await user_with(session, count)
            times: dict[Callable[..., Awaitable[list[UpcomingBirthday]]], list[float]] = {
                birthdays.read_upcoming: [],
                loop_over_rows: [],
            }
            answers = []
            for _ in range(rounds):
                for way, milliseconds in times.items():
                    async with sessions() as session:
                        began = time.perf_counter()
                        answers.append(await way(session, user, date(2026, 12, 28), 7))
                        milliseconds.append(1000 * (time.perf_counter() - began))
            assert {len(answer) for answer in answers} == {len(answers[0])}, "the two ways differ"
            index, loop = (statistics.median(values) for values in times.values())
            table.add_row(
                kind, f"{count:,}", str(len(answers[0])), f"{index:.1f}", f"{loop:.1f}", f"{loop / index:.0f}"
            )
        async with sessions() as session:
            plans[kind] = await explain(session, user)
        await engine.dispose()
    console.print(table)
    for kind, plan in plans.items():
        console.print(f"{kind}:\n{plan}\n", highlight=False)


async def explain(session: AsyncSession, user: User) -> str:
    """The plan by which the database finds birthdays."""
    asked: list[tuple[str, tuple[object, ...]]] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *arguments: asked.append(arguments[2:4]))
    await birthdays.read_upcoming(session, user, date(2026, 12, 28), 7)
    statement, values = asked[-1]
    explaining = "EXPLAIN QUERY PLAN " if session.get_bind().dialect.name == "sqlite" else "EXPLAIN "
    plan = await (await session.connection()).exec_driver_sql(explaining + statement, values)
    return "\n".join(str(row[-1]) for row in plan)


@contextmanager
def redis_server() -> Iterator[str]:
    """The URL of a Redis of our own."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    assert program, "install redis-server or valkey-server"
    port = free_port()
    with subprocess.Popen([program, "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL) as server:
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


@asynccontextmanager
async def running(database_url: str, redis_url: str, **environment: str) -> AsyncIterator[tuple[str, psutil.Process]]:
    """The address and the process of the application."""
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "RATE_LIMIT_ENABLED": "false"}
    async with serving("app.main:create_app", APPLICATION, urls | environment) as (address, process):
        yield f"{address}/api/v1", process


@asynccontextmanager
async def serving(factory: str, folder: Path, environment: dict[str, str]) -> AsyncIterator[tuple[str, psutil.Process]]:
    """The address and the process of one Uvicorn worker."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", str(port)]
    options = ["--no-access-log", "--log-level", "critical"]
    with subprocess.Popen(
        [*command, *options], cwd=folder, env=os.environ | environment, stderr=subprocess.DEVNULL
    ) as server:
        try:
            await until_it_answers(port)
            yield f"http://127.0.0.1:{port}", psutil.Process(server.pid)
        finally:
            server.terminate()


def bare() -> FastAPI:
    """An application that does nothing, to compare with: machines differ by more than a factor of two."""
    application = FastAPI()

    @application.get("/")
    async def nothing() -> dict[str, str]:
        return {}

    return application


async def until_it_answers(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return


def processor_time(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


async def cost_of_requests(console: Console, urls: dict[str, str], rounds: int) -> None:
    """Processor time per request. A session of a user with 1,000 contacts, pages of 20, requests on 16 connections."""
    table = Table("database", "request", "CPU, ms", "of a bare route", "of the list")
    with redis_server() as redis_url:
        for kind, url in urls.items():
            async with AsyncExitStack() as stack:
                address, process = await stack.enter_async_context(running(url, redis_url))
                bare_address, bare_process = await stack.enter_async_context(
                    serving(f"{Path(__file__).stem}:{bare.__name__}", Path(__file__).parent, {})
                )
                client = await stack.enter_async_context(await user_client(address, url))
                asked = {"a bare route": (f"{bare_address}/", bare_process)} | {
                    f"GET {path}": (f"{address}{path}", process) for path in PATHS
                }
                costs: dict[str, list[float]] = {name: [] for name in asked}
                for turn in range(rounds + 1):  # the first one warms up
                    for name, (where, server) in asked.items():
                        before = processor_time(server)
                        await asyncio.gather(*(ask(client, where, REQUESTS) for _ in range(CONNECTIONS)))
                        cost = 1000 * (processor_time(server) - before) / (REQUESTS * CONNECTIONS)
                        costs[name] += [cost] if turn else []
                best = {name: min(values) for name, values in costs.items()}
                for name, cost in best.items():
                    ratios = (f"{cost / best[other]:.2f}" for other in ("a bare route", "GET /contacts"))
                    table.add_row(kind, name, f"{cost:.2f}", *ratios)
    console.print(table)


async def ask(client: httpx.AsyncClient, where: str, times: int) -> None:
    for _ in range(times):
        (await client.get(where)).raise_for_status()


async def user_client(address: str, database_url: str) -> httpx.AsyncClient:
    """A client of the user with 1,000 contacts."""
    engine = create_engine(database_url)
    async with create_sessions(engine)() as session:
        user = await user_with(session, CONTACTS[0])
    await engine.dispose()
    token = create_token(user.id, Purpose.ACCESS, fingerprint=user.fingerprint)
    return httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60)


async def throughput_under_load(console: Console, urls: dict[str, str], rounds: int) -> None:
    """Requests that other routes answer in a second, while nobody, or while four clients do something heavy."""
    table = Table("database", "meanwhile", "GET /contacts, 1/s", "of idle")
    with redis_server() as redis_url:
        for kind, url in urls.items():
            async with AsyncExitStack() as stack:
                store = await stack.enter_async_context(picture_store.picture_store())
                address, _ = await stack.enter_async_context(running(url, redis_url, **cloudinary(store.address)))
                client = await stack.enter_async_context(await user_client(address, url))
                loads: dict[str, Callable[[], Awaitable[httpx.Response]] | None] = {
                    "nothing": None,
                    "four clients log in": lambda client=client: client.post(
                        "/auth/login", data={"username": f"{CONTACTS[0]}@example.com", "password": PASSWORD}
                    ),
                    "four clients upload": lambda client=client: client.post(
                        "/users/me/avatar", files={"file": ("me.png", PICTURE)}
                    ),
                }
                rates: dict[str, list[float]] = {name: [] for name in loads}
                for _ in range(rounds):
                    for name, load in loads.items():
                        rates[name].append(await rate(client, load))
                idle = statistics.median(rates["nothing"])
                for name, values in rates.items():
                    median = statistics.median(values)
                    table.add_row(kind, name, f"{median:.0f}", f"{100 * median / idle:.0f} %")
    console.print(table)


async def rate(client: httpx.AsyncClient, load: Callable[[], Awaitable[httpx.Response]] | None) -> float:
    """How many pages of contacts one client gets in a second, while four others carry the load."""
    stop = asyncio.Event()

    async def carry() -> None:
        while load and not stop.is_set():
            (await load()).raise_for_status()

    carriers = [asyncio.create_task(carry()) for _ in range(4)]
    await asyncio.sleep(0.2)
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        (await client.get("/contacts")).raise_for_status()
        count += 1
    seconds = time.perf_counter() - began
    stop.set()
    await asyncio.gather(*carriers)
    return count / seconds


def cloudinary(address: str) -> dict[str, str]:
    """The settings by which the application uploads to our stand-in."""
    return {
        "CLOUDINARY_CLOUD_NAME": picture_store.CLOUD_NAME,
        "CLOUDINARY_API_KEY": picture_store.API_KEY,
        "CLOUDINARY_API_SECRET": picture_store.API_SECRET,
        "CLOUDINARY_UPLOAD_PREFIX": address,
    }


async def waiting_for_redis(console: Console, urls: dict[str, str], rounds: int) -> None:
    """What a request takes while Redis is away, and it is this request that finds it out."""
    table = Table("Redis", "request", "median, ms", "longest, ms")
    url = urls["SQLite"]
    for how, server in (("answers", None), ("refuses", closed()), ("hangs", silent())):
        with (
            redis_server() if server is None else nullcontext(f"redis://127.0.0.1:{server.getsockname()[1]}/0") as redis
        ):
            limited = {"RATE_LIMIT_ENABLED": "true", "BCRYPT_ROUNDS": "4"}
            async with running(url, redis, **limited) as (address, _), await user_client(address, url) as client:
                calls: dict[str, Callable[[], Awaitable[httpx.Response]]] = {
                    "POST /auth/login": lambda client=client: client.post("/auth/login", data=STRANGER),
                    "GET /contacts/birthdays": lambda client=client: client.get("/contacts/birthdays"),
                    "GET /health": lambda client=client: client.get("/health"),
                }
                times: dict[str, list[float]] = {name: [] for name in calls}
                for _ in range(rounds):
                    for name, call in calls.items():
                        await asyncio.sleep(PAUSE)  # or the last failure is still remembered
                        began = time.perf_counter()
                        assert (await call()).status_code < 500
                        times[name].append(1000 * (time.perf_counter() - began))
                for name, values in times.items():
                    table.add_row(how, name, f"{statistics.median(values):.0f}", f"{max(values):.0f}")
    console.print(table)


def main(rounds: int, tables: Sequence[str]) -> None:
    console = Console()
    with all_databases() as urls:
        asyncio.run(fill_each(urls))
        for measure in (compare_birthdays, cost_of_requests, throughput_under_load, waiting_for_redis):
            if not tables or measure.__name__ in tables:
                asyncio.run(measure(console, urls, rounds))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, sys.argv[2:])
