"""Requests come from the client addresses that a check chooses, and the application sees nothing else of it."""

import json
import time

import pytest

from courseware.checking import Application, Request
from courseware.course import Course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.runtime import RestartingServer
from courseware.judging.sandbox import ApplicationCommand, SandboxKind, start_application
from courseware.verdict import Verdict

KINDS = [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), "plain"]
REQUEST = b"GET / HTTP/1.1\r\nHost: application\r\nConnection: close\r\n\r\n"
ADDRESSES = ["203.0.113.7", "2001:db8::7", "::ffff:203.0.113.7"]

# It answers with all that it is told of a request.
ECHO = b"""
import json
import os


def create_app():
    os.environ["FORWARDED_ALLOW_IPS"] = "*"  # too late to have a say: the server was configured before

    async def application(scope, receive, send):
        if scope["type"] != "http":
            return
        seen = {key: repr(value) for key, value in scope.items()}
        seen["client"] = scope["client"]
        seen["headers"] = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        seen["body"] = (await receive())["body"].decode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(seen).encode()})

    return application
"""


def server(kind: SandboxKind, **environment: str) -> RestartingServer:
    command = ApplicationCommand("main:create_app", environment=environment)
    return RestartingServer(lambda _: start_application({"main.py": ECHO}, command, kind=kind))


def client_of(application: Application, request: Request) -> str:
    """The address from which the application takes the request to come."""
    host = application.send(request, seconds=30).value("client", 0)
    assert isinstance(host, str)
    return host


@pytest.mark.parametrize("kind", KINDS)
def test_the_application_sees_the_address_and_nothing_of_how_it_came(kind: SandboxKind) -> None:
    with server(kind) as running:
        assert running.ensure_running().phase == "ready"
        application = Application(running)
        usual = application.send(Request("POST", "/", json={"a": 1}))
        assert usual.value("client") == ["127.0.0.1", 50000]
        for address in ADDRESSES:
            answer = application.send(Request("POST", "/", json={"a": 1}, client=address))
            assert answer.value("client") == [address, 50000]
            others = json.loads(answer.body) | {"client": None, "state": None}
            assert others == json.loads(usual.body) | {"client": None, "state": None}


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_changes_the_address_only_when_it_comes_from_a_trusted_proxy(kind: SandboxKind) -> None:
    proxy, client, other = "10.0.0.1", "203.0.113.7", "198.51.100.1"
    with server(kind, FORWARDED_ALLOW_IPS=proxy) as running:
        assert running.ensure_running().phase == "ready"
        application = Application(running)

        def seen(sender: str | None, **headers: str) -> str:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            return client_of(application, Request("GET", "/", client=sender, headers=sent))

        assert seen(client, X_Forwarded_For=other) == client
        assert seen(client, X_Forwarded_For=proxy) == client
        assert seen(None, X_Forwarded_For=other) == "127.0.0.1"
        assert seen(proxy, X_Forwarded_For=other) == other
        assert seen(proxy, X_Forwarded_For=f"{other}, {client}, {proxy}") == client
        assert seen(proxy, Forwarded=f"for={other}") == proxy
        assert seen(client, Proxy=f"TCP4 {other} 127.0.0.1 1 2") == client


def test_a_line_that_comes_in_pieces_is_put_together() -> None:
    with server("plain") as running:
        assert running.ensure_running().phase == "ready"
        with running.connect(30) as connection:
            for piece in (b"P", b"ROXY TCP4 203.0.113.7 127.0", b".0.1 5 6\r", b"\n" + REQUEST[:9], REQUEST[9:]):
                connection.sendall(piece)
                time.sleep(0.05)  # so that it is read by itself, which cannot be seen from outside
            answer = b"".join(iter(lambda: connection.recv(64 * 1024), b""))
    assert b'"client": ["203.0.113.7", 5]' in answer


@pytest.mark.parametrize("client", ["somewhere", "203.0.113", "203.0.113.7:80", ""])
def test_a_client_is_an_address(client: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 address"):
        Request("GET", "/", client=client)


# Three greetings for each address, which for IPv6 is that of the network.
LIMITED = '''"""The application: greets each client at most three times."""

from collections import Counter
from ipaddress import ip_address, ip_network

from app.greeting import respond

LIMIT = 3


def create_app():
    """The application, which has greeted nobody yet."""
    greeted = Counter()

    async def application(scope, receive, send):
        if scope["type"] != "http":
            return
        client = network(scope["client"][0])
        greeted[client] += 1
        if greeted[client] > LIMIT:
            await respond(send, 429, "That was too often.")
        else:
            await respond(send, 200, f"Hello, {scope['client'][0]}!")

    return application


def network(host):
    """What is counted as one client."""
    return host if ip_address(host).version == 4 else ip_network(f"{host}/64", strict=False)
'''
RESPOND = '''"""Answers."""

import json


async def respond(send, status, text):
    """Answers with a text."""
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps({"greeting": text}).encode()})
'''
CHECKS = '''"""A limit for each client."""

from collections.abc import Callable
from random import Random

from courseware.checking import Application, Request, check


def greeting(client: str) -> Request:
    return Request("GET", "/greeting", query={"name": "Ada"}, client=client)


@check(task="1.1", points=3, hints=("Count by address.",), fresh_start=True)
def test_limits_each_client(application: Application, new_client: Callable[[], str]) -> None:
    """The fourth greeting of a client is refused, and the first of another one is not."""
    client, other = new_client(), new_client()
    for _ in range(3):
        application.send(greeting(client)).expect_status(200, key="too_strict")
    application.send(greeting(client)).expect_status(429, key="not_limited")
    application.send(greeting(other)).expect_value("greeting", equals=f"Hello, {other}!", key="limits_all")


@check(task="1.2", points=3, hints=("Count by network.",), fresh_start=True)
def test_limits_a_network(application: Application, random: Random) -> None:
    """Addresses of one IPv6 network count as one client."""
    network = f"2001:db8:{random.getrandbits(16):x}:{random.getrandbits(16):x}"
    for number in range(1, 4):
        application.send(greeting(f"{network}::{number}")).expect_status(200, key="too_strict")
    application.send(greeting(f"{network}::4")).expect_status(429, key="network_not_limited")
'''


def judged(course: Course, kind: SandboxKind, limited: str, seed: int) -> Verdict:
    (course.step(1).checks_folder / "test_greeting.py").write_text(CHECKS, encoding="utf-8")
    tree = {**finish(course, 1), "app/main.py": limited.encode(), "app/greeting.py": RESPOND.encode()}
    verdict = judge(course, course.step(1), tree, sandbox=kind, seed=seed)
    assert verdict.valid, verdict
    return verdict


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_counts_by_client(course: Course, kind: SandboxKind) -> None:
    assert judged(course, kind, LIMITED, 1).held


@pytest.mark.parametrize(
    ("find", "replace", "expected"),
    [
        ("LIMIT = 3", "LIMIT = 4", {"limits_each_client": "not_limited", "limits_a_network": "network_not_limited"}),
        ('network(scope["client"][0])', '"anyone"', {"limits_each_client": "limits_all"}),
        ('network(scope["client"][0])', 'scope["client"][0]', {"limits_a_network": "network_not_limited"}),
    ],
)
def test_who_counts_otherwise_fails_in_any_order(
    course: Course, find: str, replace: str, expected: dict[str, str]
) -> None:
    assert find in LIMITED
    for seed in range(2):
        verdict = judged(course, "plain", LIMITED.replace(find, replace, 1), seed)
        assert {check.id: check.failure.key for check in verdict.checks if check.failure is not None} == expected


def test_a_failure_names_the_client(course: Course) -> None:
    verdict = judged(course, "plain", LIMITED.replace("LIMIT = 3", "LIMIT = 4"), 1)
    failure = verdict.checks[0].failure
    assert failure is not None
    assert failure.asked.startswith("GET /greeting?name=Ada from 198.18.0.")
