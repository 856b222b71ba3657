"""What a load balancer asks."""

import httpx


async def test_the_application_lives_and_is_ready(client: httpx.AsyncClient) -> None:
    for path in ("/health", "/health/ready"):
        response = await client.get(path)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})
