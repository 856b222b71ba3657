"""How people are greeted."""

import os

from app.web import Reply


def greet(query: dict[str, str]) -> Reply:
    """A greeting for `name`; 422 when it is blank."""
    name = query.get("name", "").strip()
    if not name:
        return 422, {"detail": "Say who you are."}
    return 200, {"greeting": f"{os.environ['GREETING']}, {name}!"}
