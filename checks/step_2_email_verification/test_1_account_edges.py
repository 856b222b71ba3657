"""Task 2.1: the edges."""

from random import Random

from courseware.checking import Application, Database, check, expect
from users import new_account


@check(
    task="2.1",
    points=1,
    hints=(
        "Which columns must never be in an answer?",
        "The schema of the response names the fields that a client may see. The row has more fields.",
        "Let the route have response_model=UserRead, which has neither the password nor its hash.",
    ),
    needs=("new_account_is_not_verified",),
)
def test_registration_shows_no_hash(application: Application, random: Random) -> None:
    """The answer to POST /auth/register contains neither the password nor its hash."""
    account = new_account(random)
    answer = application.send(account.registration).expect_status(201, key="cannot_register")
    text = str(answer.json)
    for secret in (account.password, "$2a$", "$2b$", "$2y$", "argon2"):
        asked = str(answer.request)
        expect(secret not in text, "password_shown", asked=asked, expected="an answer without it", got=text)
    names = [name for name in answer.typed(dict) if "password" in name.lower()]
    expect(not names, "password_shown", asked=str(answer.request), expected="no such field", got=", ".join(names))


@check(
    task="2.1",
    points=1,
    hints=(
        "Run `alembic check` in the terminal. What does it print about your column?",
        "The migration gives the column a type and NOT NULL. The model must do the same.",
        "`is_verified: Mapped[bool]`, without `| None`, as in migrations/versions/0003_email_verification.py.",
    ),
    needs=("new_account_is_not_verified",),
)
def test_models_match_the_migrations(database: Database) -> None:
    """`alembic check` finds no difference between the model of a user and the table of the migration."""
    database.expect_migrated(key="model_differs")
