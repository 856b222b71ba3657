"""A hostile client of Redis, which runs in the judge's process, reaches nothing but the data."""

import hashlib
import pickle
from collections.abc import Iterator
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
