"""Runs the linter of workflows, jactionlint, in the sandbox."""

import json
import sys
from collections.abc import Sequence

from courseware.base.tree import Tree
from courseware.checking.time_limits import slowdown
from courseware.judging.sandbox import SandboxKind
from courseware.judging.sandbox.machine import start_machine

SECONDS = 20.0
COMMAND = ("jactionlint", "--profile=correctness", "--format=jsonl", "--shellcheck=", "--pyflakes=", "--")
NOTHING_FOUND, FOUND = 0, 1
LONGEST = 300


def lint(files: Tree, kind: SandboxKind) -> Sequence[str]:
    """The errors that the linter finds in these workflows, in words. Raises RuntimeError if it cannot be run."""
    with start_machine(files, kind=kind) as machine:
        program, *options = COMMAND
        words = [f"{sys.prefix}/bin/{program}", *options, *sorted(files)]
        done = machine.run(words, machine.environment({}), SECONDS * slowdown())
    if done.code == NOTHING_FOUND:
        return []
    found = [json.loads(line) for line in done.text.splitlines() if line.startswith("{")]
    if done.code != FOUND or not found:
        raise RuntimeError(f"{program} ended with {done.code}: {done.text[-1000:]}")
    return [
        f"{each['filepath']}, line {each['line']}: {str(each['message'])[:LONGEST]} ({each['id']})"
        for each in found
        if each["severity"] == "error"
    ]
