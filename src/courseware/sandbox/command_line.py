"""A command under construction, with the open descriptors that go with it."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self


@dataclass
class CommandLine:
    """A command's arguments and the descriptors that it inherits. Leaving its context closes our copies of these."""

    arguments: list[str] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def add(self, *arguments: str) -> None:
        self.arguments += arguments

    def add_bubblewrap(self, options: Iterable[str]) -> None:
        """bubblewrap with `options` handed over unseen: a command line can be read by everybody on the machine."""
        self.add("bwrap", "--args", str(self.add_file("\0".join(options).encode())), "--")

    def add_file(self, content: bytes) -> int:
        """A descriptor from which the command can read `content`."""
        with TemporaryFile() as file:
            file.write(content)
            file.seek(0)
            return self.add_descriptor(os.dup(file.fileno()))

    def add_descriptor(self, descriptor: int) -> int:
        """Takes over a descriptor of ours for the command. Returns it."""
        self.descriptors.append(descriptor)
        return descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors.clear()
