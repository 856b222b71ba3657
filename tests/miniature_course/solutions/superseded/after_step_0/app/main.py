"""The application: answers GET requests with JSON."""

from app.web import Application, Reply


def create_app() -> Application:
    """The application with its routes."""
    return Application({"/health": health})


def health(query: dict[str, str]) -> Reply:
    """The application is up."""
    return 200, {"status": "ok"}
