"""`course grade --cluster`: a real Dask scheduler and real workers, of which one is killed in the middle."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from courseware.base.tree import Tree

from .conftest import ENVIRONMENT, SECONDS, Class, wait_for

pytestmark = pytest.mark.bubblewrap

STUDENTS = 14
SCHEDULER = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
WORKER = ("distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard", "--no-nanny")


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self.address = ""

    def start(self) -> None:
        file = self.folder / "scheduler.json"
        self._start(*SCHEDULER, "--scheduler-file", str(file))
        wait_for(lambda: file.exists() and file.read_text().rstrip().endswith("}"))
        self.address = json.loads(file.read_text())["address"]

    def add_worker(self) -> "subprocess.Popen[bytes]":
        return self._start(*WORKER, self.address, "--local-directory", str(self.folder))

    def _start(self, module: str, *arguments: str) -> "subprocess.Popen[bytes]":
        with (self.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *arguments],
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        self._processes.append(process)
        return process

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def log(self) -> str:
        return (self.folder / "log.txt").read_text()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    (tmp_path / "cluster").mkdir()
    cluster = Cluster(tmp_path / "cluster")
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(
    classroom: Class,
    cluster: Cluster,
    variants: Callable[[int], Iterator[tuple[str, Tree]]],
    deserved: dict[str, dict[str, float]],
) -> None:
    for student, tree in variants(STUDENTS):
        classroom.hand_in(student, tree)
    workers = [cluster.add_worker(), cluster.add_worker()]
    wait_for(lambda: cluster.log.count("Registered to:") == len(workers))
    process = classroom.start("grade", "--cluster", cluster.address, "--json")
    wait_for(lambda: classroom.verdicts() >= 3)
    assert process.poll() is None
    workers[0].kill()
    kept = classroom.verdicts()
    assert kept < STUDENTS
    told, said = process.communicate(timeout=SECONDS)

    assert process.returncode == 0, said
    (record,) = json.loads(told)
    assert record["judged_now"] == STUDENTS == classroom.verdicts() == len(classroom.grades())
    for student in record["students"]:
        assert student["remark"] == ""
        assert student["points"] == sum(deserved[student["student"].partition("-")[2]].values())
    assert "Judging step 1: 14 of 14 done" in said
    # The checks were brought to the workers, and taken away again from the one that lives.
    assert len(list(cluster.folder.rglob("course-*"))) == 1
    assert json.loads(classroom.run("grade", "--json").stdout)[0]["judged_now"] == 0


@pytest.mark.long
def test_where_no_cluster_or_no_worker_is_it_says_so(
    classroom: Class, cluster: Cluster, variants: Callable[[int], Iterator[tuple[str, Tree]]]
) -> None:
    ((student, tree),) = variants(1)
    classroom.hand_in(student, tree)
    done = classroom.run("grade", "--cluster", cluster.address, code=2)
    assert f"There is no Dask cluster with workers at {cluster.address}" in done.stderr
    cluster.stop()
    done = classroom.run("grade", "--cluster", cluster.address, code=2)
    assert f"There is no Dask cluster with workers at {cluster.address}" in done.stderr
    assert "Traceback" not in done.stderr
    assert classroom.verdicts() == 0


@pytest.mark.long
def test_a_cluster_that_goes_away_ends_it_and_what_is_done_is_kept(
    classroom: Class, cluster: Cluster, variants: Callable[[int], Iterator[tuple[str, Tree]]]
) -> None:
    for student, tree in variants(STUDENTS):
        classroom.hand_in(student, tree)
    cluster.add_worker()
    process = classroom.start("grade", "--cluster", cluster.address)
    wait_for(lambda: classroom.verdicts() >= 2)
    cluster.stop()
    _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 2, said
    assert (
        "The connection to the cluster is lost. Finished judgements are stored: run the command again to continue."
        in said
    )
    assert "Traceback" not in said
    kept = classroom.verdicts()
    assert 2 <= kept < STUDENTS
    assert json.loads(classroom.run("grade", "--json").stdout)[0]["judged_now"] == STUDENTS - kept
