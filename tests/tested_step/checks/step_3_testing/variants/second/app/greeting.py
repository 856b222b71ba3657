"""How people are greeted."""

import os

from app.web import Reply


def greet(query: dict[str, str]) -> Reply:
    """A greeting for `name`; 422 when it is blank."""
    name = query["name"].strip() if "name" in query else ""
    if len(name) == 0:
        return 422, {"detail": "Please give a name.", "code": "blank"}
    return 200, {"greeting": "{}, {}!".format(os.environ["GREETING"], name), "language": "en"}
