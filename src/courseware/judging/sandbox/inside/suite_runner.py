"""Runs inside the sandbox: lays out a variant of the application with a student's tests, and runs pytest on them.

One trusted file, run by the fork server, or in a process without a sandbox by `serve`. From the moment when pytest
reads the first file of the suite, the suite can do in this process whatever it likes. So the judge believes nothing
that is reported here, and this process knows nothing that the suite may not know: neither whether the application has a
bug, nor which tests the judge waits for. No source of the application is on the disk.

Each report is one JSON object per line: {"begun"}, {"collected", "errors"}, {"started"}, {"test", "outcome", "text",
"reached"} for each test, and at the end {"end", "left"}.
"""

import builtins
import gc
import importlib
import json
import marshal
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from _pytest.config import default_plugins

LIBRARIES = (
    *(f"_pytest.{name}" for name in default_plugins),
    "httpx",
    "pdb",
    "pytest_asyncio.plugin",
    "time_machine",
    "unittest.mock",
)
ARGUMENTS = (
    "-c", os.devnull, "--rootdir", ".", "-q", "--tb=short", "--no-header", "--disable-plugin-autoload",
    "-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function",
    "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:junitxml", "-p", "no:pastebin", "-p", "no:stepwise",
)  # fmt: skip
GARBAGE = 20_000
"""The number of new objects after which Python collects garbage: a run is short and has enough memory."""
TEXT_CHARACTERS = 600
WHERE = "\n +  where "
"""Begins what pytest adds to a failed comparison: the value of each part, which may be long."""
MOST_FILES = 20
LONGEST_MESSAGE = 64 * 1024


def load(name: str) -> Any:
    """The module in the file of this name that stands beside this one."""
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


runner = load("runner")
code_guard = load("code_guard")


def prepare(libraries: Sequence[str]) -> None:
    """Import what every run imports."""
    for name in (*LIBRARIES, *libraries):
        with suppress(ImportError):
            importlib.import_module(name)


def run(package: int, reports: int) -> None:
    """Run the suite that can be read from the descriptor `package`. The reports go to the descriptor `reports`."""
    with os.fdopen(package, "rb") as file:
        setup = json.loads(file.readline())
        contents = file.read()
    project = runner.lay_out(Path(setup["folder"], "project"), contents, setup["files"])
    present = set(all_files(project))
    runner.set_limits(setup["limits"])
    sys.meta_path.insert(0, Application(project, contents, setup["modules"]))
    os.chdir(project)
    sys.path.insert(0, str(project))
    sys.argv[:] = ["pytest"]
    reporter = Reporter(reports, setup["order"])
    builtins.__dict__[setup["mark"]] = reporter.reached.add
    import time_machine

    if setup["clock"] is not None:
        time_machine.travel(setup["clock"], tick=True).start()
    gc.set_threshold(GARBAGE)
    gc.enable()
    reporter.say(begun=True)
    code_guard.guard(setup["application"])
    plugins: list[object] = [reporter, sys.modules["pytest_asyncio.plugin"]]
    code = pytest.main([*ARGUMENTS, *setup["arguments"]], plugins=plugins)
    sys.stdout.flush()
    sys.stderr.flush()
    left = sorted(set(all_files(project)) - present)[:MOST_FILES]
    reporter.say(end=int(code), left=left)
    os._exit(0)


def all_files(folder: Path) -> Iterator[str]:
    """The paths of all files, except in caches: in these, tools keep what they need."""
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        yield from (Path(parent, name).relative_to(folder).as_posix() for name in files)


class Application(MetaPathFinder, Loader):
    """Imports the application's modules from compiled code, so that their source is not on the disk.

    `modules` says for each its path, and where its code begins and ends in `contents`.
    """

    def __init__(self, project: Path, contents: bytes, modules: list[tuple[str, int, int]]) -> None:
        self._paths: dict[str, Path] = {}
        self._codes: dict[str, bytes] = {}
        for path, begin, end in modules:
            parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
            self._paths[".".join(parts)] = project / path
            self._codes[".".join(parts)] = contents[begin:end]

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        place = self._paths.get(fullname)
        if place is None:
            return None
        spec = spec_from_loader(fullname, self, origin=str(place), is_package=place.name == "__init__.py")
        assert spec is not None
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(str(place.parent))
        return spec

    def exec_module(self, module: ModuleType) -> None:
        exec(marshal.loads(self._codes[module.__name__]), module.__dict__)  # noqa: S102, S302 - the judge compiled it


class Reporter:
    """The pytest plugin that puts the tests of `order` first and reports each test."""

    def __init__(self, descriptor: int, order: Sequence[str]) -> None:
        self._descriptor = descriptor
        self._rank = {test: number for number, test in enumerate(order)}
        self._errors: list[tuple[str, str]] = []
        self._outcome = "passed"
        self._text = ""
        self.reached: set[int] = set()
        """The marked functions that have run since the last test began."""

    def say(self, **message: object) -> None:
        line = json.dumps(message).encode() + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._errors.append((report.nodeid, text_of(report)))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        self.say(collected=[item.nodeid for item in items], errors=self._errors[:MOST_FILES])
        items.sort(key=lambda item: self._rank.get(item.nodeid, len(self._rank)))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._outcome, self._text = "passed", ""
        self.reached.clear()
        self.say(started=nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.outcome == "failed" and self._outcome != "failed":
            self._outcome, self._text = "failed", text_of(report)
        elif report.outcome == "skipped" and self._outcome == "passed":
            self._outcome = "skipped"

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.say(test=nodeid, outcome=self._outcome, text=self._text, reached=sorted(self.reached))


def text_of(report: Any) -> str:
    """What failed, in a line or a few: the place and the comparison, without the values that led to it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:
        return str(report.longrepr)[-TEXT_CHARACTERS:]
    message = crash.message.partition(WHERE)[0]
    path = Path(crash.path)
    place = f"{path.name}, line {crash.lineno}: " if "tests" in path.parts else ""  # a line of a library says little
    return f"{place}{message}"[:TEXT_CHARACTERS]


def serve(requests: int, libraries: Sequence[str]) -> None:
    """Run suites in forks without a sandbox. A request names folder and environment; the answer is the process."""
    judge = socket.socket(fileno=requests)
    gc.disable()
    prepare(libraries)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(judge, LONGEST_MESSAGE, 3)
        if not message:
            return
        child = os.fork()
        if not child:
            judge.close()
            request = json.loads(message)
            begin(request["environment"], *descriptors)
        with suppress(ProcessLookupError):  # on a busy machine it may have ended by now
            os.setpgid(child, child)  # before the judge can want to end it
        judge.send(f"{child}\n".encode())
        for descriptor in descriptors:
            os.close(descriptor)


def begin(environment: dict[str, str], log: int, package: int, reports: int) -> None:
    """Run a suite in this process, which leads a group of its own."""
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor in (1, 2):
            os.dup2(log, descriptor)
        os.close(log)
        os.environ.clear()
        os.environ.update(environment)
        run(package, reports)
    finally:
        os._exit(1)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(int(sys.argv[2]), sys.argv[3:])
    else:
        gc.disable()
        prepare(sys.argv[3:])
        run(int(sys.argv[1]), int(sys.argv[2]))
