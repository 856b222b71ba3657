"""Greeting, with what students do not see."""

from courseware.checking import Application, check
from step_1_greeting.asking import ask


@check(task="1.1", points=3, hints=("Spaces are not part of a name.",), needs=("greets",))
def test_trims_name(application: Application, name: str) -> None:
    """Spaces around the name are not part of the greeting."""
    answer = ask(application, "/greeting", name=f"  {name} ")
    answer.expect_value("greeting", equals=f"Hello, {name}!", key="not_trimmed")
