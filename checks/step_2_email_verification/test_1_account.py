"""Task 2.1: an account that waits for its address."""

from collections.abc import Iterator
from random import Random

from courseware.checking import Application, Request, check
from users import new_account

UNVERIFIED = ("new_account_is_not_verified",)


@check(
    task="2.1",
    points=4,
    hints=(
        "Which new fact does the application store about an account?",
        "The table has the column already. The model and the schema of the response do not.",
        "`is_verified: Mapped[bool] = mapped_column(default=False)` in User, and `is_verified: bool` in UserRead.",
    ),
)
def test_new_account_is_not_verified(application: Application, random: Random) -> None:
    """POST /auth/register answers 201 with the user, whose is_verified is false."""
    account = new_account(random)
    answer = application.send(account.registration).expect_status(201, key="cannot_register")
    answer.expect_value("email", equals=account.email, key="wrong_user")
    answer.expect_value("is_verified", equals=False, key="not_unverified")


@check(
    task="2.1",
    points=2,
    hints=(
        "Why would a user follow the link if registration already returned a token?",
        "Read the body and the headers of the answer to a registration. Do they contain a token?",
        "The answer to POST /auth/register contains only the user. Tokens come from POST /auth/login.",
    ),
    needs=UNVERIFIED,
)
def test_registration_gives_no_tokens(application: Application, random: Random) -> None:
    """The answer to POST /auth/register contains no token of any kind."""
    answer = application.send(new_account(random).registration).expect_status(201, key="cannot_register")
    for name, value in everything_in(answer.json):
        if "token" in name.lower() or (isinstance(value, str) and value.count(".") == 2 and value.startswith("ey")):
            raise answer.failed("token_in_registration", "a user without tokens", f"{name} = {value}")
    for name in answer.headers:
        if name in ("authorization", "set-cookie"):
            raise answer.failed("token_in_registration", "a user without tokens", f"the header {name}")


@check(
    task="2.1",
    points=3,
    hints=(
        "A request may contain only the fields that a client may decide.",
        "There is one schema for the request and one for the response. Which of them has is_verified?",
        "Leave is_verified out of UserCreate. Its base class refuses unknown fields with 422.",
    ),
    needs=UNVERIFIED,
)
def test_nobody_verifies_themselves(application: Application, random: Random) -> None:
    """POST /auth/register with is_verified in the body answers 422, and no account is created."""
    account = new_account(random)
    request = Request(
        "POST",
        account.registration.path,
        json={"is_verified": True, "email": account.email, "password": account.password},
    )
    application.send(request).expect_status(422, key="verified_by_oneself")
    application.send(account.registration).expect_status(201, key="opened_all_the_same")


def everything_in(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Every field in a JSON value, however deep, with its name."""
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            yield from everything_in(inner, str(inner_name))
    elif isinstance(value, list):
        for inner in value:
            yield from everything_in(inner, name)
    else:
        yield name, value
