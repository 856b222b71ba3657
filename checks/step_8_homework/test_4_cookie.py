"""Task 8.4: the refresh token in a cookie."""

from courseware.checking import Application, Request, check, expect
from errors import expect_error
from step_5_redis_caching.people import LOGOUT, REFRESH, expect_revoked, refreshing
from step_8_homework.accounts import Member
from step_8_homework.cookies import NAME, cookie_in, expect_attributes, logged_in, sending

WEEK = 7 * 24 * 3600
SET = ("login_sets_the_cookie",)
ELSEWHERE = {"ENVIRONMENT": "staging"}


@check(
    task="8.4",
    points=4,
    hints=(
        "Log in and read the header Set-Cookie of the answer.",
        "HttpOnly keeps scripts away, SameSite other sites, and Path all requests that need no refresh token.",
        'response.set_cookie(NAME, ..., max_age=..., path=PATH, secure=..., httponly=True, samesite="strict").',
    ),
)
def test_login_sets_the_cookie(ann: Member) -> None:
    """A login puts its refresh token into a cookie: HttpOnly, SameSite=Strict, for 7 days, for the path of auth."""
    answer = logged_in(ann)
    found = cookie_in(answer)
    same = found.value == answer.token(NAME, key="cannot_log_in")
    expect(same, "other_token", asked=str(answer.request), expected="the token of the body", got="another one")
    expect_attributes(answer, found, secure=False)
    right = found["max-age"] == str(WEEK)
    expect(right, "wrong_age", asked=str(answer.request), expected=f"max-age={WEEK}", got=f"max-age={found['max-age']}")


@check(
    task="8.4",
    points=3,
    hints=(
        "Send a refresh without a body, with the cookie alone.",
        "The body is optional by now. Where does the token come from if there is none?",
        "Read the token: `token = cookie if data is None or data.refresh_token is None else data.refresh_token`.",
    ),
    needs=SET,
)
def test_cookie_refreshes(application: Application, ann: Member) -> None:
    """A refresh with the cookie alone answers a new pair, and sets the cookie to the new token. It works once."""
    old = cookie_in(logged_in(ann)).value
    answer = application.send(sending(REFRESH, old)).expect_status(200, key="cookie_ignored")
    new = cookie_in(answer, key="cookie_not_renewed")
    same = new.value == answer.token(NAME, key="cookie_ignored")
    expect(same, "cookie_not_renewed", asked=str(answer.request), expected="the new token in the cookie", got="another")
    expect_attributes(answer, new, secure=False)
    expect_error(application.send(sending(REFRESH, old)), 401, code="token_revoked", key="used_twice")


@check(
    task="8.4",
    points=1,
    hints=(
        "Send one token in the body and another one in the cookie.",
        "A client that names a token means this one.",
        "Look into the body first, and take the cookie only if the body has none.",
    ),
    needs=("cookie_refreshes",),
)
def test_body_wins(application: Application, ann: Member) -> None:
    """If body and cookie have a token, that of the body is used. Without both: 422."""
    cookie = cookie_in(logged_in(ann)).value
    chosen = ann.tokens[NAME]
    application.send(sending(REFRESH, cookie, {NAME: chosen})).expect_status(200, key="body_ignored")
    expect_revoked(application, chosen, key="cookie_was_used")
    application.send(refreshing(cookie)).expect_status(200, key="cookie_was_used")
    expect_error(application.send(Request("POST", REFRESH)), 422, key="no_token_accepted")


@check(
    task="8.4",
    points=2,
    hints=(
        "Log out with the cookie, and look at the answer: what does the browser do with the cookie?",
        "A browser deletes a cookie that is set again with the same name and path, and whose time is over.",
        "response.set_cookie or delete_cookie with the same path, httponly, samesite and secure, and max_age=0.",
    ),
    needs=SET,
)
def test_logout_deletes_the_cookie(application: Application, ann: Member) -> None:
    """A logout with the cookie alone answers 204, ends the session, and deletes the cookie: same path, max-age 0."""
    token = cookie_in(logged_in(ann)).value
    answer = application.send(sending(LOGOUT, token)).expect_status(204, key="cookie_ignored")
    gone = cookie_in(answer, key="cookie_stays")
    expect_attributes(answer, gone, secure=False)
    over = gone["max-age"] == "0" and gone.value == ""
    expect(
        over, "cookie_stays", asked=str(answer.request), expected="an empty cookie, max-age=0", got=gone.OutputString()
    )
    expect_revoked(application, token, key="session_goes_on")


@check(
    task="8.4",
    points=1,
    hints=(
        "Start the application with ENVIRONMENT=staging. Is the cookie marked Secure?",
        "A browser sends a cookie without Secure over plain HTTP too, where others can read it.",
        'Set the flag like this: `secure=get_settings().environment != "local"`.',
    ),
    needs=SET,
    environment=ELSEWHERE,
)
def test_cookie_is_secure_elsewhere(ann: Member) -> None:
    """Unless ENVIRONMENT is local, the cookie is Secure."""
    answer = logged_in(ann)
    expect_attributes(answer, cookie_in(answer), secure=True)
