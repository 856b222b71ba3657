"""Finds out once what this machine can do to keep a submission in."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

from courseware.judging.sandbox import bubblewrap
from courseware.judging.sandbox.bubblewrap import Variant
from courseware.judging.sandbox.cgroup import Places, find_places
from courseware.judging.sandbox.command import Limits
from courseware.judging.sandbox.launching import CommandLine

PROBE_SECONDS = 20.0
CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}


@dataclass(frozen=True)
class Availability:
    """Whether bubblewrap works here.

    `reason` says in words why not, and is empty where it does. `cgroup` names the kind of control group that bounds
    memory and processes of a sandbox; None where none can be made. The rest is for this package alone.
    """

    bubblewrap: bool
    reason: str
    cgroup: str | None
    variant: Variant | None = None
    groups: Places | None = None


@cache
def available() -> Availability:
    """What this machine can do, tried out with a real sandbox the first time."""
    if sys.platform != "linux":
        return _not("bubblewrap is there for Linux only.")
    if shutil.which("bwrap", path=CLEAN_ENVIRONMENT["PATH"]) is None:
        return _not("bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap).")
    reasons: dict[str, None] = {}
    for variant in bubblewrap.variants():
        if reason := _try(variant):
            reasons[reason] = None
        else:
            groups = find_places()
            return Availability(True, "", groups.version if groups else None, variant, groups)
    return _not(" ".join(reasons))


def _not(reason: str) -> Availability:
    return Availability(bubblewrap=False, reason=reason, cgroup=None)


def _try(variant: Variant) -> str:
    """Runs the interpreter in the sandbox; what was wrong, in words, or nothing."""
    with CommandLine() as line:
        bubblewrap.add_to(line, variant, {}, Limits())
        line.add(sys.executable, "-I", "-S", "-c", "")
        try:
            done = subprocess.run(
                line.arguments,
                env=CLEAN_ENVIRONMENT,
                pass_fds=line.descriptors,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PROBE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"a first try failed: {error}."
    if done.returncode == 0:
        return ""
    said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
    if "nknown option" in said[-1]:
        return f"bubblewrap is too old, 0.8 is needed ({said[-1]})."
    return f"a first try failed: {said[-1]}."
