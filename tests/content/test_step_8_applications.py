"""The variants of step 8 are correct, and its bugs are not: the checks of an application say so.

Each run tries a variant and two bugs. COURSE_TESTS=all tries all of them.
"""

from pathlib import Path

import pytest

from courseware.course import load_course
from courseware.course.suites import faulty_applications
from courseware.judging.judgement import catalogue, judge
from courseware.verdict import Outcome

from ..sampling import EVERYTHING

COURSE = load_course(Path(__file__).parents[2])
STEP = COURSE.step(8)
APPLICATION = [task.id for task in STEP.tasks if task.id != "8.5"]
APPLICATIONS = faulty_applications(COURSE, STEP, hidden=True)
FAILS = {
    "deleted_contact_stays_in_the_list": (5, "deleted_contact_is_gone_at_once"),
    "everyone_deletes_a_contact": (1, "foreign_contact_stays_untouched"),
    "reset_token_works_again": (8, "reset_token_works_once"),
    "reset_tells_who_has_an_account": (8, "reset_tells_nothing_about_accounts"),
    "reset_stores_nothing": (8, "reset_sets_the_password"),
    "reset_leaves_sessions_open": (8, "reset_ends_all_sessions"),
    "everyone_sees_all_users": (8, "only_admins_may"),
    "closed_account_goes_on": (8, "closed_account_is_out"),
    "admin_locks_the_door": (8, "admin_keeps_the_own_account"),
    "second_delete_succeeds": (1, "second_delete_is_not_found"),
    "verification_token_resets": (8, "only_reset_tokens_set_a_password"),
    "closed_account_logs_in": (8, "closed_account_is_out"),
}
"""For each bug a step, and a check of it that fails because of the bug."""


def test_every_bug_is_known_to_a_check_of_an_application() -> None:
    assert FAILS.keys() == APPLICATIONS.bugs.keys()


@pytest.mark.long
@pytest.mark.parametrize("name", APPLICATIONS.variants if EVERYTHING else list(APPLICATIONS.variants)[:1])
def test_a_variant_has_full_marks(name: str) -> None:
    verdict = judge(COURSE, STEP, APPLICATIONS.variants[name], tasks=APPLICATION, hidden=True)
    assert verdict.valid
    assert [check.id for check in verdict.checks if check.outcome != Outcome.PASSED] == []


@pytest.mark.long
@pytest.mark.parametrize("bug", FAILS if EVERYTHING else list(FAILS)[::8])
def test_a_bug_fails_a_check(bug: str) -> None:
    number, check = FAILS[bug]
    step = COURSE.step(number)
    [task] = [entry.task for entry in catalogue(COURSE, step, hidden=True) if entry.id == check]
    tree = APPLICATIONS.with_bug(APPLICATIONS.bugs[bug].bug)
    verdict = judge(COURSE, step, tree, stage=8, tasks=[task], checks=[check])
    assert verdict.valid
    assert [each.outcome for each in verdict.checks if each.id == check] == [Outcome.FAILED]
