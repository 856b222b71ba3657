"""Task 1.2: the edges."""

from datetime import UTC, datetime, timedelta
from random import Random

from courseware.checking import Application, Clock, Mailbox, check
from errors import error_fields, expect_error
from step_1_contacts_crud.contacts import TIMESTAMPS, expect_moment, valid_contact
from users import User, sign_in

LISTED = ("contacts_are_listed",)
MOMENT = timedelta(minutes=1)


@check(
    task="1.2",
    points=0.5,
    hints=(
        "How many contacts does a client get if the request has no limit?",
        "The default of limit is applied like every other limit.",
        "limit = 20 as the parameter's default, and limit() in the query whatever the value.",
    ),
    needs=LISTED,
)
def test_default_page_holds_twenty(newcomer: User, random: Random) -> None:
    """Without parameters a page holds the first twenty contacts, and total counts all."""
    for _ in range(21):
        newcomer.created(valid_contact(random))
    answer = newcomer.listed()
    count = len(answer.typed(list, "items"))
    if count != 20:
        raise answer.failed("default_not_applied", "20 of the 21 contacts", f"{count} items")
    answer.expect_value("total", equals=21, key="wrong_total")


@check(
    task="1.2",
    points=0.5,
    hints=(
        "Which offset fails: one after the last contact, or one that is too large for the database?",
        "A page after the last contact is empty. This is not an error, and the total is the same.",
        "Give the offset an upper bound, or answer with an empty page. Do not let the database raise an error.",
    ),
    needs=LISTED,
)
def test_page_behind_the_end_is_empty(newcomer: User, random: Random) -> None:
    """An offset after the last contact answers 200 with no items and the same total. A huge one is not a 500."""
    for _ in range(2):
        newcomer.created(valid_contact(random))
    for offset in (2, 5000):
        answer = newcomer.listed(offset=offset)
        answer.expect_value("items", equals=[], key="items_behind_the_end")
        answer.expect_value("total", equals=2, key="wrong_total")
    newcomer.page(offset=10**20).expect_status(200, 422, key="huge_offset_breaks")


@check(
    task="1.2",
    points=0.5,
    hints=(
        "Which other texts can a client send in place of a number?",
        "The type of the parameter refuses everything that is not a whole number. Its bounds refuse the rest.",
        "Declare limit and offset as int with Query(ge=..., le=...): the framework answers 422 by itself.",
    ),
    needs=("page_bounds_are_checked",),
)
def test_page_parameters_are_numbers(user: User) -> None:
    """A limit or offset that is not a whole number, or is far out of bounds, answers 422 and names the parameter."""
    for name, value in (("limit", "ten"), ("limit", -20), ("limit", 1_000_000), ("offset", "1.5"), ("offset", -500)):
        answer = user.page(**{name: value})
        expect_error(answer, 422, key="illegal_parameter_accepted")
        fields = error_fields(answer)
        if not any(field.split(".")[-1] == name for field in fields):
            raise answer.failed("wrong_error_fields", f"an error for {name}", ", ".join(fields) or "no errors")


@check(
    task="1.2",
    points=0.5,
    hints=(
        "Which clock sets the two timestamps?",
        "A default that is computed during the import of the module is the same for all rows.",
        "Write default=clock.now without parentheses. SQLAlchemy then calls the function for each row.",
    ),
    needs=("timestamps_carry_an_offset",),
)
def test_timestamps_are_taken_from_the_clock(
    application: Application, mailbox: Mailbox | None, clock: Clock, random: Random
) -> None:
    """A new contact has created_at and updated_at of the moment that the application's clock shows."""
    for year in (2033, 2034):
        now = datetime(year, 7, random.randrange(1, 28), 23, 59, tzinfo=UTC)
        clock.move(now)
        user = sign_in(application, mailbox, random)
        answer = user.create(valid_contact(random)).expect_success(201, key="not_created")
        for name in TIMESTAMPS:
            late = expect_moment(answer, name) - now
            if not timedelta(seconds=-1) <= late < MOMENT:
                raise answer.failed("not_the_moment", f"{name} at about {now.isoformat()}", str(answer))
