"""An application in the sandbox, which no network leads to, uses services that run in the judge's process."""

import socket
from collections.abc import Sequence

import pytest

from courseware.base.errors import UsageError
from courseware.checking import Application, Request
from courseware.judging.sandbox import ApplicationCommand, start_application
from courseware.services.mailbox.service import Mailbox
from courseware.services.redis.service import Redis
from courseware.services.registry import Service

PORTS = (1025, 6379)
COMMAND = ApplicationCommand("app.main:create_app", service_ports=PORTS)
MAIN = b"""
import json
import smtplib
import socket

def listening():
    found = []
    for descriptor in range(256):
        try:
            other = socket.socket(fileno=descriptor)
        except OSError:
            continue
        if other.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and other.family == socket.AF_INET:
            found.append(other.getsockname())
        other.detach()
    return found

def create_app():
    async def application(scope, receive, send):
        if scope["type"] != "http":
            return
        if scope["path"] == "/send":
            with smtplib.SMTP("127.0.0.1", 1025, timeout=20) as client:
                client.sendmail("app@example.com", ["ada@example.com"], b"Subject: from inside\\r\\n\\r\\n")
            with socket.create_connection(("127.0.0.1", 6379), timeout=20) as redis:
                redis.sendall(b"*3\\r\\n$3\\r\\nSET\\r\\n$3\\r\\nkey\\r\\n$6\\r\\ninside\\r\\n")
                redis.recv(5)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(listening()).encode()})

    return application
"""


@pytest.mark.bubblewrap
def test_it_sends_mail_and_stores_values_and_finds_no_socket_to_listen_on() -> None:
    mailbox, cache = Mailbox(), Redis()
    services: list[Service] = [mailbox, cache]

    def serve(sockets: Sequence[socket.socket]) -> None:
        for service, listener in zip(services, sockets, strict=True):
            service.serve(listener)

    for start in (1, 2):  # the services outlive an application that is started again
        with start_application({"app/main.py": MAIN}, COMMAND, kind="bubblewrap", serve=serve) as running:
            assert running.wait_ready(60).phase == "ready"
            answer = Application(running).send(Request("GET", "/send"))
            assert (answer.status, answer.json) == (200, [])
        assert len(mailbox.messages.all) == start
    assert cache.client().get("key") == b"inside"
    mailbox.stop()
    cache.stop()


@pytest.mark.bubblewrap
@pytest.mark.parametrize("main", [b"import os; os._exit(3)", b"raise ValueError", b"create_app = 1 / 0"])
def test_one_that_does_not_start_is_told_as_without_services(main: bytes) -> None:
    taken: list[socket.socket] = []
    with start_application({"app/main.py": main}, COMMAND, kind="bubblewrap", serve=taken.extend) as running:
        assert running.wait_ready(60).phase in ("ended", "import", "startup")
    assert [listener.getsockname() for listener in taken] == [("127.0.0.1", port) for port in PORTS]
    for listener in taken:
        listener.close()


@pytest.mark.bubblewrap
def test_one_that_is_stopped_at_once_leaves_nothing() -> None:
    taken: list[socket.socket] = []
    start_application({"app/main.py": MAIN}, COMMAND, kind="bubblewrap", serve=taken.extend).stop()
    for listener in taken:
        listener.close()


def test_without_a_sandbox_there_are_no_ports_of_its_own() -> None:
    with pytest.raises(UsageError, match="at the machine's own ports"):
        start_application({}, COMMAND, kind="plain")
