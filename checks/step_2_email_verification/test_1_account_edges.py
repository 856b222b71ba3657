"""Task 2.1: the edges."""

from random import Random

from courseware.checking import Application, Database, check, expect
from users import new_account


@check(
    task="2.1",
    points=1,
    hints=(
        "Is there a column that is nobody's business?",
        "A schema of what goes out names what may be seen; a row has more than that.",
        "Let the route have response_model=UserRead, which has neither the password nor its hash.",
    ),
    needs=("new_account_is_not_verified",),
)
def test_registration_shows_no_hash(application: Application, random: Random) -> None:
    """The answer to POST /auth/register holds neither the password nor the hash of it."""
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
        "What does `alembic check` in the terminal say about your column?",
        "The revision gives the column a type, and says that it is never NULL. The model must say the same.",
        "`is_verified: Mapped[bool]`, without `| None`, as in migrations/versions/0003_email_verification.py.",
    ),
    needs=("new_account_is_not_verified",),
)
def test_models_match_the_migrations(database: Database) -> None:
    """`alembic check` finds no difference between the model of a user and the table after the revision."""
    database.expect_migrated(key="model_differs")
