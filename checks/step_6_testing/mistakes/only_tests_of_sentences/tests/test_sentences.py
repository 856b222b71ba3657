import httpx
import pytest


@pytest.mark.parametrize("number", range(10))
async def test_sentence(client: httpx.AsyncClient, number: int) -> None:
    response = await client.post("/auth/login", data={"username": f"user{number}@example.com", "password": "x"})
    assert response.json()["detail"] == "The e-mail address or the password is wrong."
