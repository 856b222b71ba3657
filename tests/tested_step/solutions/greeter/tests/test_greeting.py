"""The greeting."""

import httpx
import pytest

from app.web import Application


@pytest.mark.parametrize("name", ["Ada", "Grace"])
def test_greets_by_name(application: Application, name: str) -> None:
    """The greeting has the name."""
    status, body = application.reply("/greeting", {"name": name})
    assert status == 200
    assert body["greeting"] == f"Hello, {name}!"


def test_trims_name(application: Application) -> None:
    """Spaces are no part of the name."""
    _, body = application.reply("/greeting", {"name": " Ada "})
    assert "  " not in body["greeting"]


async def test_refuses_blank_name(application: Application) -> None:
    """A blank name is refused over HTTP, too."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://test") as client:
        answer = await client.get("/greeting", params={"name": "  "})
    assert answer.status_code == 422
