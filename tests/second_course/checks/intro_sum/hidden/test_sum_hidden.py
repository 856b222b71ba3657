"""Adding, with numbers that students do not see."""

from courseware.checking import Application, Request, check


@check(task="1.1", points=2, hints=("A number may be negative.",))
def test_adds_negative_numbers(application: Application) -> None:
    """Negative numbers are added as well."""
    answer = application.send(Request("GET", "/sum", query={"a": "-2", "b": "-40"}))
    answer.expect_value("result", equals=-42, key="wrong_sign")
