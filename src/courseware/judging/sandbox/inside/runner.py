"""Runs inside the sandbox: limits itself, lays out the project, migrates, imports and serves it.

One trusted file, started by its path with the judge's own interpreter, or run by the fork server. It must not import
`courseware`, which is not there to be imported, and nothing is believed of what it reports: from the moment when it
imports the project, the project can do in this process whatever it likes.

It talks with the judge over a socket. First of all it hands out sockets for the judge's services to listen on, if any.
Then comes one JSON object per line. It says by itself {"at": phase} when a phase of the
start begins and {"phase": ..., "text": ...} when the start is over; {"number": n, "answer": ...} answers a request
{"number": n, "do": ...}. When the judge closes the socket, the process ends. Where the judge has several processes
serve the project, each has such a socket of its own.
"""

import gc
import importlib
import json
import logging
import os
import resource
import socket
import sys
import threading
import traceback
import warnings
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NoReturn, TypeVar

Result = TypeVar("Result")
LIBRARIES = (
    "time_machine",
    "uvicorn",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.auto",
)
TEXT_CHARACTERS = 8_000
PROXY = b"PROXY "
RACE = b"RACE "
CLIENT = ("127.0.0.1", 50000)
SERVER = ("127.0.0.1", 8000)


class Judge:
    """The judge's end of the control socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._writing = threading.Lock()

    def say(self, **message: object) -> None:
        with self._writing:
            self._connection.sendall(json.dumps(message).encode() + b"\n")

    def requests(self) -> Iterator[dict[str, Any]]:
        with self._connection.makefile("rb") as lines:
            for line in lines:
                yield json.loads(line)


def main() -> None:
    gc.disable()  # to look for garbage while importing costs a seventh of the start, and finds none
    run(*map(int, sys.argv[1:]))


def prepare(libraries: Iterable[str]) -> None:
    """Import what every application imports, before the process is forked."""
    with without("pytest", "dateutil", "pygments"):
        for name in (*LIBRARIES, *libraries):
            with suppress(ImportError):
                importlib.import_module(name)
    load_database()


def run(package: int, *sockets: int) -> None:
    """Serves the project that can be read from the descriptor `package`.

    `sockets` are the descriptors of two for each process that serves it: one that listens, and the control socket.
    """
    pairs = list(zip(sockets[::2], sockets[1::2], strict=True))
    with os.fdopen(package, "rb") as file:
        setup = json.loads(file.readline())
        project = lay_out(Path(setup["folder"], "project"), file.read(), setup["files"])
    set_limits(setup["limits"])
    database = load_database() if setup["database"] else None
    hand_out(pairs[0][1], setup["service_ports"], [database.start(setup["database"])] if database else [])
    # Trusted libraries first: later the project's own files could stand in for them.
    with without("pytest", "dateutil"):
        import time_machine
    import uvicorn  # noqa: F401

    proxies = os.environ.get("FORWARDED_ALLOW_IPS", SERVER[0])  # as uvicorn does, before the project could change it
    listener, control, tell_others = split_up(pairs)
    judge = Judge(socket.socket(fileno=control))
    recorder = database.Recorder(in_reverse=setup["other_row_order"]) if database else None
    main_thread = threading.get_ident()
    actions = Actions(time_machine, main_thread, project, recorder, setup["migrations"])
    threading.Thread(target=answer_requests, args=(judge, actions), daemon=True).start()
    os.chdir(project)
    sys.path.insert(0, str(project))
    sys.argv[:] = ["uvicorn"]

    def phase(name: str, action: Callable[[], Result]) -> Result:
        judge.say(at=name)
        try:
            return action()
        except BaseException as error:
            traceback.print_exception(error)
            fail(judge, name, own_part(error, project))

    if setup["migrations"]:
        phase("migrations", lambda: migrate(setup["migrations"]))
    application = phase("import", lambda: create(setup["entrypoint"]))
    gc.freeze()
    gc.enable()
    judge.say(at="startup")
    serve(application, listener, judge, project, proxies, tell_others)


def lay_out(project: Path, contents: bytes, files: list[tuple[str, int]]) -> Path:
    """Writes the project's files, whose contents stand one after the other."""
    project.mkdir()
    begin = 0
    for path, size in files:
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents[begin : begin + size])
        begin += size
    return project


@cache
def load_database() -> Any:
    """The module for what concerns the application's database, which stands beside this one."""
    spec = spec_from_file_location("database", Path(__file__).with_name("database.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def hand_out(control: int, ports: list[int], others: list[socket.socket]) -> None:
    """Gives the judge sockets that listen on these ports, to serve where no network leads to, then the others."""
    sockets = [*(socket.create_server((SERVER[0], port)) for port in ports), *others]
    if sockets:
        with socket.socket(fileno=os.dup(control)) as connection:
            socket.send_fds(connection, [b"\n"], [each.fileno() for each in sockets])
        for each in sockets:
            each.close()


def set_limits(limits: dict[str, int]) -> None:
    """Limits this process and its children for good. `limits`: the resource's name, such as NOFILE, and its amount."""
    for name, amount in {**limits, "CORE": 0}.items():
        number = getattr(resource, f"RLIMIT_{name}", None)
        if number is not None:
            allowed = resource.getrlimit(number)[1]
            limit = amount if allowed == resource.RLIM_INFINITY else min(amount, allowed)
            resource.setrlimit(number, (limit, limit))


def split_up(pairs: list[tuple[int, int]]) -> tuple[int, int, Callable[[], None]]:
    """Forks a process for each further pair of sockets. Returns this process's pair, and what to call when it is up.

    The others wait for the first to be up: it has migrated the database then, and two migrations at once could collide.
    """
    first, *others = pairs
    if not others:
        return *first, lambda: None
    first_is_up, telling = os.pipe()
    for pair in others:
        if not os.fork():
            close_all([telling, *(descriptor for other in pairs if other is not pair for descriptor in other)])
            if not os.read(first_is_up, 1):
                os._exit(0)  # the first has ended without being up
            os.close(first_is_up)
            return *pair, lambda: None
    close_all([first_is_up, *(descriptor for other in others for descriptor in other)])

    def tell_others() -> None:
        os.write(telling, bytes(len(others)))
        os.close(telling)

    return *first, tell_others


def close_all(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """Has libraries that are imported here do without others which they would import if they could.

    They lose only features that are not used here, such as coloured listings, and a start takes a tenth less time.
    """
    spared = [module for module in modules if module not in sys.modules]
    sys.modules.update(dict.fromkeys(spared))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for module in spared:
            del sys.modules[module]


class Actions:
    """What the judge can ask for while the application runs."""

    def __init__(
        self, time_machine: Any, main_thread: int, project: Path, recorder: Any, migrations: str | None
    ) -> None:
        self._time_machine = time_machine
        self._main_thread = main_thread
        self._project = project
        self._recorder = recorder
        self._migrations = migrations
        self._travel: Any = None

    def clock(self, to: float | None) -> None:
        """Puts the clock to this POSIX time, from where it runs on; None puts it right."""
        if self._travel is not None:
            self._travel.stop()
            self._travel = None
        if to is not None:
            self._travel = self._time_machine.travel(to, tick=True)
            self._travel.start()

    def record_sql(self) -> bool:
        """Begins to record the SQL that the application sends."""
        self._recorder.start()
        return True

    def recorded_sql(self) -> Any:
        """Ends that. What was recorded."""
        return self._recorder.stop()

    def check_migrations(self) -> dict[str, Any]:
        """The exit code of `alembic check` and the end of what it said.

        It runs in a fork of this process, which has imported already what a new process would have to import.
        """
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # other threads do not exist in the fork, and need not
            child = os.fork()
        if child == 0:
            check_and_end(str(self._migrations), writing)
        os.close(writing)
        with os.fdopen(reading, errors="replace") as output:
            said = output.read()
        _, status = os.waitpid(child, 0)
        return {"code": os.waitstatus_to_exitcode(status), "said": said[-TEXT_CHARACTERS:]}

    def where(self) -> str:
        """The project's lines that the main thread is in."""
        frame = sys._current_frames().get(self._main_thread)
        stack = own_frames(traceback.extract_stack(frame), self._project)
        return "".join(stack.format())[-TEXT_CHARACTERS:]

    def uncompiled(self) -> list[str]:
        """The source files of imported modules that have no byte code on the disk."""
        specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
        return [
            spec.origin
            for spec in specs
            if spec is not None and spec.origin and spec.cached and not os.path.exists(spec.cached)  # noqa: PTH110 - fast
        ]


def answer_requests(judge: Judge, actions: Actions) -> None:
    """Does what the judge asks for until it closes the socket, then ends the whole process."""
    try:
        for request in judge.requests():
            action = getattr(actions, request["do"])
            judge.say(number=request["number"], answer=action(**request["arguments"]))
    finally:
        os._exit(0)


def check_and_end(configuration: str, output: int) -> NoReturn:
    """`alembic check`. Its output goes to the descriptor `output`, and its exit code is the one of this process."""
    code = 1
    try:
        os.dup2(output, 1)
        os.dup2(output, 2)
        from alembic.config import main as alembic

        alembic(["-c", configuration, "check"], prog="alembic")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException as error:
        traceback.print_exception(error)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def migrate(configuration: str) -> None:
    """`alembic upgrade head`."""
    with without("pygments"):
        from alembic import command
        from alembic.config import Config

    command.upgrade(Config(configuration), "head")


def create(entrypoint: str) -> Any:
    """The ASGI application that the factory `module:function` makes."""
    module, _, factory = entrypoint.partition(":")
    return getattr(importlib.import_module(module), factory)()


def serve(
    application: Any, listener: int, judge: Judge, project: Path, proxies: str, tell_others: Callable[[], None]
) -> None:
    """Serves the application on a listening socket, and tells when it is up or what kept it from it."""
    import uvicorn
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    startup_errors: list[str] = []

    async def guarded(
        scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] != "lifespan":
            await application(scope, receive, send)
            return
        try:
            await application(scope, receive, send)
        except BaseException as error:
            startup_errors.append(own_part(error, project))
            raise

    class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        """HTTP over a socket of the file system. Before a request can come lines that are for this protocol alone.

        The sockets have no addresses, so that a client's may come in a line of the PROXY protocol, version 1. A line
        `RACE NAME REQUESTS BYTES` has the request, of so many bytes, wait for all requests of this race.
        """

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.client: tuple[str, int] = CLIENT
            self.server = SERVER
            self.first: bytes | None = b""
            self.race: tuple[bytes, int, int] | None = None

        def data_received(self, data: bytes) -> None:
            if self.first is None:
                super().data_received(data)
                return
            self.first += data
            while any(self.first.startswith(word[: len(self.first)]) for word in (PROXY, RACE)):
                line, whole, rest = self.first.partition(b"\r\n")
                if not whole:
                    return
                self.take_line(line)
                self.first = rest
            if self.race is None:
                self.let_in()
            elif len(self.first) >= self.race[2]:
                race_together(self, *self.race[:2])

        def take_line(self, line: bytes) -> None:
            word, *facts = line.split(b" ")
            if word == PROXY.strip():
                self.client = (facts[1].decode(), int(facts[3]))
            else:
                self.race = (facts[0], int(facts[1]), int(facts[2]))

        def let_in(self) -> None:
            data, self.first = self.first, None
            if data:
                super().data_received(data)

    waiting: dict[bytes, list[Protocol]] = {}

    def race_together(protocol: Protocol, name: bytes, requests: int) -> None:
        """Lets all requests of a race in at the same moment, when the last of them is there."""
        racing = waiting.setdefault(name, [])
        racing.append(protocol)
        if len(racing) == requests:
            for each in waiting.pop(name):
                each.let_in()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            judge.say(phase="ready", text="")
            tell_others()

    configuration = uvicorn.Config(
        guarded,
        fd=listener,
        http=Protocol,
        ws="none",
        access_log=False,
        use_colors=False,
        forwarded_allow_ips=proxies,
    )
    server = Server(configuration)
    try:
        server.run()
    except BaseException as error:
        if not server.started:
            if not isinstance(error, SystemExit):
                traceback.print_exception(error)
                startup_errors.append(own_part(error, project))
            fail(judge, "startup", "\n".join(startup_errors))
        raise


def fail(judge: Judge, phase: str, text: str) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    logging.shutdown()
    judge.say(phase=phase, text=text)
    os._exit(1)


def own_part(error: BaseException, project: Path) -> str:
    """The traceback without the lines of libraries, with paths from the project's folder on."""
    whole = traceback.TracebackException.from_exception(error)
    keep_own_frames(whole, project)
    return "".join(whole.format()).replace(f"{project}/", "").strip()[-TEXT_CHARACTERS:]


def keep_own_frames(part: traceback.TracebackException, project: Path) -> None:
    part.stack = own_frames(part.stack, project)
    for other in (part.__cause__, part.__context__, *(part.exceptions or ())):
        if other is not None:
            keep_own_frames(other, project)


def own_frames(stack: traceback.StackSummary, project: Path) -> traceback.StackSummary:
    own = [frame for frame in stack if frame.filename.startswith(f"{project}/")]
    for frame in own:
        frame.filename = frame.filename.removeprefix(f"{project}/")
    return traceback.StackSummary.from_list(own)


if __name__ == "__main__":
    main()
