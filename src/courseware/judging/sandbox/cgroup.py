"""Control groups: the only bound on what all processes of a sandbox use together, where this user may make them."""

import itertools
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from courseware.base.processes import wait_until
from courseware.judging.sandbox.command import MIB, Limits

Version = Literal["v1", "v2"]
CONTROLLERS = ("memory", "pids")
PREFIX = "courseware-"
REMOVAL_SECONDS = 2.0
# Enters groups, then becomes the command: what the command starts is in them from its first instruction on.
ENTER = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 125; shift; done; shift; exec "$@"'
ESCAPE = re.compile(r"\\([0-7]{3})")
_numbers = itertools.count()


@dataclass(frozen=True)
class Places:
    """Where groups can be made: for each controller a folder; with v2 it is the same for all."""

    version: Version
    folders: Mapping[str, Path]


@dataclass(frozen=True)
class ControlGroup:
    """A group with limits, for one sandbox."""

    version: Version
    folders: Mapping[str, Path]
    limits: Limits

    def enter(self) -> list[str]:
        """What to put before a command so that it runs in the group."""
        return ["sh", "-c", ENTER, "sh", *map(str, dict.fromkeys(self.folders.values())), "--"]

    def take(self, process: int) -> None:
        """Puts a process that runs already into the group. Raises OSError."""
        for folder in dict.fromkeys(self.folders.values()):
            (folder / "cgroup.procs").write_text(str(process))

    def why_killed(self) -> str | None:
        """The kernel's reason for killing a process in it, in words, if it did."""
        events = "memory.oom_control" if self.version == "v1" else "memory.events"
        with suppress(OSError):
            for line in (self.folders["memory"] / events).read_text().splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill" and int(count):
                    return f"It used more memory than the {self.limits.memory // MIB} MiB that it may."
        return None

    def remove(self) -> None:
        """Removes the group, once its last process has gone."""
        wait_until(lambda: all(_is_removed(folder) for folder in set(self.folders.values())), REMOVAL_SECONDS)


def _is_removed(folder: Path) -> bool:
    with suppress(OSError):
        folder.rmdir()
    return not folder.exists()


def make_group(places: Places, limits: Limits) -> ControlGroup:
    """A new group. Raises OSError."""
    name = f"{PREFIX}{os.getpid()}-{next(_numbers)}"
    group = ControlGroup(places.version, {key: folder / name for key, folder in places.folders.items()}, limits)
    try:
        for folder in dict.fromkeys(group.folders.values()):
            folder.mkdir()
        memory, pids = group.folders["memory"], group.folders["pids"]
        (pids / "pids.max").write_text(str(limits.processes))
        if places.version == "v1":
            (memory / "memory.limit_in_bytes").write_text(str(limits.memory))
            _write_if_there(memory / "memory.memsw.limit_in_bytes", str(limits.memory))
        else:
            (memory / "memory.max").write_text(str(limits.memory))
            _write_if_there(memory / "memory.swap.max", "0")
            _write_if_there(memory / "memory.oom.group", "1")
    except OSError:
        group.remove()
        raise
    return group


def make_group_anywhere(places: Places, limits: Limits) -> ControlGroup | None:
    """A new group in these places or, where they are not there any more, wherever there are others now.

    A mount can vanish while a judge runs, and so can the group of the session that the judge was started in. None where
    no group can be made: each process is still limited then.
    """
    with suppress(OSError):
        return make_group(places, limits)
    other = find_places()
    with suppress(OSError):
        return None if other is None else make_group(other, limits)
    return None


def find_places() -> Places | None:
    """Where groups can be made, tried out; None where they cannot."""
    for places in _candidates(Path("/proc/self/cgroup"), Path("/proc/self/mountinfo")):
        with suppress(OSError):
            make_group(places, Limits()).remove()
            _remove_orphans(places)
            return places
    return None


def _candidates(own_groups: Path, mounts: Path) -> Iterator[Places]:
    """Folders in which a group may be made: those of this process, with v2 also the one above.

    With v2 a group that holds processes has no groups with limits in it, so the new one usually becomes its sibling.
    A controller can be mounted in several places, of which some may be of no use.
    """
    found: dict[str, list[Path]] = {}
    with suppress(OSError):
        found = _own_folders(own_groups.read_text(), mounts.read_text())
    if all(name in found for name in CONTROLLERS):
        for folders in itertools.product(*(found[name] for name in CONTROLLERS)):
            yield Places("v1", dict(zip(CONTROLLERS, folders, strict=True)))
        return
    for own in found.get("", ()):
        for folder in (own, own.parent):
            with suppress(OSError):
                if set(CONTROLLERS) <= set((folder / "cgroup.subtree_control").read_text().split()):
                    yield Places("v2", dict.fromkeys(CONTROLLERS, folder))


def _own_folders(own_groups: str, mounts: str) -> dict[str, list[Path]]:
    """For each controller the folders of this process's group, the newest mount first; v2 has the name ""."""
    groups: dict[str, str] = {}
    for line in own_groups.splitlines():
        _, controllers, path = line.split(":", 2)
        groups.update(dict.fromkeys(controllers.split(","), path))
    found: dict[str, list[Path]] = {}
    for line in reversed(mounts.splitlines()):
        before, _, after = line.partition(" - ")
        root, mount_point = (_unescaped(text) for text in before.split()[3:5])
        kind, _, *options = after.split(maxsplit=2)
        names = [""] if kind == "cgroup2" else ",".join(options).split(",") if kind == "cgroup" else []
        for name in names:
            if name in groups:
                own = os.path.normpath(Path(mount_point, os.path.relpath(groups[name], root)))
                found.setdefault(name, []).append(Path(own))
    return found


def _unescaped(text: str) -> str:
    """A path as it is: the kernel writes spaces and the like as octal numbers."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)


def _remove_orphans(places: Places) -> None:
    """Removes groups that a judge left behind when it was killed."""
    for folder in set(places.folders.values()):
        for group in folder.glob(f"{PREFIX}*"):
            process = group.name.removeprefix(PREFIX).partition("-")[0]
            if not Path("/proc", process).exists():
                with suppress(OSError):
                    group.rmdir()


def _write_if_there(file: Path, value: str) -> None:
    if file.exists():
        file.write_text(value)
