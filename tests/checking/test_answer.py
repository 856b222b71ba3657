"""What a check can demand of an answer, and in which words it fails."""

import json
import socket
from datetime import UTC, datetime
from typing import Any

import pytest

from courseware.checking import Answer, Application, CheckFailed, Clock, Request, check, expect, read_address

from .conftest import ScriptedServer

ASK = Request("POST", "/things", json={"name": "Олена"})


def answer(body: str, status: int = 200) -> Answer:
    return Answer(ASK, status, {"location": "/things/1"}, body.encode())


def failure(of: pytest.ExceptionInfo[CheckFailed]) -> tuple[str, str, str]:
    return of.value.key, of.value.expected, of.value.got


def test_right_answer_is_taken() -> None:
    right = answer('{"id": 1, "tags": ["a"]}', 201)
    assert right.expect_status(200, 201, key="wrong_status") is right
    right.expect_value("tags", 0, equals="a", key="wrong_tag")
    assert right.typed(int, "id") == 1
    assert right.expect_header("Location", key="no_location") == "/things/1"


def test_failure_says_what_was_asked_expected_and_got() -> None:
    with pytest.raises(CheckFailed) as failed:
        answer('{"detail": "no"}', 404).expect_status(200, 201, key="wrong_status")
    assert failed.value.asked == 'POST /things {"name": "Олена"}'
    assert failure(failed) == ("wrong_status", "200 or 201", '404 Not Found {"detail": "no"}')


@pytest.mark.parametrize("body", ['{"id": true}', '{"id": 1.0}', '{"id": "1"}', '{"id": null}'])
def test_equal_looking_values_of_another_type_are_other_values(body: str) -> None:
    with pytest.raises(CheckFailed):
        answer(body).expect_value("id", equals=1, key="wrong_id")


@pytest.mark.parametrize("body", ["{}", "[]", "3", '"id"', "null", '{"id": {}}'])
def test_missing_value_fails_whatever_stands_there(body: str) -> None:
    with pytest.raises(CheckFailed) as failed:
        answer(body).value("id", 0, "x", key="no_id")
    assert failure(failed)[:2] == ("no_id", "a JSON answer with id[0].x")


def test_text_and_list_are_not_taken_for_each_other() -> None:
    assert answer('{"items": "abc"}').optional("items", 0) is None
    assert answer("[[5]]").value(0, -1) == 5
    assert answer("[1]").optional(1) is None


@pytest.mark.parametrize(
    "value", ["7", "-1", '"a1-b_2.c~"', f'"{"0" * 32}"', "340282366920938463463374607431768211455"]
)
def test_ids_that_can_stand_in_a_path(value: str) -> None:
    assert answer(f'{{"id": {value}}}').identifier("id") == json.loads(value)


@pytest.mark.parametrize(
    "value",
    [
        *("true", "null", "1.5", "[]", '""', '"a b"', '"\\u0000"', '"\\ud800"', '"Їжак"', '"a/b"', '"?"', '"#"', '"%"'),
        *("1" * 60, f'"{"x" * 300}"'),
    ],
)
def test_ids_that_cannot_stand_in_a_path_fail(value: str) -> None:
    with pytest.raises(CheckFailed) as failed:
        answer(f'{{"id": {value}}}').identifier("id")
    assert failed.value.key == "no_id"


@pytest.mark.parametrize("token", ["a b", "a\\r\\nX: y", "Їжак", "\\ud800", "", "x" * 9000])
def test_token_that_cannot_stand_in_a_header_fails(token: str) -> None:
    assert answer('{"token": "a.b-c_d=="}').token("token", key="no_token") == "a.b-c_d=="
    with pytest.raises(CheckFailed):
        answer(f'{{"token": "{token}"}}').token("token", key="no_token")


@pytest.mark.parametrize("text", ["http://[", "//[::", "http://a/Їжак", "/a b", "/a\x7f"])
def test_address_that_is_none_fails(text: str) -> None:
    with pytest.raises(CheckFailed) as failed:
        read_address(text, asked="the link", key="no_link")
    assert failed.value.key == "no_link"


def test_address_has_a_target_for_a_request() -> None:
    assert read_address("http://elsewhere:99/a/b?c=d#e", asked="", key="k").target == "/a/b?c=d"
    assert read_address("http://elsewhere", asked="", key="k").target == "/"
    assert read_address("7", base="/things/", asked="", key="k").path == "/things/7"


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/a b"),
        Request("GET", "/Їжак"),
        Request("GET", "/\ud800"),
        Request("GET", "/", token="a\r\nb"),
        Request("GET", "/", token="Їжак"),
        Request("GET", "/", headers={"X-Y": "\0"}),
    ],
    ids=ascii,
)
def test_value_that_cannot_be_sent_back_fails_the_check(request_: Request) -> None:
    """A check would send it on from an answer: its own values have passed with the reference."""
    server = ScriptedServer()
    with pytest.raises(CheckFailed) as failed:
        Application(server).send(request_)
    assert failed.value.key == "value_cannot_be_sent"
    server.close()


@pytest.mark.parametrize("data", [{"json": {"a": "\ud800"}}, {"form": {"a": "\ud800"}}, {"query": {"a": "\ud800"}}])
def test_any_text_can_be_sent_as_data(data: dict[str, Any]) -> None:
    request = Request("POST", "/things", **data)
    assert request.body() or request.target
    assert str(request)


def test_value_of_the_wrong_type_and_missing_header() -> None:
    with pytest.raises(CheckFailed) as failed:
        answer('{"id": true}').typed(int, "id")
    assert failure(failed) == ("wrong_type", "id to be a whole number", "id = true")
    with pytest.raises(CheckFailed) as failed:
        answer("{}").expect_header("Retry-After", key="no_retry_after")
    assert failure(failed) == ("no_retry_after", "a Retry-After header", "200 without one")


def test_long_bodies_are_cut_and_unknown_statuses_shown() -> None:
    shown = str(answer("x" * 5000, 299))
    assert shown.startswith("299 xxx")
    assert len(shown) < 400


def test_expect_words() -> None:
    expect(True, "never", asked="", expected="", got="")
    with pytest.raises(CheckFailed) as failed:
        expect(False, "wrong_order", asked="GET /", expected=[1, 2], got=[2, 1])
    assert failure(failed) == ("wrong_order", "[1, 2]", "[2, 1]")


def test_request_travels_as_written(application: Application, server: ScriptedServer) -> None:
    server.answers_json(b"{}")
    application.send(Request("GET", "/things", query={"q": "%_ é"}, token="a.b.c"))
    application.send(Request("POST", "/login", form={"username": "a&b"}))
    application.send(ASK)
    search, login, create = server.received
    assert search.startswith(b"GET /things?q=%25_+%C3%A9 HTTP/1.1\r\n")
    assert b"Authorization: Bearer a.b.c" in search
    assert login.endswith(b"\r\n\r\nusername=a%26b")
    assert create.endswith('\r\n\r\n{"name": "Олена"}'.encode())


def test_request_is_shown_as_a_person_would_write_it() -> None:
    search = Request("GET", "/things", query={"q": "100% Олена", "limit": 2})
    assert str(search) == "GET /things?q=100% Олена&limit=2"


def test_requests_at_once_are_all_sent_before_the_first_answer(
    application: Application, server: ScriptedServer
) -> None:
    def play(connection: socket.socket) -> None:
        while len(server.received) < 5:
            pass
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    server.script = play
    assert [each.status for each in application.send_at_once([ASK] * 5)] == [204] * 5


def test_server_error_brings_the_line_that_raised_it(application: Application, server: ScriptedServer) -> None:
    def play(connection: socket.socket) -> None:
        server.log += (
            "Traceback (most recent call last):\n"
            '  File "/x/project/app/things.py", line 12, in create\n'
            '  File "/usr/lib/python3.11/site-packages/lib.py", line 3, in raised\n'
            '  File "<made by a library>", line 5, in wrapper\n'
            "NotImplementedError: Task 1.1\n"
        )
        connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")

    server.script = play
    assert application.send(ASK).error == "(NotImplementedError: Task 1.1, app/things.py line 12)"


def test_clock_is_put_right_only_after_it_was_moved(server: ScriptedServer) -> None:
    clock = Clock(server)
    clock.reset()
    assert server.clock == []
    leap_day = datetime(2028, 2, 29, tzinfo=UTC)
    clock.move(leap_day)
    clock.reset()
    assert server.clock == [leap_day, None]


def test_check_has_one_to_three_hints() -> None:
    for hints in ((), ("a", "b", "c", "d")):
        with pytest.raises(ValueError, match="one to three hints"):
            check(task="1.1", points=1, hints=hints)


def test_a_check_about_something_else_takes_any_status_of_success() -> None:
    for status in (200, 201, 204):
        right = answer("{}", status)
        assert right.expect_success(201, key="not_created") is right
    for status in (199, 302, 404, 500):
        with pytest.raises(CheckFailed) as failed:
            answer("{}", status).expect_success(201, key="not_created")
        assert (failed.value.key, failed.value.expected) == ("not_created", "201")
