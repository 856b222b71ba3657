"""Multiplying."""

from courseware.checking import Application, Request, check


@check(task="2.1", points=5, hints=("Python multiplies with *.",))
def test_multiplies(application: Application) -> None:
    """GET /product answers with the product of two numbers."""
    answer = application.send(Request("GET", "/product", query={"a": "6", "b": "7"}))
    answer.expect_status(200, key="wrong_status")
    answer.expect_value("result", equals=42, key="wrong_product")
