"""Whether many servers may start at once on an empty database: `python benchmarks/simultaneous_starts.py [ROUNDS]`.

In each round eight start commands of the finished application begin at the same moment, on a new SQLite file and then
on a new PostgreSQL database (of the server that TEST_POSTGRES_URL names). A round has gone well when all eight are
ready. Then all get SIGTERM at once. Twenty rounds take about a quarter of an hour on two cores: five seconds of
computing for each of the 320 servers.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

APPLICATION = Path(__file__).parent.parent / "solutions/contacts_api"
sys.path.insert(0, str(APPLICATION))

from tests import databases  # noqa: E402 - the application's own, found only now
from tests.servers import started  # noqa: E402

SERVERS = 8
"""How many start at once."""


@contextmanager
def new_sqlite() -> Iterator[str]:
    """The URL of an SQLite file that is not there yet."""
    with tempfile.TemporaryDirectory() as folder:
        yield databases.sqlite_url(Path(folder) / "contacts.sqlite3")


def start_all(url: str) -> tuple[int, float, float]:
    """How many of the servers became ready, the seconds until then, and those until all had ended after SIGTERM."""
    with ExitStack() as stack:
        began = time.monotonic()
        servers = [stack.enter_context(started(url)) for _ in range(SERVERS)]
        ready = 0
        for server in servers:
            try:
                server.wait_until_ready()
                ready += 1
            except AssertionError as failure:
                print(failure)
        started_after = time.monotonic() - began
        began = time.monotonic()
        for server in servers:
            server.process.terminate()
        for server in servers:
            server.process.wait(30)
        return ready, started_after, time.monotonic() - began


def main(rounds: int) -> None:
    """Prints one line for each kind of database."""
    kinds: dict[str, Callable[[], AbstractContextManager[str]]] = {"SQLite": new_sqlite}
    if databases.POSTGRES_URL is not None:
        kinds["PostgreSQL"] = databases.new_postgres
    for kind, new_database in kinds.items():
        results = []
        for _ in range(rounds):
            with new_database() as url:
                results.append(start_all(url))
        good = sum(ready == SERVERS for ready, _, _ in results)
        started_after = statistics.median(result[1] for result in results)
        slowest_end = max(result[2] for result in results)
        print(
            f"{kind}: {good} of {rounds} rounds had all {SERVERS} servers ready, after {started_after:.1f} s (median);"
            f" all had ended {slowest_end:.2f} s after SIGTERM at the latest",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
