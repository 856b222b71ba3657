"""How people are greeted."""

from app.web import Reply


def greet(query: dict[str, str]) -> Reply:
    """A greeting for `name`; 422 when it is blank."""
    # TODO 1.1: which word greets stands in the environment.
    # TODO 1.2: what is a blank name?
    raise NotImplementedError("Task 1.1")
