"""Which mistakes the tests of the reference application would notice.

Run it as `uv run --with mutmut python benchmarks/mutation.py`.
mutmut changes the application in one place at a time and runs the tests that reach the place, on SQLite and with the
embedded Redis. It takes about an hour on two processors. `--folder FOLDER` keeps the work there, and goes on with what
an earlier run left; `--report` only tells what it found so far.

The end is the share of changes that tests noticed, at least 85 %, and every change that they did not, under the reason
why none does: those of `mutation_survivors.toml`. One without a reason, or a lower share, is exit code 1.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

APPLICATION = Path(__file__).parent.parent / "solutions" / "contacts_api"
REASONS = Path(__file__).with_name("mutation_survivors.toml")
WORDS = "Only the words of a sentence change, and no contract fixes them."
GOAL = 0.85
NOTICED = ("killed", "timeout", "suspicious", "segfault")
SETTINGS = """
[tool.mutmut]
source_paths = ["app/"]
also_copy = ["alembic.ini", "migrations", "SECURITY.md", "README.md", ".env.example"]
pytest_add_cli_args_test_selection = ["tests/"]
pytest_add_cli_args = ["-p", "no:randomly", "-p", "no:cacheprovider"]
process_isolation = "forkserver" # the tests have threads and servers, which a plain fork would break
timeout_constant = 5 # seconds
timeout_multiplier = 5 # a change that has the tests wait for ever should not hold a place for a quarter of an hour
"""
# They read other files than the application's code, some of which mutmut does not copy.
NOT_ABOUT_THE_CODE = ("tests/unit/test_image.py", "tests/unit/test_security_table.py")


@dataclass(frozen=True)
class Survivor:
    """A change that no test noticed. `before` and `after`: the changed lines, each stripped, joined by spaces."""

    name: str
    before: str
    after: str

    @property
    def is_in_words_only(self) -> bool:
        """Whether it changes no more than a sentence for people, or its capital letters."""
        return (
            "\x00" in without_sentences(self.before)
            and self.after != ""
            and (without_sentences(self.before) == without_sentences(self.after))
        )


def without_sentences(code: str) -> str:
    """The code with a NUL in the place of each text of several words."""
    return re.sub(r'"([^"]*)"', lambda text: "\x00" if " " in text[1] else text[0], code)


def prepare(folder: Path) -> None:
    shutil.copytree(APPLICATION, folder, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3*", ".*_cache"))
    for path in NOT_ABOUT_THE_CODE:
        (folder / path).unlink()
    with (folder / "pyproject.toml").open("a") as settings:
        settings.write(SETTINGS)


def mutmut(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def outcomes(folder: Path) -> dict[str, str]:
    """What became of each change."""
    lines = (line.strip().partition(": ") for line in mutmut(folder, "results", "--all", "true").splitlines())
    return {name: outcome for name, separator, outcome in lines if separator}


def survivors(folder: Path, names: list[str]) -> Iterator[Survivor]:
    for name in track(names, "Reading what survived"):
        lines = [line for line in mutmut(folder, "show", name).splitlines() if not line.startswith(("---", "+++"))]
        before, after = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in ("-", "+"))
        yield Survivor(name, before, after)


def reason_for(survivor: Survivor, reasons: list[dict[str, str]]) -> str | None:
    for reason in reasons:
        is_there = survivor.name.startswith(reason["where"])
        if is_there and reason.get("before", "") in survivor.before and reason.get("after", "") in survivor.after:
            return reason["why"]
    return None


def report(console: Console, folder: Path) -> bool:
    """Shows what was found. Returns whether it is good enough."""
    became = outcomes(folder)
    counts = Counter(became.values())
    unnoticed = [name for name, outcome in became.items() if outcome in ("survived", "no tests")]
    noticed, judged = sum(counts[name] for name in NOTICED), sum(counts.values()) - counts["not checked"]
    reasons = tomllib.loads(REASONS.read_text())["reasons"]
    found, unexplained = Counter[str](), []
    for survivor in survivors(folder, unnoticed):
        reason = WORDS if survivor.is_in_words_only else reason_for(survivor, reasons)
        if reason is None:
            unexplained.append(survivor)
        else:
            found[reason] += 1
    table = Table("changes", "not noticed because", title=f"{noticed} of {judged} noticed: {noticed / judged:.1%}")
    for reason, count in found.most_common():
        table.add_row(str(count), reason)
    console.print(table, dict(counts))
    for survivor in unexplained:
        console.print(f"No reason: {survivor.name}\n  - {survivor.before}\n  + {survivor.after}", markup=False)
    return noticed / judged >= GOAL and not unexplained and not counts["not checked"]


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--folder", type=Path)
    arguments.add_argument("--report", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary, "contacts_api")
        if not folder.exists():
            prepare(folder)
        if not options.report:
            # Two for each processor: tests of servers and their outages wait a good part of their time.
            children = str(2 * (os.cpu_count() or 1))
            subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", children], cwd=folder, check=True)
        return 0 if report(Console(), folder) else 1


if __name__ == "__main__":
    sys.exit(main())
