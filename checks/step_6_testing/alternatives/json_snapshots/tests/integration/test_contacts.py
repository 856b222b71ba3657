"""Responses of a scenario, compared with the stored ones in snapshots.json."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.examples import contact

SNAPSHOTS = json.loads(Path(__file__).with_name("snapshots.json").read_text(encoding="utf-8"))
OPEN = {"id": "<id>", "created_at": "<time>", "updated_at": "<time>", "detail": "<text>", "message": "<text>"}


def normalized(value: Any) -> Any:
    """The value without what differs from one correct application to another."""
    if isinstance(value, dict):
        return {key: OPEN.get(key, normalized(each)) for key, each in sorted(value.items())}
    return [normalized(each) for each in value] if isinstance(value, list) else value


def check(name: str, response: httpx.Response) -> None:
    body = normalized(response.json()) if response.content else None
    assert {"status": response.status_code, "body": body} == SNAPSHOTS[name]


async def test_scenario(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    created = await client.post("/contacts", json=contact(), headers=headers)
    check("created", created)
    path = f"/contacts/{created.json()['id']}"
    check("again", await client.post("/contacts", json=contact(), headers=headers))
    other = contact(first_name="100%", last_name="Andrukh", email="sure@example.com", birthday=None)
    second = await client.post("/contacts", json=other, headers=headers)
    check("list", await client.get("/contacts", headers=headers))
    check("percent", await client.get("/contacts", params={"q": "%"}, headers=headers))
    taken = {"email": "olena@example.com"}
    check("taken", await client.patch(f"/contacts/{second.json()['id']}", json=taken, headers=headers))
    check("cleared", await client.patch(path, json={"birthday": None, "notes": None}, headers=headers))
    check("deleted", await client.delete(path, headers=headers))
    check("missing", await client.get(path, headers=headers))
