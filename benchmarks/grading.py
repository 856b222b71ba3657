"""What grading a class costs: `python benchmarks/grading.py [SUBMISSIONS]`, alone on the machine.

The same different submissions of step 1 (the reference, the starter, alternatives and mistakes) are graded in one run:

- by stock nbgrader, which executes each submitted notebook; every grade cell runs the checks of its task in a process,
  as a test in a notebook must that is about a web service and not about the kernel;
- by stock nbgrader, with one process for all tasks, whose results the grade cells look up: the leanest notebook;
- by `nbgrader autograde` with the course's settings;
- by `course grade`.

The checks are the same everywhere, and so are the points (all or nothing for a task in the stock notebooks). The peers
run the application without a sandbox, ours within one. CPU seconds are those of the whole machine, user and system: no
process can hide, whoever its parent was.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import nbformat
import psutil
from nbgrader.utils import is_grade, is_solution
from rich.console import Console
from rich.table import Table

from courseware.author import claims
from courseware.base.tree import Tree, write_tree
from courseware.course import load_course

ROOT = Path(__file__).parent.parent
STEP = load_course(ROOT).step(1)
ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)  # who starts more processes would compile the libraries more often
SECONDS_FOR_A_CELL = 120
LONGEST_REPORT = 2_000

JUDGE = f'''
import subprocess, sys

PROGRAM = """
import sys
from pathlib import Path
from courseware.course import load_course
from courseware.judging import judge
from courseware.student.workspace import read_project

course = load_course(Path({str(ROOT)!r}))
tree = read_project(Path.cwd()).tree
verdict = judge(course, course.step(1), tree, tasks=[sys.argv[1]] if sys.argv[1] else (), hidden=True, sandbox="plain")
print(*(task.id for task in verdict.tasks if task.held))
"""


def held(task=""):
    done = subprocess.run([sys.executable, "-P", "-c", PROGRAM, task], capture_output=True, text=True, check=True)
    return done.stdout.split()
'''


@dataclass(frozen=True)
class Cost:
    """CPU seconds of the machine and wall seconds while a command runs."""

    cpu: float
    wall: float


def submissions(count: int) -> dict[str, Tree]:
    """Different projects by the name of who hands them in: the reference, the starter, and on from there."""
    course = load_course(ROOT)
    trees = {claim.name: claim.tree for claim in claims(course, (STEP,))}
    return {f"student_{number:03}": tree for number, tree in enumerate(islice(trees.values(), count))}


def course_folder(place: Path, trees: Mapping[str, Tree], cells: Callable[[str], str] | None) -> Path:
    """A course folder with the class's submissions. `cells` makes it a stock one: the grade cell of each task."""
    run(["course", "nbgrader", str(place)], ROOT)
    slug = STEP.slug
    if cells is not None:
        (place / "nbgrader_config.json").unlink()
        with (place / "nbgrader_config.py").open("a") as settings:
            settings.write(f"\nc.KernelManager.transport = 'tcp'\nc.Execute.timeout = {SECONDS_FOR_A_CELL}\n")
        stock_notebook(place / "source" / slug / f"{slug}.ipynb", cells)
    run(["nbgrader", "generate_assignment", slug], place)
    for student, tree in trees.items():
        folder = place / "submitted" / student / slug
        shutil.copytree(place / "release" / slug, folder)
        write_tree(tree, folder)
    return place


def stock_notebook(file: Path, cells: Callable[[str], str]) -> None:
    """Has the notebook's grade cells hold tests that run in the notebook."""
    notebook = nbformat.read(file, as_version=4)
    tasks = iter(STEP.tasks)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(JUDGE))
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
            cell.source = cells(next(tasks).id)
    nbformat.write(notebook, file)


def cost_of(command: list[str], folder: Path) -> Cost:
    before, began = busy_seconds(), time.perf_counter()
    run(command, folder)
    return Cost(busy_seconds() - before, time.perf_counter() - began)


def busy_seconds() -> float:
    """For how long the machine's processors have done something, together."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - times.iowait - times.guest - times.guest_nice - times.steal


def run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-LONGEST_REPORT:]}")


def points(folder: Path) -> dict[str, float]:
    """The points of every student, out of nbgrader's gradebook."""
    program = (
        "import json; from nbgrader.api import Gradebook; book = Gradebook('sqlite:///gradebook.db', 'course');"
        "print(json.dumps({one.student.id: one.score for one in book.assignment_submissions(" + repr(STEP.slug) + ")}))"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=folder, capture_output=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    trees = submissions(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
    autograde = ["nbgrader", "autograde", STEP.slug]
    ways: dict[str, tuple[Callable[[str], str] | None, list[str]]] = {
        "stock nbgrader, a process for each task": (lambda task: f"assert {task!r} in held({task!r})", autograde),
        "stock nbgrader, one process for all": (
            lambda task: f"results = globals().get('results') or (held(), )\nassert {task!r} in results[0]",
            autograde,
        ),
        "nbgrader with the course's settings": (None, autograde),
        "course grade": (None, ["course", "grade", "."]),
    }
    costs, totals = {}, {}
    with tempfile.TemporaryDirectory() as place:
        for number, (name, (cells, command)) in enumerate(ways.items()):
            folder = course_folder(Path(place, str(number)), trees, cells)
            costs[name] = cost_of(command, folder)
            totals[name] = points(folder)
            print(f"{name}: {costs[name]}", file=sys.stderr)
    table = Table("way", "CPU s", "CPU s each", "wall s", "CPU ratio", "wall ratio", "points")
    for name, cost in costs.items():
        first = next(iter(costs.values()))
        table.add_row(
            name,
            f"{cost.cpu:.1f}",
            f"{cost.cpu / len(trees):.2f}",
            f"{cost.wall:.1f}",
            f"{first.cpu / cost.cpu:.1f}",
            f"{first.wall / cost.wall:.1f}",
            f"{sum(totals[name].values()):g}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
