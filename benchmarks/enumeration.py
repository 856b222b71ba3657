"""Does a clock tell who has an account? `python benchmarks/enumeration.py [ROUNDS]`, alone on the machine.

The reference application with its real cost of hashing, an SQLite file and a mail server of its own. Each round asks
for an unverified, a verified and an unknown address, in random order, so that a slow moment of the machine hits all.
Told are medians, of the answer and of a request right behind it, with how far each is from that of the unknown address.
"""

import email.policy
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from rich.console import Console
from rich.table import Table

APPLICATION = Path(__file__).parent.parent / "solutions" / "contacts_api"
PASSWORD = "a pass phrase"  # noqa: S105 - of nobody
UNVERIFIED, VERIFIED, UNKNOWN = "ann@example.com", "bob@example.com", "eve@example.com"
CALLS = {
    "/auth/login": lambda address: {"data": {"username": address, "password": "not the password"}},
    "/auth/resend-verification": lambda address: {"json": {"email": address}},
    "/auth/password-reset/request": lambda address: {"json": {"email": address}},
}


class Links:
    """A mail server that keeps the last link."""

    link = ""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        body = email.message_from_bytes(envelope.content, policy=email.policy.default).get_body(("plain",))
        self.link = next((word for word in body.get_content().split() if "/verify/" in word), self.link)
        return "250 OK"


@contextmanager
def application() -> Iterator[tuple[httpx.Client, Links]]:
    """A client of the running application, and where its messages go."""
    links = Links()
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port, mail_port = free.getsockname()[1], free_port()
        controller = Controller(links, hostname="127.0.0.1", port=mail_port)
        controller.start()
        free.close()
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{folder}/contacts.sqlite3",
            "MAIL_PORT": str(mail_port),
            "RATE_LIMIT_ENABLED": "false",
        }
        subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"], cwd=APPLICATION, env=environment, check=True
        )
        command = [sys.executable, "-m", "uvicorn", "--factory", "app.main:create_app", "--port", str(port)]
        with subprocess.Popen([*command, "--log-level", "critical"], cwd=APPLICATION, env=environment) as server:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1") as client:
                wait_for(lambda: client.get("/health").is_success)
                yield client, links
            server.terminate()
        controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def wait_for(condition: Callable[[], object]) -> None:
    """Until `condition` holds; a server that does not answer yet counts as no."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            if condition():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.01)
    raise TimeoutError


def measure(client: httpx.Client, rounds: int) -> dict[tuple[str, str], tuple[list[float], list[float]]]:
    """Milliseconds of each call for each address, and of the request behind it."""
    times: dict[tuple[str, str], tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for _ in range(rounds):
        for path, arguments in CALLS.items():
            for address in random.sample((UNVERIFIED, VERIFIED, UNKNOWN), 3):
                began = time.perf_counter()
                client.post(path, **arguments(address))
                answered = time.perf_counter()
                client.get("/health")
                behind = time.perf_counter()
                times[path, address][0].append(1000 * (answered - began))
                times[path, address][1].append(1000 * (behind - answered))
                time.sleep(0.02)  # until nothing is on its way
    return times


def main(rounds: int) -> None:
    with application() as (client, links):
        for address in (UNVERIFIED, VERIFIED):
            client.post("/auth/register", json={"email": address, "password": PASSWORD}).raise_for_status()
            links.link = ""
            client.post("/auth/resend-verification", json={"email": address})
            wait_for(lambda: links.link)
        client.get(links.link.rpartition("/api/v1")[2]).raise_for_status()
        measure(client, 3)  # to warm up
        times = measure(client, rounds)
    table = Table("call", "address", "median ms", "from unknown", "behind it, ms", "from unknown")
    for path in CALLS:
        base = [statistics.median(values) for values in times[path, UNKNOWN]]
        for address in (UNVERIFIED, VERIFIED, UNKNOWN):
            own = [statistics.median(values) for values in times[path, address]]
            cells = [
                f"{value:+.2f}" if sign else f"{value:.2f}"
                for pair in zip(own, base, strict=True)
                for value, sign in ((pair[0], False), (pair[0] - pair[1], True))
            ]
            table.add_row(path, address, *cells)
    Console(width=120).print(table, f"{rounds} rounds", sep="\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
