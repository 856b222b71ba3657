"""Greeting, with what students do not see."""

from courseware.checking import Application, Request, check


@check(task="1.1", points=3, hints=("Spaces are not part of a name.",), needs=("greets",))
def test_trims_name(application: Application, name: str) -> None:
    """Spaces around the name are not part of the greeting."""
    answer = application.send(Request("GET", "/greeting", query={"name": f"  {name} "}))
    answer.expect_value("greeting", equals=f"Hello, {name}!", key="not_trimmed")
