"""Whatever a server sends, a check fails with a word for it, in bounded time and memory."""

import gzip
import socket
import time
from collections.abc import Callable

import pytest

from courseware.checking import Application, CheckFailed, Request
from courseware.checking.application import last_error
from courseware.checking.time_limits import TimeLimits

from .conftest import ScriptedServer

HEAD = b"HTTP/1.1 200 OK\r\n"
ASK = Request("GET", "/")


def key_of(application: Application) -> str:
    """The message key with which asking fails."""
    with pytest.raises(CheckFailed) as failed:
        application.send(ASK)
    return failed.value.key


def endlessly(piece: bytes, pause: float = 0.0) -> Callable[[socket.socket], None]:
    """A script that sends `piece` again and again until the client has gone."""

    def play(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            time.sleep(pause)

    return play


@pytest.fixture
def short_patience(time_limits: TimeLimits) -> None:
    """A tenth of the time that an answer has."""
    time_limits.seconds /= 10


def test_body_without_end(application: Application, server: ScriptedServer) -> None:
    server.script = endlessly(b"x" * 65536)
    assert key_of(application) == "answer_too_large"


@pytest.mark.usefixtures("short_patience")
def test_body_in_drips(application: Application, server: ScriptedServer) -> None:
    server.script = endlessly(b"x", pause=0.05)
    assert key_of(application) == "no_answer"


@pytest.mark.usefixtures("short_patience")
def test_silence(application: Application, server: ScriptedServer, time_limits: TimeLimits) -> None:
    def play(connection: socket.socket) -> None:
        connection.recv(1)

    server.script = play
    assert key_of(application) == "no_answer"
    assert time_limits.has_timed_out


def test_informational_answers_without_end(application: Application, server: ScriptedServer) -> None:
    def play(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    server.script = play
    assert key_of(application) == "not_http"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "connection_closed"),
        (HEAD, "connection_closed"),
        (HEAD + b"Content-Length: 5\r\n\r\nabc", "not_http"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "connection_closed"),
        (HEAD + b"X: " + b"y" * 3_000_000 + b"\r\n\r\n", "connection_closed"),
        (HEAD + b"Content-Length: -1\r\n\r\n", "connection_closed"),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "connection_closed"),
    ],
)
def test_no_proper_http(application: Application, server: ScriptedServer, content: bytes, key: str) -> None:
    server.answers(content)
    assert key_of(application) == key


def test_compressed_body_is_not_unpacked(application: Application, server: ScriptedServer) -> None:
    bomb = gzip.compress(b"[" + b"0," * 50_000_000 + b"0]", compresslevel=1)
    server.answers(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(bomb), bomb))
    with pytest.raises(CheckFailed) as failed:
        application.send(ASK).value()
    assert failed.value.key == "not_json"


@pytest.mark.parametrize(
    "content",
    [
        *(b"[" * 200_000, b"\xff\xfe", b"", b"NaN nonsense", b'{"items": NaN}', b"-Infinity", b"1" * 5000),
        b"[" * 900 + b"]" * 900,
    ],
)
def test_body_that_is_no_json(application: Application, server: ScriptedServer, content: bytes) -> None:
    server.answers_json(content)
    with pytest.raises(CheckFailed) as failed:
        application.send(ASK).value("items")
    assert failed.value.key == "not_json"


def test_application_that_has_ended_is_said_to_have(application: Application, server: ScriptedServer) -> None:
    server.has_ended = True
    assert key_of(application) == "application_ended"


LOG = "Traceback (most recent call last):"
HOSTILE_LOGS = {
    "blank lines": LOG + "\n" * 60_000 + "Error: x",
    "spaces": LOG + "\n" + " " * 60_000 + "\nError: x",
    "indented lines": LOG + "\n  " * 20_000 + "\nError: x",
    "open quotes": LOG + '\n  File "' * 6_000 + "\nError: x",
    "digits": LOG + '\n  File "a", line ' + "1" * 60_000 + "\nError: x",
    "a long path": LOG + '\n  File "' + "/lib/python1" * 5_000 + '", line 1\nError: x',
    "a long error": LOG + "\nError: " + "x" * 60_000,
}


@pytest.mark.parametrize("log", HOSTILE_LOGS.values(), ids=HOSTILE_LOGS.keys())
def test_a_log_is_read_in_a_moment(log: str) -> None:
    began = time.process_time()
    assert last_error(log).startswith("(Error: x")
    assert len(last_error(log)) < 1000
    assert time.process_time() - began < 1
