"""Task 8.3: the same demands with other data."""

from random import Random

from courseware.checking import Application, check
from errors import expect_error
from step_8_homework.accounts import Member, expect_password, expect_session_ended, setting_active


@check(
    task="8.3",
    points=2,
    hints=(
        "An account is closed and opened several times, and its user logs in each time it is open.",
        "Each closing ends the sessions before it, and no opening brings one back.",
        "Count the deactivations, and put the count into the fingerprint.",
    ),
    needs=("closed_account_is_out",),
)
def test_accounts_closed_and_opened_in_a_row(
    application: Application, random: Random, ann: Member, boss: Member
) -> None:
    """An account is closed and opened three times. Each time, the sessions from before are over."""
    sessions = [ann.tokens]
    for _ in range(3):
        for active in (False, True):
            answer = application.send(setting_active(boss, ann.id, active=active)).expect_status(200, key="not_set")
            answer.expect_value("is_active", equals=active, key="wrong_state")
            expect_session_ended(application, random.choice(sessions), key="session_goes_on")
            if not active:
                expect_error(application.send(ann.account.login), 403, code="account_deactivated", key="login_goes_on")
        sessions.append(expect_password(application, ann.account, key="login_refused"))
