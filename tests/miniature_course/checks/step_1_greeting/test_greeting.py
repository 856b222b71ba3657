"""Greeting."""

from courseware.checking import Application, Request, check


@check(task="1.1", points=3, hints=("Look at the route.", "Return a pair.", "Return 200 and a greeting."))
def test_greets(application: Application, name: str) -> None:
    """GET /greeting answers 200 with a greeting for the name."""
    answer = application.send(Request("GET", "/greeting", query={"name": name}))
    answer.expect_status(200, key="wrong_status")
    answer.expect_value("greeting", equals=f"Hello, {name}!", key="wrong_greeting")


@check(task="1.2", points=3, hints=("What is the length of a blank name?",), needs=("greets",))
def test_refuses_blank_name(application: Application) -> None:
    """A blank name answers 422."""
    application.send(Request("GET", "/greeting", query={"name": "  "})).expect_status(422, key="blank_accepted")
