"""Task 8.3: admins see all users, and close and open accounts."""

from random import Random

from courseware.checking import Answer, Application, Database, Mailbox, Request, check, expect
from errors import expect_error
from step_8_homework.accounts import (
    USERS,
    Member,
    admin,
    expect_no_password,
    expect_password,
    expect_session_ended,
    expect_session_goes_on,
    setting_active,
)
from users import AUTH

LISTED = ("admin_lists_users",)
CLOSED = ("closed_account_is_out",)
RACES = 4


def listed(who: Member, **query: object) -> Answer:
    """A page of users, which must come."""
    answer = who.application.send(Request("GET", USERS, query=query, token=who.token)).expect_status(200, key="no_page")
    answer.typed(list, "items", key="items_is_no_list")
    return answer


def set_active(who: Member, user_id: object, active: object, *, key: str) -> Answer:
    """The user after an admin has closed or opened the account, which must work."""
    answer = who.application.send(setting_active(who, user_id, active)).expect_status(200, key=key)
    answer.expect_value("is_active", equals=active, key="wrong_state")
    return answer


@check(
    task="8.3",
    points=3,
    hints=(
        "Make yourself an admin with `python -m app.make_admin`, and list the users in Swagger UI.",
        "The page has the same four fields as a page of contacts. `total` counts all users.",
        "select(User).order_by(User.id).limit(...).offset(...), and select(func.count()).select_from(User).",
    ),
)
def test_admin_lists_users(ann: Member, boss: Member) -> None:
    """An admin gets pages of all users, ordered by id, with role and is_active. No page contains a password."""
    total = listed(boss, limit=1).typed(int, "total")
    expect(total >= 2, "wrong_total", asked=USERS, expected="2 users at least", got=str(total))
    ids: list[int] = []
    while len(ids) < total:
        page = listed(boss, limit=min(100, max(1, total // 3)), offset=len(ids))
        found = [page.typed(int, "items", number, "id") for number in range(len(page.typed(list, "items")))]
        if not found:
            raise page.failed("users_missing", f"{total} users on all pages", f"{len(ids)} users")
        for number, identifier in enumerate(found):
            if identifier in (ann.id, boss.id):
                role = "admin" if identifier == boss.id else "user"
                page.expect_value("items", number, "role", equals=role, key="wrong_role")
                page.expect_value("items", number, "is_active", equals=True, key="wrong_state")
        if "password" in page.text:
            raise page.failed("password_shown", "no field of a password", "one")
        ids += found
    expect(len(set(ids)) == len(ids), "same_users_again", asked=USERS, expected="each user once", got=str(ids[:20]))
    expect(ids == sorted(ids), "wrong_order", asked=USERS, expected="users ordered by id", got=str(ids[:20]))
    for who in (ann, boss):
        expect(who.id in ids, "users_missing", asked=USERS, expected=f"the user {who.id}", got=str(ids[:20]))


@check(
    task="8.3",
    points=3,
    hints=(
        "Call the two requests as an ordinary user, and without a token.",
        "The dependency Admin is the place where the role is asked for, for every route that names it.",
        'get_admin raises Forbidden("admins_only", ...) unless user.role is Role.ADMIN.',
    ),
    needs=LISTED,
)
def test_only_admins_may(application: Application, ann: Member, bob: Member) -> None:
    """Other users get 403 admins_only, requests without a token 401. No account changes."""
    page, patch = Request("GET", USERS, token=ann.token), setting_active(ann, bob.id, active=False)
    for request in (page, patch):
        expect_error(application.send(request), 403, code="admins_only", key="user_is_let_in")
        bare = Request(request.method, request.path, json=request.json)
        expect_error(application.send(bare), 401, key="stranger_is_let_in")
    expect_session_goes_on(application, bob.tokens, key="account_closed")


@check(
    task="8.3",
    points=4,
    hints=(
        "An account is closed while its user is logged in. What works for this user, and for how long?",
        "Each request with a token reads the row of the user. So it can refuse at once.",
        "find_by_claims refuses a user who is not active, and log_in does after the password was compared.",
    ),
    needs=LISTED,
)
def test_closed_account_is_out(application: Application, ann: Member, bob: Member, boss: Member) -> None:
    """A closed account: its tokens are refused with 401, and its login with 403 account_deactivated. Others go on."""
    set_active(boss, ann.id, active=False, key="not_closed")
    expect_session_ended(application, ann.tokens, key="session_goes_on")
    answer = application.send(ann.account.login)
    expect_error(answer, 403, code="account_deactivated", key="login_goes_on")
    expect_session_goes_on(application, bob.tokens, key="other_user_ended")


@check(
    task="8.3",
    points=1,
    hints=(
        "Log in to a closed account with a wrong password. What does the answer tell?",
        "Whoever does not know the password must not learn the state of the account.",
        "First compare the password, then look at is_active.",
    ),
    needs=CLOSED,
)
def test_closed_account_is_told_to_its_owner_alone(application: Application, ann: Member, boss: Member) -> None:
    """A login to a closed account with a wrong password: 401 bad_credentials, as for every account."""
    set_active(boss, ann.id, active=False, key="not_closed")
    expect_no_password(application, ann.with_password("not the password"), key="state_told")


@check(
    task="8.3",
    points=3,
    hints=(
        "An account is closed and opened again. Whose tokens work now?",
        "The tokens from before the closing may be the reason for it. They must not come back.",
        "user.deactivations += 1 when an account is closed: the fingerprint of the row changes with it.",
    ),
    needs=CLOSED,
)
def test_opened_account_logs_in_anew(application: Application, ann: Member, boss: Member) -> None:
    """An account that is opened again can log in. Its tokens from before stay refused with 401."""
    set_active(boss, ann.id, active=False, key="not_closed")
    set_active(boss, ann.id, active=True, key="not_opened")
    expect_session_ended(application, ann.tokens, key="old_tokens_come_back")
    tokens = expect_password(application, ann.account, key="login_refused")
    set_active(boss, ann.id, active=True, key="not_opened")
    expect_session_goes_on(application, tokens, key="opened_twice")


@check(
    task="8.3",
    points=2,
    hints=(
        "Close your own account as an admin, and then one that does not exist.",
        "The last admin would lock the door from outside.",
        'Conflict("own_account", ...) if the id is that of the admin, NotFound("user_not_found", ...) without a row.',
    ),
    needs=LISTED,
)
def test_admin_keeps_the_own_account(application: Application, boss: Member) -> None:
    """An admin who closes the own account gets 409 own_account, an unknown id 404 user_not_found."""
    own = application.send(setting_active(boss, boss.id, active=False))
    expect_error(own, 409, code="own_account", key="own_account_closed")
    expect_session_goes_on(application, boss.tokens, key="own_account_closed")
    unknown = application.send(setting_active(boss, 999_999_999, active=False))
    expect_error(unknown, 404, code="user_not_found", key="unknown_user")


@check(
    task="8.3",
    points=2,
    hints=(
        "Two admins close each other's accounts at the same moment. Who is left?",
        "Both requests find both admins active, and both write. One of them has to wait for the other.",
        "An UPDATE of all admins' rows that changes nothing locks them. Then read both rows again.",
    ),
    needs=("admin_keeps_the_own_account", "closed_account_is_out"),
)
def test_one_of_two_admins_stays(
    application: Application, mailbox: Mailbox, random: Random, database: Database
) -> None:
    """Two admins close each other's accounts at once. One of them stays active."""
    for _ in range(RACES):
        first, second = (admin(application, mailbox, random, database) for _ in range(2))
        pair = [setting_active(first, second.id, active=False), setting_active(second, first.id, active=False)]
        answers = application.send_at_once(pair)
        successes = [answer for answer in answers if answer.status == 200]
        expect(
            len(successes) == 1,
            "both_closed",
            asked=f"two requests PATCH {USERS}/{{id}} of two admins at once, see {AUTH}",
            expected="one with 200",
            got=", ".join(str(answer.status) for answer in answers),
        )
