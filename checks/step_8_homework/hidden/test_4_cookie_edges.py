"""Task 8.4: the same demands in a longer session."""

from courseware.checking import Application, check
from errors import expect_error
from step_5_redis_caching.people import LOGOUT, REFRESH
from step_8_homework.accounts import Member
from step_8_homework.cookies import cookie_in, logged_in, sending


@check(
    task="8.4",
    points=1,
    hints=(
        "A browser refreshes three times and logs out. Which cookie does it have each time?",
        "Each answer replaces the cookie by the newest token.",
        "refresh calls set_refresh_cookie with the new pair.",
    ),
    needs=("login_sets_the_cookie",),
)
def test_browser_stays_logged_in(application: Application, ann: Member) -> None:
    """A browser refreshes three times with the cookie of the answer before, and logs out with the last one."""
    cookie = cookie_in(logged_in(ann)).value
    for _ in range(3):
        answer = application.send(sending(REFRESH, cookie)).expect_status(200, key="cookie_ignored")
        cookie = cookie_in(answer, key="cookie_not_renewed").value
    application.send(sending(LOGOUT, cookie)).expect_status(204, key="cookie_ignored")
    expect_error(application.send(sending(REFRESH, cookie)), 401, code="token_revoked", key="session_goes_on")
