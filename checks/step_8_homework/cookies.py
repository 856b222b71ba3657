"""The cookie with the refresh token, as a browser reads and sends it."""

from collections.abc import Mapping
from http.cookies import CookieError, Morsel, SimpleCookie

from courseware.checking import Answer, Request, expect
from step_8_homework.accounts import Member

NAME = "refresh_token"
PATH = "/api/v1/auth"


def cookie_in(answer: Answer, *, key: str = "no_cookie") -> "Morsel[str]":
    """The cookie that the answer sets. Fails the check where there is none."""
    header = answer.expect_header("set-cookie", key=key)
    try:
        cookies = SimpleCookie(header)
    except CookieError:
        cookies = SimpleCookie()
    if NAME not in cookies:
        raise answer.failed(key, f"a cookie {NAME}", header)
    return cookies[NAME]


def sending(path: str, cookie: str, body: Mapping[str, object] | None = None) -> Request:
    """The request of a browser that has this cookie."""
    return Request("POST", path, json=body, headers={"Cookie": f"{NAME}={cookie}"})


def logged_in(who: Member) -> Answer:
    """The answer to another login."""
    return who.application.send(who.account.login).expect_status(200, key="cannot_log_in")


def expect_attributes(answer: Answer, found: "Morsel[str]", *, secure: bool) -> None:
    """Fails the check unless the cookie has the attributes that the notebook lists."""
    wanted: dict[str, object] = {"path": PATH, "httponly": True, "secure": secure, "samesite": "strict"}
    for name, value in wanted.items():
        got = found[name].lower() if name == "samesite" else found[name] or False if name != "path" else found[name]
        expect(
            got == value, f"wrong_{name}", asked=str(answer.request), expected=f"{name}={value}", got=f"{name}={got}"
        )
