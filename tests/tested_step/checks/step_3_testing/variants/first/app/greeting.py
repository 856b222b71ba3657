"""How people are greeted."""

import os

from app.web import Reply


def greet(query: dict[str, str]) -> Reply:
    """A greeting for `name`; 422 when it is blank."""
    given = query.get("name", "")
    trimmed = given.strip()
    if trimmed == "":
        return 422, {"detail": "A name is missing."}
    words = [os.environ["GREETING"], trimmed]
    return 200, {"greeting": ", ".join(words) + "!"}
