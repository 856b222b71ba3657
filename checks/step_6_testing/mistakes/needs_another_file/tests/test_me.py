import httpx

import tests


async def test_me(client: httpx.AsyncClient) -> None:
    for path in tests.paths.KNOWN:
        assert (await client.get(path)).status_code == 200
