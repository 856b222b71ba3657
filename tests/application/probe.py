"""Run inside a stage of the application: starts it, calls it as a user would, prints the statuses as JSON."""

import asyncio
import json

import httpx

from app.main import create_app  # type: ignore[import-not-found] # the stage's own

EMAIL, PASSWORD = "ann@example.com", "a pass phrase of Ann"
CONTACT = {"first_name": "Olena", "last_name": "Koval", "email": "olena@example.com", "phone": "+380501234567"}


async def main() -> None:
    application = create_app()
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=transport, base_url="http://contacts.example/api/v1") as client,
    ):
        health = await client.get("/health")
        registered = await client.post("/auth/register", json={"email": EMAIL, "password": PASSWORD})
        tokens = await client.post("/auth/login", data={"username": EMAIL, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {tokens.json()['access_token']}"
        answers = {
            "health": health,
            "register": registered,
            "me": await client.get("/users/me"),
            "create": await client.post("/contacts", json=CONTACT),
            "list": await client.get("/contacts"),
            "read": await client.get("/contacts/1"),
            "update": await client.patch("/contacts/1", json={"phone": "112"}),
            "delete": await client.delete("/contacts/1"),
        }
    print(json.dumps({name: answer.status_code for name, answer in answers.items()}))


asyncio.run(main())
