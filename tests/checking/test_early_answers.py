"""A server may answer before it has heard everything, and a check can look at other things while it waits."""

import socket
import threading
import time

import pytest

from courseware.checking import Application, CheckFailed, File, Request
from courseware.checking.time_limits import TimeLimits

from .conftest import ScriptedServer

MIB = 1024 * 1024
REFUSAL = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\n{}"
SUCCESS = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def upload(**more: object) -> Request:
    return Request("POST", "/avatar", files={"file": File(bytes(8 * MIB))}, **more)  # type: ignore[arg-type]


def read_all(connection: socket.socket, total: list[int]) -> None:
    """Reads until nothing comes for a while; notes how much that was."""
    connection.settimeout(0.3)
    try:
        while received := connection.recv(MIB):
            total[0] += len(received)
    except TimeoutError:
        return


def test_an_answer_in_the_middle_ends_the_sending(application: Application, server: ScriptedServer) -> None:
    total = [0]

    def play(connection: socket.socket) -> None:
        connection.sendall(REFUSAL)
        read_all(connection, total)

    server.script = play
    assert application.send(upload()).status == 413
    server.close()
    assert total[0] < 2 * MIB


def test_a_server_that_closes_after_its_answer_is_understood(application: Application, server: ScriptedServer) -> None:
    server.answers(REFUSAL)
    assert application.send(upload()).status == 413


@pytest.mark.parametrize("chunked", [False, True])
def test_the_rest_can_be_kept_back(application: Application, server: ScriptedServer, chunked: bool) -> None:
    total = [0]

    def play(connection: socket.socket) -> None:
        read_all(connection, total)
        connection.sendall(REFUSAL)

    server.script = play
    assert application.send(upload(stops_after=MIB, chunked=chunked)).status == 413
    head = server.received[0].partition(b"\r\n\r\n")[0]
    assert (b"Transfer-Encoding: chunked" in head, b"Content-Length" in head) == (chunked, not chunked)
    assert MIB - 65536 <= total[0] <= MIB + 1024


def test_a_server_that_waits_for_the_rest_is_found_out(
    application: Application, server: ScriptedServer, time_limits: TimeLimits
) -> None:
    time_limits.seconds = 0.5
    over = threading.Event()

    def play(connection: socket.socket) -> None:
        read_all(connection, [0])
        over.wait(5)

    server.script = play
    with application.sending(upload(stops_after=MIB)) as sent:
        assert not sent.is_answered()
    over.set()
    assert time_limits.has_timed_out


def test_a_check_can_do_other_things_until_the_answer_comes(application: Application, server: ScriptedServer) -> None:
    go = threading.Event()

    def play(connection: socket.socket) -> None:
        if b"GET" not in server.received[-1]:
            go.wait(5)
        connection.sendall(SUCCESS)

    server.script = play
    with application.sending(Request("POST", "/slow")) as slow:
        with application.sending(Request("GET", "/health")) as quick:
            assert quick.is_answered_before(slow)
            assert not slow.is_answered_before(quick)
            assert quick.answer().status == 200
        go.set()
        assert slow.is_answered()
        assert slow.answer().status == 200


def test_a_request_can_have_more_or_less_time_than_usual(application: Application, server: ScriptedServer) -> None:
    server.script = lambda _: time.sleep(0.5)
    with pytest.raises(CheckFailed) as failed:
        application.send(Request("GET", "/"), seconds=0.1)
    assert (failed.value.key, failed.value.got) == ("no_answer", "no complete answer within 0.1 s")


def test_a_check_learns_which_of_two_requests_is_answered_first(
    application: Application, server: ScriptedServer, time_limits: TimeLimits
) -> None:
    time_limits.seconds = 0.2
    server.script = lambda _: time.sleep(0.5)
    with application.sending(Request("GET", "/one")) as one, application.sending(Request("GET", "/two")) as two:
        assert not one.is_answered_before(two)
        assert not two.is_answered_before(one)
    assert time_limits.has_timed_out
