"""How long a student waits for a verdict, and for what: `python benchmarks/judging.py [RUNS]`, alone on the machine.

Two tables. The first compares how soon the reference application answers: started by hand with Alembic's and Uvicorn's
own commands (the peer), and by the judge, plain and in bubblewrap (there as a fork, from the second start on). The
second is the whole `course check 1`: in processes of its own, and in the one that stays for a notebook's check cells.
Every way takes its turn in each round, so that a slow moment of the machine hits all of them.
"""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import chdir, closing
from pathlib import Path

from rich.console import Console
from rich.table import Table

from courseware.base.tree import Tree, write_tree
from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import application_command
from courseware.judging.runtime import JudgeServices
from courseware.judging.sandbox import SandboxKind, available, start_application
from courseware.student.resident import ResidentProcess

ROOT = Path(__file__).parent.parent
COURSE = load_course(ROOT)
ENTRYPOINT = COURSE.application.entrypoint
SANDBOX_OPTION = {"plain": "--plain", "bubblewrap": "--sandbox"}
LONGEST_SECONDS = 60


def by_hand(tree: Tree) -> float:
    """Seconds until the application answers when a person migrates and starts it."""
    programs = Path(sys.executable).parent
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        write_tree(tree, Path(folder))
        began = time.perf_counter()
        command = f"{programs}/alembic upgrade head && exec {programs}/uvicorn --factory {ENTRYPOINT} --port {port}"
        environment = {**os.environ, **COURSE.application.environment, "PYTHONPATH": folder}
        silent = f"{{ {command}; }} >/dev/null 2>&1"
        with subprocess.Popen(["sh", "-c", silent], cwd=folder, env=environment) as server:
            while not answers(port):
                assert server.poll() is None, "the application did not start by hand"
                time.sleep(0.002)
            seconds = time.perf_counter() - began
            server.terminate()
        return seconds


def answers(port: int) -> bool:
    """Whether an application answers on this port."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def by_judge(tree: Tree, kind: SandboxKind) -> float:
    """Seconds until the application is ready when the judge starts it."""
    began = time.perf_counter()
    with JudgeServices(COURSE.services_after(1), COURSE.application.services, kind) as services:
        running = start_application(
            tree, application_command(COURSE.application_after(1), services), kind=kind, serve=services.serve
        )
        try:
            report = running.wait_ready(30)
            assert report.phase == "ready", report
            return time.perf_counter() - began
        finally:
            running.stop()


def check(root: Path, kind: SandboxKind, inside: dict[str, list[float]]) -> float:
    """Seconds that `course check 1` takes in a copy of the course; `inside` collects what the verdict says of it."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "courseware", "check", "1", "--json", SANDBOX_OPTION[kind]]
    done = subprocess.run(command, cwd=root, capture_output=True, check=True)
    seconds = time.perf_counter() - began
    verdict = json.loads(done.stdout)
    inside.setdefault("judge in all", []).append(verdict["seconds"])
    inside.setdefault("checks", []).append(sum(each["seconds"] for each in verdict["checks"]))
    return seconds


def check_cell(standing: ResidentProcess) -> float:
    """Seconds that the same takes for a check cell, in the current folder."""
    began = time.perf_counter()
    done = standing.run("check", "1", "--json", seconds=LONGEST_SECONDS)
    assert done["code"] == 0, done["stderr"]
    return time.perf_counter() - began


def copy_of_the_course(folder: Path) -> Path:
    """The course with the reference of step 1 in its workspace."""
    root = folder / "course"
    for name in ("lessons", "starter", "solutions", "checks", "notebooks"):
        shutil.copytree(ROOT / name, root / name)
    subprocess.run([sys.executable, "-m", "courseware", "start", "1"], cwd=root, check=True, capture_output=True)
    write_tree(finish(COURSE, 1), root / "workspace" / COURSE.step(1).slug)
    return root


def in_turns(ways: dict[str, Callable[[], float]], runs: int) -> dict[str, list[float]]:
    """The seconds of every way, after one round that is not counted."""
    rounds = [{name: way() for name, way in ways.items()} for _ in range(runs + 1)]
    return {name: [each[name] for each in rounds[1:]] for name in ways}


def show(title: str, times: dict[str, list[float]]) -> None:
    """A table with one line a way; ratios are to the first, round by round."""
    table = Table("way", "p50 s", "p95 s", "min s", "ratio p50", title=title)
    first = next(iter(times.values()))
    for name, seconds in times.items():
        ratio = statistics.median(mine / peer for mine, peer in zip(seconds, first, strict=True))
        tail = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
        table.add_row(name, f"{statistics.median(seconds):.3f}", f"{tail:.3f}", f"{min(seconds):.3f}", f"{ratio:.2f}")
    Console().print(table)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    kinds: list[SandboxKind] = ["plain", "bubblewrap"] if available().bubblewrap else ["plain"]
    tree = finish(COURSE, 1)
    starts: dict[str, Callable[[], float]] = {"by hand (alembic, uvicorn)": lambda: by_hand(tree)}
    starts |= {f"judge, {kind}": lambda kind=kind: by_judge(tree, kind) for kind in kinds}  # type: ignore[misc]
    show(f"until the application answers, {runs} runs", in_turns(starts, runs))
    with tempfile.TemporaryDirectory() as folder:
        root = copy_of_the_course(Path(folder))
        inside: dict[SandboxKind, dict[str, list[float]]] = {kind: {} for kind in kinds}
        whole: dict[str, Callable[[], float]] = {}
        for kind in kinds:
            whole[kind] = lambda kind=kind: check(root, kind, inside[kind])  # type: ignore[misc]
        with chdir(root), closing(ResidentProcess()) as standing:
            whole["as by a check cell"] = lambda: check_cell(standing)
            show(f"course check 1, {runs} runs", in_turns(whole, runs))
        for kind in kinds:
            show(f"within it, {kind}", inside[kind])


if __name__ == "__main__":
    main()
