import httpx


async def health_is_ok(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health")).status_code == 200
