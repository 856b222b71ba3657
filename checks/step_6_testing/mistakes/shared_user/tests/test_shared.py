import httpx

from tests.examples import contact

made: dict[str, object] = {}


async def test_create(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await client.post("/contacts", json=contact(), headers=headers)
    made.update(response.json())
    assert response.status_code == 201


async def test_has_an_address() -> None:
    assert made["email"] == "olena@example.com"


async def test_has_a_name() -> None:
    assert made["first_name"] == "Olena"


async def test_has_a_phone() -> None:
    assert made["phone"] == "+380501234567"
