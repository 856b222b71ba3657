"""Rate limits under attack: what they stop, how windows differ, who counts, and what a client is told.

Run it with `python 04_rate_limiting.py`. It needs no account and no network: the servers, the attackers and Redis all
run on this machine. It ends with 0 if all that it claims holds, and with 1 if something does not.
"""

import asyncio
import io
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import time_machine
import uvicorn
from fastapi import FastAPI, Form, Request, Response
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from slowapi.util import get_remote_address
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from courseware.services.redis.service import Redis
from courseware.services.servers import HOST, FaultMode, listen_at, port_of

Claims = dict[str, bool]
"""What a chapter claims, in words, and whether it was so when the chapter ran."""

MINUTE = 60
ATTACK_SECONDS = 0.3
"""How long an attack lasts. Its result is shown per minute."""
SECRET = "sunshine-1987"  # noqa: S105 - the password that is attacked


# --------------------------------------------------------------------------------------------------------- applications


def limiter_in(storage: str = "memory://", **options: Any) -> Limiter:
    """SlowAPI's limiter, which counts by the address of the client."""
    return Limiter(key_func=get_remote_address, key_style="endpoint", storage_uri=storage, **options)


def site(rate: str = "", storage: str = "memory://", **options: Any) -> FastAPI:
    """A site with a login, which has a limit if `rate` names one, such as "10/minute"."""
    application = FastAPI()
    application.state.limiter = limiter_in(storage, **options)
    application.add_exception_handler(RateLimitExceeded, too_many_requests)

    async def login(request: Request, password: str = Form()) -> Response:  # noqa: ARG001 - SlowAPI looks at it
        return Response(status_code=200 if password == SECRET else 401)

    if rate:
        login = application.state.limiter.limit(rate)(login)
    application.post("/login")(login)

    @application.get("/other")
    async def other() -> str:
        return "done"

    return application


def too_many_requests(request: Request, _error: Exception) -> Response:
    """429, with the seconds until the window of the exceeded limit ends, rounded up."""
    limit, key = request.state.view_rate_limit
    ends_at = request.app.state.limiter.limiter.get_window_stats(limit, *key).reset_time
    return Response(status_code=429, headers={"Retry-After": str(max(1, math.ceil(ends_at - time.time())))})


@contextmanager
def served(application: ASGIApp) -> Iterator[httpx.Client]:
    """The application, served in a thread with an event loop of its own, and a client that calls it over HTTP."""
    listener = listen_at(0)
    server = uvicorn.Server(
        uvicorn.Config(application, lifespan="off", log_config=None, log_level="critical", access_log=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with httpx.Client(base_url=f"http://{HOST}:{port_of(listener)}", trust_env=False, timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def try_password(client: httpx.Client, password: str = "wrong") -> httpx.Response:  # noqa: S107 - a guess
    return client.post("/login", data={"password": password})


# ---------------------------------------------------------------------------------------------------------- brute force


@dataclass
class Attack:
    """What became of a brute-force attack."""

    tried: int
    refused: int
    seconds: float
    found: bool

    @property
    def per_minute(self) -> int:
        """Passwords that are really compared in a minute. A limited attack has used up its whole minute."""
        return self.tried if self.refused else round(self.tried * MINUTE / self.seconds)


def attack(client: httpx.Client, seconds: float = ATTACK_SECONDS) -> Attack:
    """Try one password after the other, the right one at place 60 of the list, and go on for some time."""
    tried, refused, found = 0, 0, False
    began = time.perf_counter()
    for number in range(1, 100_000):
        status = try_password(client, SECRET if number == 60 else f"password-{number}").status_code
        refused += status == 429
        tried += status != 429
        found = found or status == 200
        if time.perf_counter() - began > seconds and number >= 60:
            break
    return Attack(tried, refused, time.perf_counter() - began, found)


def brute_force() -> Claims:
    """A program tries passwords from a list, the right one at place 60"""
    results = {}
    for rate in ("", "10/minute"):
        with served(site(rate)) as client:
            results[rate] = attack(client)
    print_table(
        ("the limit", "compared", "refused", "passwords a minute", "a list of 10,000 takes"),
        [
            (
                rate or "none",
                f"{result.tried:,}",
                f"{result.refused:,}",
                f"{result.per_minute:,}",
                duration(10_000 / result.per_minute * MINUTE),
            )
            for rate, result in results.items()
        ],
    )
    without, limited = results[""], results["10/minute"]
    return {
        "without a limit the password is found at once": without.found,
        "without a limit, thousands of passwords are tried in a minute": without.per_minute > 1_000,
        "with the limit ten are tried in a minute, and the rest is refused": limited.tried == 10,
        "the attacker does not learn that one of the refused passwords was right": not limited.found,
    }


# -------------------------------------------------------------------------------------------------------------- windows

TEN_A_MINUTE = parse("10/minute")
BURST = ((0, 1), (59, 9), (61, 10), (122, 10))
"""At which second how many requests come: a client that knows where the window ends."""


Counts = Sequence[tuple[int, int]]


def admitted_by(strategy: type[FixedWindowRateLimiter | MovingWindowRateLimiter], burst: Counts) -> Counts:
    """Counts the admitted requests of a burst, by second. It moves the clock instead of waiting."""
    limiter, result = strategy(MemoryStorage()), []
    start = datetime(2030, 1, 1, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        for second, count in burst:
            clock.move_to(start.timestamp() + second)
            result.append((second, sum(limiter.hit(TEN_A_MINUTE, "client") for _ in range(count))))
    return result


def most_in_a_minute(admitted: Counts, seconds: int = MINUTE) -> int:
    """The largest number of requests that were admitted in any stretch of so many seconds."""
    return max(sum(count for at, count in admitted if begin <= at < begin + seconds) for begin, _ in admitted)


def timeline(counts: Counts, columns: int = 62) -> str:
    """A line for two minutes, two seconds in each column: how many requests there were, X for ten."""
    line = ["·"] * columns
    for second, count in counts:
        if count:
            line[second // 2] = "X" if count == 10 else str(count)
    return "".join(line)


def windows() -> Claims:
    """Ten requests a minute, and a client that sends them around the end of the window"""
    lines: dict[str, Counts] = {"sent": BURST}
    lines |= {
        "fixed window": admitted_by(FixedWindowRateLimiter, BURST),
        "moving window": admitted_by(MovingWindowRateLimiter, BURST),
    }
    print(f"{'seconds':>14}  0{'60':>31}{'120':>30}")
    for name, counts in lines.items():
        print(f"{name:>14}  {timeline(counts)}")
    fixed, moving = lines["fixed window"], lines["moving window"]
    print()
    print_table(
        ("the window is", "admitted", "at most in 60 s", "at most in 3 s"),
        [
            (
                name,
                str(sum(count for _, count in counts)),
                str(most_in_a_minute(counts)),
                str(most_in_a_minute(counts, 3)),
            )
            for name, counts in lines.items()
            if name != "sent"
        ],
    )
    return {
        "a fixed window admits almost twice its limit around its end": most_in_a_minute(fixed, 3) == 19,
        "a moving window never admits more than its limit in any minute": most_in_a_minute(moving) == 10,
        "a minute later both admit ten again": fixed[-1] == moving[-1] == (122, 10),
    }


# ---------------------------------------------------------------------------------------------- one counter, or several

# Runs in a process of its own. Each line that it reads is a login, counted in the storage with this number.
PROCESS = """
import sys

from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

limiters = [FixedWindowRateLimiter(storage_from_string(url)) for url in sys.argv[1:]]
for line in sys.stdin:
    print(limiters[int(line)].hit(parse("10/minute"), "login", "203.0.113.7"), flush=True)
"""


@contextmanager
def redis_server() -> Iterator[tuple[Redis, str]]:
    """A Redis on this machine, and its URL."""
    redis, listener = Redis(), listen_at(0)
    redis.serve(listener)
    try:
        yield redis, redis.facts(HOST, port_of(listener))["url"]
    finally:
        redis.stop()


@contextmanager
def process(*storages: str) -> Iterator[Callable[[int], bool]]:
    """Another process, as a function: it counts a login in the storage with this number. Is the login admitted?"""
    command = [sys.executable, "-c", PROCESS, *storages]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        requests, answers = running.stdin, running.stdout

        def admits(storage: int) -> bool:
            print(storage, file=requests, flush=True)
            return answers.readline() == "True\n"

        yield admits
        requests.close()


def one_counter_or_two() -> Claims:
    """Two processes of one application get 30 logins in turn; ten a minute are allowed"""
    admitted = {}
    with redis_server() as (redis, url), ExitStack() as stack:
        processes = [stack.enter_context(process("memory://", url)) for _ in range(2)]
        for storage, name in enumerate(("its own memory", "Redis")):
            answers = [processes[number % 2](storage) for number in range(30)]
            admitted[name] = [sum(answers[first::2]) for first in range(2)]
        keys = [key.decode() for key in redis.client().scan_iter()]
        left = redis.client().ttl(keys[0]) if keys else 0
    print_table(
        ("each process counts in", "process 1", "process 2", "admitted"),
        [(name, *map(str, counts), str(sum(counts))) for name, counts in admitted.items()],
    )
    for key in keys:
        print(f"In Redis: {key}, which expires in {left} s")
    return {
        "with a counter in each process, two processes admit twice as much": sum(admitted["its own memory"]) == 20,
        "with one counter in Redis, all processes together admit ten": sum(admitted["Redis"]) == 10,
        "the counter is one key in Redis, and it expires": len(keys) == 1 and 0 < left <= MINUTE,
    }


# ------------------------------------------------------------------------------------------------- who is the client?

ANN, BOB, MALLORY, PROXY = "203.0.113.1", "203.0.113.2", "198.51.100.66", "10.0.0.1"


def reading_the_header(request: Request) -> str:
    return request.headers.get("X-Forwarded-For") or get_remote_address(request)


def counted_by(key: Callable[[Request], str]) -> FastAPI:
    """A site that admits five requests with the same key in a minute."""
    application = FastAPI()
    limiter = Limiter(key_func=key, key_style="endpoint")
    application.state.limiter = limiter
    application.add_exception_handler(RateLimitExceeded, lambda *_: Response(status_code=429))

    @application.get("/")
    @limiter.limit("5/minute")
    async def page(request: Request) -> str:  # noqa: ARG001 - SlowAPI looks at it
        return "done"

    return application


async def admitted_of(application: ASGIApp, requests: Iterable[tuple[str, str]]) -> int:
    """How many requests are admitted, each given as the address of its connection and its X-Forwarded-For."""
    admitted = 0
    for address, forwarded in requests:
        transport = httpx.ASGITransport(application, client=(address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://site.example") as client:
            answer = await client.get("/", headers={"X-Forwarded-For": forwarded} if forwarded else {})
        admitted += answer.status_code == 200
    return admitted


def who_is_the_client() -> Claims:
    """Five requests a minute for each client. Mallory forges a header"""
    forged = [f"192.0.2.{number}" for number in range(12)]
    direct = [(MALLORY, address) for address in forged]
    appended = [(PROXY, f"{address}, {MALLORY}") for address in forged]
    ann_and_bob = [(PROXY, ANN), (PROXY, BOB)] * 6
    remote = get_remote_address
    cases: dict[str, tuple[Callable[[Request], str], str, list[tuple[str, str]]]] = {
        "Mallory, application reads the header": (reading_the_header, "", direct),
        "Mallory, no proxy is trusted": (remote, "", direct),
        "Ann and Bob, no proxy is trusted": (remote, "", ann_and_bob),
        "Ann and Bob, the proxy is trusted": (remote, PROXY, ann_and_bob),
        "Mallory by proxy, the proxy is trusted": (remote, PROXY, appended),
        "Mallory by proxy, everybody is trusted": (remote, "*", appended),
    }
    admitted = {}
    for name, (key, trusted, requests) in cases.items():
        application = ProxyHeadersMiddleware(counted_by(key), trusted_hosts=trusted)
        admitted[name] = asyncio.run(admitted_of(application, requests))  # type: ignore[arg-type]
    print_table(
        ("who sends 12 requests", "FORWARDED_ALLOW_IPS", "admitted"),
        [(name, case[1] or "none", str(admitted[name])) for name, case in cases.items()],
    )
    result = list(admitted.values())
    return {
        "an application that reads the header itself limits nobody": result[0] == 12,
        "a server that trusts no proxy ignores the header": result[1] == 5,
        "without trust, all users behind the proxy share one counter": result[2] == 5,
        "with trust, each user behind the proxy has a counter": result[3] == 10,
        "what a client writes before the proxy is ignored": result[4] == 5,
        "trusting everybody takes the first entry, which the client wrote": result[5] == 12,
    }


# ------------------------------------------------------------------------------------------------- 429 and Retry-After


@dataclass
class Worker:
    """A client that needs some answers, and how it fared."""

    answers: int = 0
    refusals: int = 0

    def work(self, client: httpx.Client, wanted: int, *, waits: bool) -> None:
        """Send requests until so many were admitted. After a 429, wait as long as it says, or come back at once."""
        while self.answers < wanted:
            answer = try_password(client)
            if answer.status_code != 429:
                self.answers += 1
                continue
            self.refusals += 1
            if waits:
                time.sleep(int(answer.headers["Retry-After"]))
            else:
                time.sleep(0.01)


def waiting_as_told() -> Claims:
    """Three requests a second are allowed. Each client needs five answers"""
    workers = {}
    for waits in (False, True):
        with served(site("3/second")) as client:
            worker, began = Worker(), time.perf_counter()
            worker.work(client, 5, waits=waits)
            workers[waits] = worker, time.perf_counter() - began
    print_table(
        ("after a 429 the client", "answers", "refusals", "took"),
        [
            (
                "waits for Retry-After" if waits else "tries again at once",
                f"{w.answers}",
                f"{w.refusals:,}",
                f"{s:.1f} s",
            )
            for waits, (w, s) in workers.items()
        ],
    )
    impatient, patient = workers[False][0], workers[True][0]
    return {
        "a client that waits is refused once at most": patient.refusals <= 1,
        "a client that does not wait is refused far more often": impatient.refusals > 5,
        "and it waits for the end of the same window all the same": workers[False][1] > 0.8,
    }


# ------------------------------------------------------------------------------------------------------------- defaults


def slowapi_as_it_comes(**options: Any) -> FastAPI:
    """An application as in SlowAPI's documentation: the decorator, and the library's own handler."""
    application = FastAPI()
    limiter = Limiter(key_func=get_remote_address, **options)
    application.state.limiter = limiter
    application.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)  # type: ignore[arg-type]

    @application.get("/verify/{token}")
    @limiter.limit("2/minute")
    async def verify(request: Request, response: Response, token: str) -> str:  # noqa: ARG001 - SlowAPI looks at both
        return token

    @application.post("/register")
    @limiter.limit("2/minute")
    async def register(request: Request, response: Response, age: int = Form()) -> int:  # noqa: ARG001
        return age

    return application


async def answers_of(application: ASGIApp, method: str, paths: Sequence[str], **more: Any) -> list[httpx.Response]:
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://site.example") as client:
        return [await client.request(method, path, **more) for path in paths]


def told(answers: Iterable[httpx.Response]) -> str:
    return " ".join(str(answer.status_code) for answer in answers)


def defaults_of_slowapi() -> Claims:
    """SlowAPI as it comes: two requests a minute are allowed"""
    same, others = ["/verify/1"] * 4, [f"/verify/{number}" for number in range(4)]
    by_default = asyncio.run(answers_of(slowapi_as_it_comes(), "GET", same))
    by_path = asyncio.run(answers_of(slowapi_as_it_comes(), "GET", others))
    by_endpoint = asyncio.run(answers_of(slowapi_as_it_comes(key_style="endpoint"), "GET", others))
    invalid = asyncio.run(answers_of(slowapi_as_it_comes(), "POST", ["/register"] * 4, data={"age": "many"}))
    with_headers = asyncio.run(answers_of(slowapi_as_it_comes(headers_enabled=True), "GET", same))
    told_to_wait = with_headers[0].headers.get("Retry-After", "none")
    nowhere = "redis://127.0.0.1:1/0"
    away = asyncio.run(answers_of(slowapi_as_it_comes(storage_uri=nowhere, storage_options=AT_ONCE), "GET", same))
    fallback = slowapi_as_it_comes(storage_uri=nowhere, storage_options=AT_ONCE, in_memory_fallback_enabled=True)
    in_memory = asyncio.run(answers_of(fallback, "GET", same))
    print_table(
        ("four requests", "answers"),
        [
            ("to one path", told(by_default)),
            ("to four paths of one route", told(by_path)),
            ('the same with key_style="endpoint"', told(by_endpoint)),
            ("with a body that is not valid", told(invalid)),
            ("the first one with headers_enabled=True", f"{with_headers[0].status_code}, Retry-After: {told_to_wait}"),
            ("while Redis is unavailable", told(away)),
            ("the same with in_memory_fallback_enabled=True", told(in_memory)),
        ],
    )
    print(f"The body of its 429: {by_default[-1].text}")
    return {
        "its 429 does not say when to come back": "retry-after" not in by_default[-1].headers,
        "with headers_enabled even a 200 has a Retry-After": "retry-after" in with_headers[0].headers,
        "it counts by path: a token in the path gets a new counter": told(by_path) == "200 200 200 200",
        'key_style="endpoint" counts by route': told(by_endpoint) == "200 200 429 429",
        "the decorator runs after the validation: a 422 is never counted": told(invalid) == "422 422 422 422",
        "without Redis it answers 500": told(away) == "500 500 500 500",
        "unless it may count in memory meanwhile": told(in_memory) == "200 200 429 429",
    }


AT_ONCE = {"socket_connect_timeout": 0.1, "socket_timeout": 0.1}
"""What the client for Redis is told, so that it gives up soon."""


# ---------------------------------------------------------------------------------------------------------- who waits

STALL_SECONDS = 0.5


def counting_in(url: str, *, in_a_thread: bool) -> FastAPI:
    """A site whose client for Redis blocks, in the event loop or in a thread, and one route that needs no Redis."""
    application = FastAPI()
    limiter = limiter_in(url).limiter
    hit = partial(limiter.hit, parse("1000/minute"), "client")

    @application.get("/limited")
    async def limited() -> bool:
        return await asyncio.to_thread(hit) if in_a_thread else hit()

    @application.get("/other")
    async def other() -> str:
        return "done"

    return application


def answered_meanwhile(redis: Redis, client: httpx.Client) -> int:
    """While one request waits for Redis, how many are answered that do not need it?"""
    client.get("/limited").raise_for_status()
    redis.set_fault(FaultMode.STALLS)
    before = redis.commands
    caller = threading.Thread(target=httpx.get, args=(f"{client.base_url}/limited",), kwargs={"trust_env": False})
    caller.start()
    while redis.commands == before:
        time.sleep(0.002)
    answered, ends_at = 0, time.monotonic() + STALL_SECONDS
    with suppress(httpx.TimeoutException):
        while (left := ends_at - time.monotonic()) > 0:
            client.get("/other", timeout=left).raise_for_status()
            answered += 1
    redis.set_fault(FaultMode.NONE)
    caller.join()
    return answered


def who_waits() -> Claims:
    """Redis does not answer for 0.5 s, and SlowAPI's client blocks. Who notices?"""
    answered = {}
    with redis_server() as (redis, url):
        for in_a_thread in (False, True):
            with served(counting_in(url, in_a_thread=in_a_thread)) as client:
                answered[in_a_thread] = answered_meanwhile(redis, client)
    print_table(
        ("the request is counted", "answers to other requests meanwhile"),
        [
            ("in a thread" if in_a_thread else "in the event loop", f"{count}")
            for in_a_thread, count in answered.items()
        ],
    )
    return {
        "in the event loop everybody waits for Redis": answered[False] == 0,
        "in a thread the others go on": answered[True] > 0,
    }


# --------------------------------------------------------------------------------------------------------------- output

CHAPTERS: tuple[Callable[[], Claims], ...] = (
    brute_force,
    windows,
    one_counter_or_two,
    who_is_the_client,
    waiting_as_told,
    defaults_of_slowapi,
    who_waits,
)


def duration(seconds: float) -> str:
    """A time as a person says it."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


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
    """Run every chapter and say which of its claims hold. 1 if one does not."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    wrong = 0
    for number, chapter in enumerate(CHAPTERS, start=1):
        print(f"\n{number}. {chapter.__doc__}\n")
        # A notebook has an event loop already. In a thread of its own, a chapter can run another one.
        with ThreadPoolExecutor(max_workers=1) as thread:
            claims = thread.submit(chapter).result()
        for claim, holds in claims.items():
            print(f"{'✓' if holds else '✗ NOT SO:'} {claim}")
            wrong += not holds
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
