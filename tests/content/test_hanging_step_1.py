"""A solution of step 1 that holds a lock over an `await` loses the points of races alone, for every seed."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from courseware.base.tree import write_tree
from courseware.course import load_course
from courseware.course.stages import finish

ROOT = Path(__file__).parents[2]
SEEDS = range(4)
AT_ONCE = 4
"""More than there are processors: these judgements spend most of their time waiting for answers that never come."""
SERVICE = "app/services/contacts.py"
COMMITS = "    try:\n        await session.commit()\n"
LOCKED = "    try:\n        with lock:\n            await session.commit()\n"
RACES = ["racing_changes_to_one_email", "racing_creates_leave_one_contact"]

# Prints the checks that the project does not pass. They wait less than usual: those that it passes do not need more.
JUDGE = """
import json
import sys
from pathlib import Path

from courseware.base.tree import read_tree
from courseware.checking import time_limits
from courseware.course import load_course
from courseware.judging.judgement import judge

time_limits.SECOND_SECONDS = 4.0
course, folder, seed = load_course(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3])
verdict = judge(course, course.step(1), read_tree(folder), hidden=True, seed=seed)
assert verdict.valid, verdict.notes
print(json.dumps(sorted(check.id for check in verdict.checks if check.outcome != "passed")))
"""


@pytest.mark.long
def test_a_lock_over_an_await_costs_both_races_and_nothing_else(tmp_path: Path) -> None:
    reference = finish(load_course(ROOT), 1)
    code = reference[SERVICE].decode()
    assert COMMITS in code
    code = code.replace(COMMITS, LOCKED).replace("\n\n\nasync def create", "\nlock = Lock()\n\n\nasync def create")
    code = code.replace("from sqlalchemy", "from threading import Lock\n\nfrom sqlalchemy", 1)
    write_tree({**reference, SERVICE: code.encode()}, tmp_path)

    def lost_checks(seed: int) -> list[str]:
        command = [sys.executable, "-c", JUDGE, str(ROOT), str(tmp_path), str(seed)]
        lost: list[str] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        return lost

    with ThreadPoolExecutor(AT_ONCE) as judges:
        lost = list(judges.map(lost_checks, SEEDS))
    assert lost == [RACES] * len(SEEDS)
