"""Shows on standard error how far a long piece of work is: a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from courseware.cli.common import console

LINE_SECONDS = 5.0


class Counter:
    """How much is done, how fast it goes, and how much of it needs a look."""

    def __init__(self, what: str, total: int) -> None:
        self.total = total
        self.done = 0
        self.failures = 0
        self._what = what
        self._began = time.monotonic()

    def count(self, *, failed: bool = False) -> None:
        """One more is done."""
        self.done += 1
        self.failures += failed
        self.show()

    def show(self) -> None:
        """Shows it, if it is time to."""

    def sentence(self) -> str:
        speed = self.done / max(time.monotonic() - self._began, 0.001)
        left = f"{self.total - self.done} left" if self.done < self.total else "none left"
        look = f", {self.failures} {'needs' if self.failures == 1 else 'need'} a look" if self.failures else ""
        return f"{self._what}: {self.done} of {self.total} done, {left}, {speed:.1f} a second{look}"


class LineCounter(Counter):
    """For a pipe or a file: a line every few seconds, and one at the end."""

    _shown = 0.0

    def show(self) -> None:
        now = time.monotonic()
        if self.done == self.total or now - self._shown >= LINE_SECONDS:
            self._shown = now
            print(self.sentence(), file=sys.stderr, flush=True)


@contextmanager
def counting(what: str, total: int) -> Iterator[Counter]:
    """Counts up to `total` while the block runs."""
    if not sys.stderr.isatty():
        yield LineCounter(what, total)
        return
    from rich.progress import BarColumn, Progress, TextColumn

    with Progress(
        BarColumn(), TextColumn("{task.description}", markup=False), console=console(stderr=True), transient=True
    ) as progress:

        class BarCounter(Counter):
            def show(self) -> None:
                progress.update(bar, completed=self.done, description=self.sentence())

        counter = BarCounter(what, total)
        bar = progress.add_task(counter.sentence(), total=total)
        yield counter
