"""Where control groups are looked for, on machines of either version, and what is written into them."""

from dataclasses import replace
from pathlib import Path

import pytest

from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.sandbox import Limits, available
from courseware.judging.sandbox.cgroup import Places, _candidates, find_places, make_group


def candidates(tmp_path: Path, own_groups: str, mounts: str) -> list[Places]:
    (tmp_path / "cgroup").write_text(own_groups)
    (tmp_path / "mountinfo").write_text(mounts)
    return list(_candidates(tmp_path / "cgroup", tmp_path / "mountinfo"))


def test_version_1(tmp_path: Path) -> None:
    found = candidates(
        tmp_path,
        "8:pids:/\n4:memory:/jobs/7\n2:cpu,cpuacct:/\n0::/\n",
        "30 1 0:26 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
        "31 1 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
        "32 1 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
    )
    assert [place.version for place in found] == ["v1"]
    assert found[0].folders["memory"] == Path("/sys/fs/cgroup/memory/jobs/7")
    assert found[0].folders["pids"] == Path("/sys/fs/cgroup/pids")


def test_version_1_in_a_container(tmp_path: Path) -> None:
    found = candidates(
        tmp_path,
        "8:pids:/docker/12\n4:memory:/docker/12\n",
        "30 1 0:26 /docker/12 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "31 1 0:27 /docker/12 /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n",
    )
    assert found[0].folders["memory"] == Path("/sys/fs/cgroup/memory")


def test_a_controller_that_is_mounted_twice_is_tried_in_both_places(tmp_path: Path) -> None:
    found = candidates(
        tmp_path,
        "8:pids:/\n4:memory:/\n",
        "30 1 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "31 1 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
        "32 1 0:26 / /mnt/read\\040only rw - cgroup cgroup ro,memory\n"
        "33 1 0:29 / /mnt/other rw - cgroup cgroup\n",
    )
    assert [place.folders["memory"] for place in found] == [Path("/mnt/read only"), Path("/sys/fs/cgroup/memory")]


def test_a_machine_without_proc_has_no_control_groups(tmp_path: Path) -> None:
    assert list(_candidates(tmp_path / "cgroup", tmp_path / "mountinfo")) == []


def version_2(tmp_path: Path, controllers: str) -> list[Places]:
    """Candidates where the process is in /user.slice/app.scope, whose parent passes these controllers on."""
    own = tmp_path / "fs" / "user.slice" / "app.scope"
    own.mkdir(parents=True)
    (own / "cgroup.subtree_control").write_text("")
    (own.parent / "cgroup.subtree_control").write_text(controllers)
    return candidates(
        tmp_path, "0::/user.slice/app.scope\n", f"30 1 0:26 / {tmp_path}/fs rw - cgroup2 cgroup2 rw,nsdelegate\n"
    )


def test_version_2_takes_the_group_above(tmp_path: Path) -> None:
    found = version_2(tmp_path, "cpu memory pids\n")
    assert found == [Places("v2", dict.fromkeys(("memory", "pids"), tmp_path / "fs" / "user.slice"))]


def test_version_2_without_the_controllers(tmp_path: Path) -> None:
    assert version_2(tmp_path, "cpu\n") == []


def test_no_control_groups(tmp_path: Path) -> None:
    assert candidates(tmp_path, "", "") == []


def test_version_2_limits(tmp_path: Path) -> None:
    group = make_group(Places("v2", dict.fromkeys(("memory", "pids"), tmp_path)), Limits(memory=1234, processes=5))
    (folder,) = set(group.folders.values())
    assert folder.parent == tmp_path
    assert (folder / "memory.max").read_text() == "1234"
    assert (folder / "pids.max").read_text() == "5"
    assert group.enter() == [*group.enter()[:-2], str(folder), "--"]
    (folder / "memory.events").write_text("low 0\noom 1\noom_kill 0\n")
    assert group.why_killed() is None
    (folder / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    assert group.why_killed() is not None


@pytest.mark.bubblewrap
def test_a_real_group_goes_away_again() -> None:
    if available().cgroup is None:
        pytest.skip("no control groups here")
    places = find_places()
    assert places is not None
    group = make_group(places, Limits())
    assert all(folder.is_dir() for folder in group.folders.values())
    assert group.why_killed() is None
    group.remove()
    assert not any(folder.exists() for folder in group.folders.values())


@pytest.mark.bubblewrap
@pytest.mark.parametrize("other", ["somewhere else", "nowhere"])
def test_a_place_that_vanishes_while_a_class_is_judged_costs_nobody_a_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    gone = Places("v2", dict.fromkeys(("memory", "pids"), tmp_path / "unmounted"))
    there = replace(available(), groups=gone, cgroup="v2")
    monkeypatch.setattr("courseware.judging.sandbox.starting.available", lambda: there)
    if other == "nowhere":
        monkeypatch.setattr("courseware.judging.sandbox.cgroup.find_places", lambda: None)
    course = load_course(Path(__file__).parents[2] / "miniature_course")
    verdict = judge(course, course.step(1), finish(course, 1), hidden=True, sandbox="bubblewrap")
    assert verdict.held
