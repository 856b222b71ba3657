"""The documentation that the application writes about itself."""

from typing import Any

import httpx
import pytest

from tests.calls import DOCUMENTED


@pytest.fixture
async def openapi(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("http://contacts.example/openapi.json")
    description: dict[str, Any] = answer.json()
    return description


async def test_it_says_what_it_documents(openapi: dict[str, Any], client: httpx.AsyncClient) -> None:
    assert (openapi["info"]["title"], openapi["info"]["version"]) == ("Contacts API", "1.0.0")
    # Swagger UI is enough; ReDoc would be one more page that loads its code from elsewhere.
    assert (await client.get("http://contacts.example/redoc")).status_code == 404


async def test_every_call_is_documented_with_its_answers(openapi: dict[str, Any]) -> None:
    documented = {
        (method.upper(), path.removeprefix("/api/v1")): set(operation["responses"])
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    }
    assert documented == DOCUMENTED


async def test_errors_are_documented_in_the_shape_that_they_have(openapi: dict[str, Any]) -> None:
    schemas = {
        (status, answer["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1])
        for operations in openapi["paths"].values()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        if status >= "400"
    }
    assert schemas == {
        ("400", "ErrorBody"),
        ("401", "ErrorBody"),
        ("403", "ErrorBody"),
        ("404", "ErrorBody"),
        ("400", "ErrorBody"),
        ("409", "ErrorBody"),
        ("413", "ErrorBody"),
        ("429", "ErrorBody"),
        ("502", "ErrorBody"),
        ("503", "ErrorBody"),
        ("422", "ValidationErrorBody"),
    }
    assert "HTTPValidationError" not in openapi["components"]["schemas"]


async def test_swagger_can_log_in(openapi: dict[str, Any], client: httpx.AsyncClient) -> None:
    (scheme,) = openapi["components"]["securitySchemes"].values()
    assert scheme["flows"]["password"]["tokenUrl"] == "/api/v1/auth/login"
    assert (await client.get("http://contacts.example/docs")).status_code == 200
