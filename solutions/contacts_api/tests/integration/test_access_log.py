"""What is written down about requests."""

import io
import logging
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from app.core import logs
from tests.examples import ANN, contact
from tests.mailbox import Mailbox


@pytest.fixture(name="caplog")
def logged_as_by_the_server(
    application: FastAPI, caplog: pytest.LogCaptureFixture
) -> Iterator[pytest.LogCaptureFixture]:
    """What is logged, with the application's level and filter. The migrations, which come first, set others."""
    assert application
    with caplog.at_level(logging.INFO), caplog.filtering(logs.RequestIdFilter()):
        yield caplog


def access_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "app.core.logs"]


async def test_an_access_line_shows_no_token_and_no_personal_data(
    client: httpx.AsyncClient, ann: httpx.AsyncClient, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    await client.post("/auth/register", json={**ANN, "email": "new@example.com"})
    token = (await mailbox.next_link("new@example.com")).rsplit("/", 1)[-1]
    caplog.clear()
    assert (await client.get(f"/auth/verify/{token}?from=mail")).status_code == 200
    await ann.get("/contacts?q=olena")
    await ann.get("/contacts/123")
    await ann.get(f"/auth/verified/{token}")
    lines = [line.rsplit(" ", 2)[0] for line in access_lines(caplog)]
    assert lines == [
        "GET /auth/verify/{token} 200",
        "GET /contacts 200",
        "GET /contacts/{contact_id} 404",
        "GET - 404",
    ]


async def test_the_id_of_an_answer_is_in_all_lines_about_its_request(
    ann: httpx.AsyncClient, application: FastAPI, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.clear()
    answers = [await ann.get("/contacts"), await ann.post("/contacts", json=contact())]
    monkeypatch.setattr(application.state, "sessions", None)
    answers.append(await ann.get("/users/me"))
    assert [answer.status_code for answer in answers] == [200, 201, 500]
    ids = [answer.headers["X-Request-ID"] for answer in answers]
    assert len(set(ids)) == 3
    assert [vars(record)["request_id"] for record in caplog.records if record.name == "app.core.logs"] == ids
    assert access_lines(caplog)[-1].startswith("GET /users/me 500")


def test_one_format_for_the_application_and_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pytest's own handlers, as when a server starts."""
    printed = io.StringIO()
    root = logging.RootLogger(logging.WARNING)
    monkeypatch.setattr(logging, "root", root)
    monkeypatch.setattr("sys.stderr", printed)
    logs.configure_logging("INFO")
    logs.request_id.set("some-id")
    root.info("hello %s", "there")
    assert printed.getvalue().endswith(" INFO [some-id] root: hello there\n")
    assert not logging.getLogger("uvicorn").handlers
    assert logging.getLogger("uvicorn.access").disabled
