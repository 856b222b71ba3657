"""A hostile client of Redis, which runs in the judge's process, reaches nothing but the data."""

import hashlib
import pickle
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.exceptions import ResponseError

from courseware.services.redis.service import Redis
from courseware.services.servers import HOST, listen, port_of

SECONDS = 60


@pytest.fixture
def client() -> Iterator[Any]:
    service, listener = Redis(), listen(0)
    port = port_of(listener)
    service.serve(listener)
    with redis.Redis(host=HOST, port=port, socket_timeout=SECONDS) as client:
        yield client
        assert client.ping()
    service.stop()


class Touches:
    """Makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.file,)


def test_nothing_is_unpickled(client: Any, tmp_path: Path) -> None:
    made = tmp_path / "made"
    pickled = pickle.dumps(Touches(made))
    with pytest.raises(ResponseError, match="unknown command"):
        client.restore("key", 0, hashlib.sha1(pickled).digest() + pickled)  # noqa: S324 - what fakeredis checks
    assert not made.exists()


def test_no_file_is_written(client: Any, tmp_path: Path) -> None:
    made = tmp_path / "made"
    for command in (("CONFIG", "SET", "aclfile", str(made)), ("ACL", "SAVE"), ("FUNCTION", "LOAD", "#!lua name=x\n")):
        with pytest.raises(ResponseError, match="unknown command"):
            client.execute_command(*command)
    with pytest.raises(ResponseError, match="unknown command"):
        client.eval("return redis.call('ACL', 'SAVE')", 0)
    assert not made.exists()


REACHING_OUT = [
    "return tostring(python.eval('1'))",
    "return tostring(python)",
    "return tostring(os)",
    "return tostring(io)",
    "return tostring(require)",
    "return tostring(dofile)",
    "return tostring(package)",
    "return tostring(debug)",
    "return tostring(coroutine)",
    "return tostring(string.dump)",
    "return tostring(redis.call.__globals__)",
    "return tostring(redis.log.func)",
    "return tostring(cjson.encode.__class__)",
    "return tostring(cjson.null.__class__)",
    "return tostring(getmetatable(cjson.null))",
    "return tostring(getmetatable('').__index.dump)",
    "local ok, error = pcall(redis.call, 'NO SUCH') return tostring(error.__traceback__)",
    "local ok, error = pcall(redis.call, {}) return tostring(error.__class__)",
    "return tostring(loadstring('\\27Lua'))",
    "return tostring(getfenv)",
]
REFUSALS = (b"nil value", b"function value", b"cannot use the attribute", b"only a chunk of text")


@pytest.mark.parametrize("script", REACHING_OUT)
def test_a_script_reaches_nothing_of_the_process(client: Any, script: str) -> None:
    try:
        reached = client.eval(script, 0)
    except ResponseError as error:
        reached = str(error).encode()
    assert reached == b"nil" or any(refusal in reached for refusal in REFUSALS), reached


def test_compiled_scripts_are_refused(client: Any) -> None:
    with pytest.raises(ResponseError, match="only a script of text"):
        client.eval(b"\x1bLuaQ", 0)


@pytest.mark.parametrize(
    "script",
    [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "local function endless() while true do pcall(endless) end end while true do pcall(endless) end",
        "return table.sort({3, 2, 1}, function() while true do end end)",
    ],
)
def test_a_script_without_end_is_ended(client: Any, script: str) -> None:
    with pytest.raises(ResponseError, match="too long"):
        client.eval(script, 0)
    assert client.eval("return 1", 0) == 1


def test_a_script_that_fills_the_memory_is_ended_and_others_run_on(client: Any) -> None:
    for script in ("local all = {} for i = 1, 1e9 do all[i] = {} end", "return string.rep('x', 2^30)"):
        with pytest.raises(ResponseError):
            client.eval(script, 0)
    assert client.eval("return redis.call('SET', KEYS[1], ARGV[1])", 1, "key", "v") == b"OK"
    assert client.get("key") == b"v"


def test_scripts_can_do_what_they_are_for(client: Any) -> None:
    compare_and_set = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('SET', KEYS[1], ARGV[2]) end"
    client.set("key", "old")
    assert client.eval(compare_and_set, 1, "key", "other", "new") is None
    assert client.eval(compare_and_set, 1, "key", "old", "new") == b"OK"
    assert client.eval("return cjson.encode({a = cjson.decode(ARGV[1])[2]})", 0, "[1, 2]") == b'{"a":2}'
    assert client.eval("return redis.pcall('INCR', KEYS[1]).err ~= nil and 1 or 0", 1, "key") == 1
    assert client.eval("return {1, 'two', {3}}", 0) == [1, b"two", [3]]
    with pytest.raises(ResponseError, match="gone wrong"):
        client.eval("return redis.error_reply('gone wrong')", 0)


def test_a_pattern_with_many_stars_is_answered_at_once(client: Any) -> None:
    client.set("a" * 50_000, "v")
    client.set("user:1:visits", "v")
    began = time.monotonic()
    assert client.keys("*" + "a*" * 20 + "b") == []
    assert time.monotonic() - began < 5
    assert client.keys("u*:[0-9]:vi*s") == client.keys("*visits") == client.keys("user:?:*") == [b"user:1:visits"]
    assert client.keys("*s*s") == client.keys(b"user:1:visits*") == [b"user:1:visits"]
    assert client.keys("*:2:*") == client.keys("sir*") == []
    with pytest.raises(ResponseError, match="too long"):
        client.keys("a*" * 2_000)


LARGE = bytes(4_000_000)
FILLING: dict[str, Callable[[Any, int], object]] = {
    "set": lambda client, number: client.set(f"key{number}", LARGE),
    "setrange": lambda client, number: client.setrange(f"key{number}", 16_000_000, b"x"),
    "setbit": lambda client, number: client.setbit(f"key{number}", 8 * 16_000_000, 1),
    "rpush": lambda client, number: client.rpush("list", LARGE, number),
    "script": lambda client, number: client.eval(
        "redis.call('SET', KEYS[1], string.rep('x', 4000000))", 1, f"key{number}"
    ),
    "names": lambda client, number: client.set(LARGE + b"%d" % number, "v") and client.flushall(),
    "copy": lambda client, number: client.rpush("key", *range(50_000)) and client.copy("key", f"copy{number}"),
}


@pytest.mark.parametrize("fill", FILLING.values(), ids=FILLING.keys())
def test_the_memory_is_bounded(client: Any, fill: Callable[[Any, int], object]) -> None:
    def fill_all() -> None:
        for number in range(100):
            fill(client, number)

    with pytest.raises(ResponseError, match="maxmemory"):
        fill_all()
    assert client.get("other") is None
    assert client.dbsize() <= 17


def test_a_string_is_bounded(client: Any) -> None:
    client.set("key", bytes(16_000_000))
    with pytest.raises(ResponseError, match="maximum allowed size"):
        client.append("key", bytes(1_000_000))


def test_half_a_command_is_not_kept_for_ever() -> None:
    service, listener = Redis(), listen(0)
    port = port_of(listener)
    service.serve(listener)

    def send_all(connection: socket.socket) -> None:
        for _ in range(200):
            connection.sendall(bytes(1_000_000))

    with socket.create_connection((HOST, port), SECONDS) as connection:
        connection.sendall(b"*2\r\n$3\r\nGET\r\n$500000000\r\n")
        with pytest.raises(OSError):  # noqa: PT011 - the connection is closed, in one way or another
            send_all(connection)
    service.stop()
    assert service.unread == 0


def test_an_empty_redis_has_its_memory_back() -> None:
    service = Redis()
    client = service.client()
    for _ in range(3):
        for number in range(10):
            client.set(f"key{number}", bytes(4_000_000))
        service.forget()
    assert client.dbsize() == 0
    assert service.data.written_after(0, 0) == []


def test_a_value_is_counted_once(client: Any) -> None:
    for number in range(15):  # 60 of the 64 MiB
        client.set(f"key{number}", LARGE)
    assert client.mset({f"short{number}": bytes(100_000) for number in range(20)})
    with pytest.raises(ResponseError, match="maxmemory"):
        client.mset({f"other{number}": LARGE for number in range(2)})


def test_what_a_command_makes_of_a_short_one_is_counted(client: Any) -> None:
    """The long name of a key is no part of the value that SETRANGE makes, and COPY brings no value along."""
    name = "n" * 4_000_000
    for number in range(7):
        client.setrange(f"{name}{number}", 4_000_000, b"x")
    assert client.copy(f"{name}0", "copy")
    assert client.copy(f"{name}1", "second copy")
    with pytest.raises(ResponseError, match="maxmemory"):
        client.copy(f"{name}2", "third copy")
