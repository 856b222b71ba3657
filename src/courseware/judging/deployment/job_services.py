"""The service containers of a job, and the deploy hook: real servers of the judge at the ports of a machine."""

import secrets
import socket
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath

from courseware.base.errors import UsageError
from courseware.checking.check import CheckFailed
from courseware.checking.deployment.job_run import HookCall
from courseware.checking.deployment.workflow_files import Service
from courseware.judging.deployment.postgres import cluster
from courseware.services.redis.service import Redis

POSTGRESQL, REDIS = 5432, 6379
MOST_CALLS = 100
LONGEST_TARGET = 2000


def kind_of(service: Service) -> int | None:
    """The port of the container in which a known server listens."""
    name = PurePosixPath(service.image.partition("@")[0]).name.partition(":")[0]
    if name in ("postgres", "postgresql", "postgis", "pgvector"):
        return POSTGRESQL
    return REDIS if name in ("redis", "valkey") else None


def ports_of(services: Mapping[str, Service]) -> dict[str, int]:
    """The port of the machine at which each known service is found. One that maps no port is found nowhere.

    Raises CheckFailed, `port_taken`, if two services want the same port.
    """
    found: dict[str, int] = {}
    for name, service in services.items():
        container = kind_of(service)
        if container is None or container not in service.ports:
            continue
        port = service.ports[container] or 20000 + container
        if port in found.values():
            raise CheckFailed(
                "port_taken", asked="the services to be started", expected="a port for each", got=f"{port} twice"
            )
        found[name] = port
    return found


class JobServices:
    """The services of a job that runs. `uses_of` counts what reached them."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        self._services = services
        self._connections: dict[str, int] = {}
        self._redis: dict[str, Redis] = {}
        self._stopping = ExitStack()

    def serve(self, name: str, listener: socket.socket) -> None:
        """Serve a service on a listening socket. One whose container would not start is not served."""
        service = self._services[name]
        if kind_of(service) == REDIS:
            redis = self._redis[name] = Redis()
            redis.serve(listener)
            self._stopping.callback(redis.stop)
            return
        environment = service.environment
        is_trusting = environment.get("POSTGRES_HOST_AUTH_METHOD") == "trust"
        password = None if is_trusting else environment.get("POSTGRES_PASSWORD")
        self._connections[name] = 0
        if not password and not is_trusting:
            listener.close()  # the image refuses to start
            return
        user = environment.get("POSTGRES_USER") or "postgres"
        server = cluster()
        try:
            self._stopping.enter_context(server.with_user(user, password, environment.get("POSTGRES_DB") or user))
        except UsageError:
            if not server.is_up:
                raise
            listener.close()  # names that PostgreSQL refuses
            return
        relay = server.serve(listener, lambda: self._count(name))
        self._stopping.callback(server.stop_serving, relay)

    @property
    def uses_of(self) -> dict[str, int]:
        """Connections to PostgreSQL, commands to Redis."""
        counted = dict.fromkeys(self._services, 0)
        return counted | self._connections | {name: redis.commands for name, redis in self._redis.items()}

    def stop(self) -> None:
        """End them."""
        self._stopping.close()

    def _count(self, name: str) -> None:
        self._connections[name] += 1


class Hook:
    """A server for the deploy hook, which answers each request with `status`."""

    def __init__(self, listener: socket.socket, status: int) -> None:
        self.path = f"/deploy/{secrets.token_hex(8)}"
        self.calls: list[HookCall] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def answer(self) -> None:
                if self.path.startswith(hook.path) and len(hook.calls) < MOST_CALLS:
                    hook.calls.append(HookCall(self.command, self.path[:LONGEST_TARGET]))
                known = self.path.startswith(hook.path)
                self.send_response(status if known else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_PUT = do_HEAD = answer  # noqa: N815 - names of the library

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.socket.close()
        self._server.socket = listener
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="hook", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
