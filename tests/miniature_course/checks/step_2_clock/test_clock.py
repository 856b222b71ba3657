"""The date."""

from datetime import UTC, datetime

from courseware.checking import Application, Clock, check
from step_1_greeting.asking import ask


@check(task="2.1", points=10, hints=("Python knows the date.",))
def test_tells_date(application: Application, clock: Clock) -> None:
    """GET /date answers the date of the application's clock."""
    clock.move(datetime(2028, 2, 29, 12, tzinfo=UTC))
    answer = ask(application, "/date")
    answer.expect_value("date", equals="2028-02-29", key="wrong_date")
