"""The variants of step 6 are correct, and its bugs are not: the checks of steps 1 to 5 say so.

Each run tries three bugs, and one variant on the last of these steps. COURSE_TESTS=all tries all on all steps.
"""

from pathlib import Path

import pytest

from courseware.course import Step, load_course
from courseware.course.suites import faulty_applications
from courseware.judging.judgement import catalogue, judge
from courseware.verdict import Outcome

from ..sampling import EVERYTHING

COURSE = load_course(Path(__file__).parents[2])

APPLICATIONS = faulty_applications(COURSE, COURSE.step(6), hidden=True)
EARLIER = [step for step in COURSE.steps if step.number < 6]
FAILS = {
    "birthdays_end_at_new_year": "period_crosses_new_year",
    "last_day_is_left_out": "both_ends_are_included",
    "leap_day_is_lost": "leap_day_is_kept_in_a_common_year",
    "any_purpose_is_accepted": "kinds_of_tokens_stay_apart",
    "expired_tokens_are_accepted": "each_kind_has_its_lifetime",
    "today_is_left_out": "both_ends_are_included",
    "any_key_is_accepted": "token_must_be_whole",
    "birthdays_of_all_users": "list_has_own_contacts_only",
    "address_unique_for_all_users": "two_users_may_know_the_same_person",
    "null_does_not_clear": "null_clears_an_optional_field",
    "pages_are_ordered_by_id": "contacts_are_ordered_by_name",
    "search_shows_all_users": "search_stays_with_the_owner",
    "conflicting_change_crashes": "patch_to_a_taken_email_is_a_conflict",
    "search_has_wildcards": "percent_and_underscore_are_ordinary",
    "message_is_sent_twice": "one_message_for_one_registration",
    "resend_reaches_the_wrong_accounts": "message_is_sent_again",
    "unverified_user_logs_in": "login_waits_for_the_link",
    "avatar_is_stored_before_the_upload": "failures_change_nothing",
    "failed_upload_is_ignored": "refusal_is_told_as_502",
    "new_contact_is_missing_for_an_hour": "new_contact_is_listed_at_once",
    "failed_logins_are_not_counted": "eleventh_login_of_a_client_is_refused",
    "refresh_token_works_twice": "refresh_token_works_once",
    "all_users_share_an_answer": "users_have_separate_answers",
    "logout_ends_one_token": "logout_ends_all_tokens_of_the_session",
}
"""For each bug of step 6 a check of an earlier step that fails because of it."""


def test_every_bug_is_known_to_an_earlier_step() -> None:
    assert FAILS.keys() == APPLICATIONS.bugs.keys()


@pytest.mark.long
@pytest.mark.parametrize("name", list(APPLICATIONS.variants)[: None if EVERYTHING else 1])
@pytest.mark.parametrize("step", EARLIER if EVERYTHING else EARLIER[-1:], ids=lambda step: step.slug)
def test_a_variant_has_full_marks_in_every_earlier_step(name: str, step: Step) -> None:
    verdict = judge(COURSE, step, APPLICATIONS.variants[name], stage=5, hidden=True)
    assert verdict.valid
    assert [check.id for check in verdict.checks if check.outcome != Outcome.PASSED] == []


@pytest.mark.long
@pytest.mark.parametrize("bug", FAILS if EVERYTHING else list(FAILS)[::8])
def test_a_bug_fails_a_check_of_an_earlier_step(bug: str) -> None:
    step, task = next(
        (step, entry.task)
        for step in EARLIER
        for entry in catalogue(COURSE, step, hidden=True)
        if entry.id == FAILS[bug]
    )
    tree = APPLICATIONS.with_bug(APPLICATIONS.bugs[bug].bug)
    verdict = judge(COURSE, step, tree, stage=5, tasks=[task], hidden=True)
    assert verdict.valid
    assert FAILS[bug] in [check.id for check in verdict.checks if check.outcome == Outcome.FAILED]
