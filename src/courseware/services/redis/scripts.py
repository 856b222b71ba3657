"""Runs Lua scripts that a client sends, without giving them Python, files, or endless time and memory.

fakeredis runs scripts in this process and hands them Python itself (`python.eval`). A submission sends scripts of its
own, so every runtime that fakeredis makes comes from here instead.
"""

import math
import time
from types import SimpleNamespace
from typing import Any, Self

from fakeredis.commands_mixins import scripting_mixin
from lupa import lua51  # type: ignore[import-untyped]

MOST_BYTES = 32 * 1024 * 1024
"""Memory for all scripts of one server together."""
MOST_SECONDS = 1.0
"""Processor time of one script."""
BYTE_CODE = b"\x1b"
"""The first byte of compiled Lua. The interpreter does not verify compiled code, so it could leave its bounds."""

# What Redis offers of Lua's own names; fakeredis adds redis, cjson, KEYS, ARGV. Two are left out: the hook that looks
# at the clock does not follow into a coroutine, and a script could go on in the error handler of xpcall.
PRELUDE = """
local is_late = ...
local error, find, type = error, string.find, type
local metatable_of, load_text, call = getmetatable, loadstring, pcall
local sethook, instructions_between_looks = debug.sethook, 100000

local allowed = {}
for name in ([[
  _G _VERSION assert collectgarbage error getmetatable ipairs loadstring math next pairs pcall rawequal rawget rawset
  select setmetatable string table tonumber tostring type unpack
]]):gmatch("%S+") do allowed[name] = true end
for name in pairs(_G) do
  if not allowed[name] then _G[name] = nil end
end
string.dump = nil

function loadstring(text, name)
  if type(text) ~= "string" or find(text, "^\\27") then error("only a chunk of text can be loaded", 2) end
  return load_text(text, name)
end

function getmetatable(value)
  return type(value) == "table" and metatable_of(value) or nil
end

local function look()
  if is_late() then error("the script runs for too long", 0) end
end

-- Whoever catches an error looks at the clock first, so that a late script cannot go on by catching what ends it.
local function after_a_look(...)
  look()
  return ...
end
function pcall(...) return after_a_look(call(...)) end

sethook(look, "", instructions_between_looks)
"""
# Scripts get functions of Lua's own, which call those of Python.
WRAPPING = """
for _, library in pairs({redis, cjson}) do
  for name, value in pairs(library) do
    if type(value) == "userdata" and value ~= cjson.null then
      library[name] = function(...) return value(...) end
    end
  end
end
"""


class RestrictedRuntime(lua51.LuaRuntime):  # type: ignore[misc]
    """A Lua runtime whose scripts reach nothing outside of it.

    `is_exhausted` says that its memory is used up: it runs nothing any more, and a new one has to take its place.
    """

    def __new__(cls, **options: Any) -> Self:
        limits = {"register_eval": False, "register_builtins": False, "max_memory": MOST_BYTES}
        runtime: Self = super().__new__(cls, attribute_filter=_refuse_attribute, **limits, **options)
        return runtime

    def __init__(self, **_options: Any) -> None:
        self.is_exhausted = False
        self._deadline = math.inf
        super().execute(PRELUDE, self._is_late)

    def execute(self, script: Any, *arguments: Any) -> Any:
        """Run a script. Raises LuaError, also for one that is compiled, runs for too long or needs too much memory."""
        if self.is_exhausted:
            return None  # fakeredis wants the garbage of a script that failed to be collected
        if isinstance(script, bytes) and script.startswith(BYTE_CODE):
            raise lua51.LuaError("only a script of text can be run")
        self._deadline = time.thread_time() + MOST_SECONDS
        try:
            return super().execute(script, *arguments)
        except lua51.LuaMemoryError:
            self.is_exhausted = True
            raise

    def _is_late(self) -> bool:
        return time.thread_time() > self._deadline


def _refuse_attribute(_value: object, name: object, _is_setting: bool) -> str:
    raise AttributeError(f"a script cannot use the attribute {name!r}")


fakeredis_scripts: Any = scripting_mixin
fakeredis_scripts.LUA_MODULE = SimpleNamespace(**{**vars(lua51), "LuaRuntime": RestrictedRuntime})
