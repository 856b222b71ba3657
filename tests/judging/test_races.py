"""Requests that a check sends at once reach the application at the same moment, however slow the machine is."""

import time

import pytest

from courseware.checking import Application, Request
from courseware.checking.http_client import HttpClient
from courseware.judging.runtime import RestartingServer
from courseware.judging.sandbox import ApplicationCommand, SandboxKind, start_application

KINDS = [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), "plain"]
REQUESTS = 4

# When it has read a request, it gives way to others once, and answers how many it has begun by then.
COUNTING = b"""
import asyncio
import json

begun = 0


def create_app():
    async def application(scope, receive, send):
        global begun
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message["more_body"]:
                break
        begun += 1
        await asyncio.sleep(0)
        seen = {"begun": begun, "client": scope["client"][0], "size": len(body), "path": scope["path"]}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(seen).encode()})

    return application
"""


@pytest.fixture
def slow_to_send(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a busy machine, time passes between one request and the next."""
    send = HttpClient._send_while_silent

    def send_and_pause(client: HttpClient, content: bytes) -> None:
        send(client, content)
        time.sleep(0.05)

    monkeypatch.setattr(HttpClient, "_send_while_silent", send_and_pause)


@pytest.mark.usefixtures("slow_to_send")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [0, 300_000])
def test_all_requests_of_a_race_have_begun_before_one_goes_on(kind: SandboxKind, size: int) -> None:
    command = ApplicationCommand("main:create_app")
    with RestartingServer(lambda _: start_application({"main.py": COUNTING}, command, kind=kind)) as running:
        assert running.ensure_running().phase == "ready"
        application = Application(running)
        before = application.send(Request("GET", "/alone")).json
        assert before == {"begun": 1, "client": "127.0.0.1", "size": 0, "path": "/alone"}
        requests = [
            Request("POST", f"/{number}", json="x" * size, client=f"203.0.113.{number}")
            for number in range(1, REQUESTS)
        ]
        for race in range(1, 3):
            answers = application.send_at_once([Request("POST", "/0", json="x" * size), *requests])
            expected = {"begun": 1 + race * REQUESTS, "size": size + 2}
            places = [("/0", "127.0.0.1"), *((f"/{number}", f"203.0.113.{number}") for number in range(1, REQUESTS))]
            assert [each.json for each in answers] == [
                {**expected, "client": client, "path": path} for path, client in places
            ]
