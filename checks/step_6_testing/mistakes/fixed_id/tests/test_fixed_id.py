import httpx

from tests.examples import create


async def test_the_first_contact_has_the_id_1(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await create(client, headers))["id"] == 1
