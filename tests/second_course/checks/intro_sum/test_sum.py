"""Adding."""

from courseware.checking import Application, Request, check


@check(task="1.1", points=3, hints=("Python adds with +.",))
def test_adds(application: Application) -> None:
    """GET /sum answers with the sum of two numbers."""
    answer = application.send(Request("GET", "/sum", query={"a": "-2", "b": "44"}))
    answer.expect_status(200, key="wrong_status")
    answer.expect_value("result", equals=42, key="wrong_sum")
