"""How much processor time it takes to judge a suite of tests: `python benchmarks/suites.py [ROOT] [STEP]`.

It compares the judge with the obvious way (the peer): a fresh `python -m pytest` for four correct variants and for each
bug, with all tests and, in the last row, until the first failure (-x). All get the same suite, that of the reference,
and must find the same bugs. The processor time of the judge includes the imports, and everything that the obvious way
does not do: each file alone, the control runs, and walls around each run. ROOT is the folder of a course with a step
that judges tests, by default this one.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from courseware.base.tree import Tree, write_tree
from courseware.course import Course, Step, load_course
from courseware.course.stages import finish
from courseware.course.suites import faulty_applications, suite_of
from courseware.judging.sandbox.inside.suite_runner import LIBRARIES
from courseware.judging.suites.judging import new_judge

CORRECT_RUNS = 4


def used() -> float:
    """The processor time of this process and of all its children that have ended."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in both)


def by_judge(course: Course, step: Step, suite: Tree) -> tuple[float, float, list[str]]:
    """Processor seconds, seconds, and the bugs that were found."""
    before, began = used(), time.perf_counter()
    judge = new_judge(course, step, suite, hidden=True, kind="bubblewrap", seed=1)
    judge.alone()
    found = [bug for bug in judge.applications.bugs if judge.bug(bug).noticed_by is not None]
    seconds = time.perf_counter() - began
    return used() - before + judge.cpu_seconds + of_imports(step), seconds, found


def of_imports(step: Step) -> float:
    """The processor time of the imports of the fork server, estimated by doing the same imports once more."""
    before = used()
    imports = "\n".join(f"import {name}" for name in (*LIBRARIES, *step.imports))
    subprocess.run([sys.executable, "-c", imports], check=True)
    return used() - before


def by_fresh_processes(course: Course, step: Step, suite: Tree, *options: str) -> tuple[float, float, list[str]]:
    """The same for a fresh process for each variant. `options` are those of pytest where there is a bug."""
    applications = faulty_applications(course, step, hidden=True)
    before, began = used(), time.perf_counter()
    variants = list(applications.variants.values())
    for number in range(CORRECT_RUNS):
        tree = applications.base if number == 0 else variants[number % len(variants)]
        assert run_fresh(course, step, {**tree, **suite}) == 0, "a test fails on a correct variant"
    found = []
    for identifier, placed in applications.bugs.items():
        if run_fresh(course, step, {**applications.with_bug(placed.bug), **suite}, *options) == 1:
            found.append(identifier)
    return used() - before, time.perf_counter() - began, found


def run_fresh(course: Course, step: Step, tree: Tree, *options: str) -> int:
    """The exit code of pytest in a folder with these files."""
    environment = {**os.environ, **course.application_after(step.number).environment}
    with tempfile.TemporaryDirectory() as folder:
        write_tree(tree, Path(folder))
        settings = ("-c", os.devnull, "--rootdir", ".", "-o", "asyncio_mode=auto")
        command = [sys.executable, "-m", "pytest", "-q", *settings, "-p", "no:xdist", *options, "."]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        return done.returncode


def main() -> None:
    course = load_course(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent)
    numbers = [int(sys.argv[2])] if len(sys.argv) > 2 else [step.number for step in course.steps if step.judges_tests]
    for step in map(course.step, numbers):
        suite = suite_of(finish(course, step.number), step)
        ours = by_judge(course, step, suite)
        table = Table("", "processor", "seconds", "times ours", title=f"Step {step.number}: {len(ours[2])} bugs found")
        table.add_row("judge", f"{ours[0]:.1f} s", f"{ours[1]:.1f} s", "")
        for name, options in (("a fresh pytest for each variant", ()), ("the same until the first failure", ("-x",))):
            cpu, seconds, found = by_fresh_processes(course, step, suite, *options)
            assert found == ours[2], f"the judge found {ours[2]}, fresh processes {found}"
            table.add_row(name, f"{cpu:.1f} s", f"{seconds:.1f} s", f"{cpu / ours[0]:.1f}")
        Console().print(table)


if __name__ == "__main__":
    main()
