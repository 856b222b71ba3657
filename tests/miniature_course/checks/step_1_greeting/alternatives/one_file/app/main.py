"""The whole application."""

import os

from app.web import Application


def create_app() -> Application:
    return Application({"/health": lambda query: (200, {"status": "ok"}), "/greeting": welcome})


def welcome(query: dict[str, str]) -> tuple[int, dict[str, str]]:
    who = " ".join(query.get("name", "").split())
    return (200, {"greeting": f"{os.environ['GREETING']}, {who}!"}) if who else (422, {"detail": "Nobody?"})
