"""Task 2.5 more closely: when verification counts, and who is asked for a token first."""

from courseware.checking import Application, Request, check
from errors import expect_error
from users import CONTACTS

CLOSED = ("contacts_wait_for_the_link",)


@check(
    task="2.5",
    points=1,
    hints=(
        "Authentication and authorization are two checks. In which order?",
        "Without a token the application does not know the user, so the answer is still 401.",
        "Build get_verified_user on CurrentUser, which raises the 401 with its header.",
    ),
    needs=CLOSED,
)
def test_who_asks_comes_before_what_they_may(application: Application) -> None:
    """Contacts answer 401 with WWW-Authenticate, not 403, to a request without a token or with a broken one."""
    for token in (None, "nonsense"):
        answer = application.send(Request("GET", CONTACTS, token=token))
        expect_error(answer, 401, key="wrong_status_without_token")
        answer.expect_header("WWW-Authenticate", key="no_challenge")
