"""The documentation that the application writes about itself."""

from typing import Any

import httpx
import pytest

from app.core.errors import ErrorBody, ValidationErrorBody
from tests.calls import DOCUMENTED


@pytest.fixture
async def openapi(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("http://contacts.example/openapi.json")
    description: dict[str, Any] = answer.json()
    return description


def operations(openapi: dict[str, Any]) -> list[dict[str, Any]]:
    """What is documented of each call."""
    return [operation for calls in openapi["paths"].values() for operation in calls.values()]


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


async def test_every_call_has_a_short_name_of_its_own(openapi: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(openapi)]
    assert {"register", "log_in", "read_me", "list_contacts", "create_contact"} <= set(names)
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and len(name) <= 25 for name in names)


async def test_every_call_has_a_tag_and_every_tag_a_description(openapi: dict[str, Any]) -> None:
    used = {tag for operation in operations(openapi) for tag in operation["tags"]}
    assert {tag["name"] for tag in openapi["tags"] if tag["description"]} == used


async def test_errors_are_documented_in_the_shape_that_they_have(openapi: dict[str, Any]) -> None:
    for operation in operations(openapi):
        for status, answer in operation["responses"].items():
            if status >= "400":
                model = ValidationErrorBody if status == "422" else ErrorBody
                content = answer["content"]["application/json"]
                schema = openapi["components"]["schemas"][content["schema"]["$ref"].rsplit("/", 1)[-1]]
                assert schema["properties"].keys() == model.model_fields.keys()
                codes = schema["properties"]["code"]["enum"]
                assert list(content["examples"]) == codes
                examples = [example["value"] for example in content["examples"].values()]
                assert [model.model_validate(example, extra="forbid").code for example in examples] == codes
    assert "HTTPValidationError" not in openapi["components"]["schemas"]


async def test_headers_are_documented(openapi: dict[str, Any]) -> None:
    documented = {
        (operation["operationId"], status, header)
        for operation in operations(openapi)
        for status, answer in operation["responses"].items()
        for header in answer.get("headers", [])
    }
    assert ("create_contact", "201", "Location") in documented
    assert ("register", "429", "Retry-After") in documented
    assert ("list_contacts", "503", "Retry-After") in documented
    assert ("list_contacts", "401", "WWW-Authenticate") in documented


async def test_swagger_can_log_in(openapi: dict[str, Any], client: httpx.AsyncClient) -> None:
    (scheme,) = openapi["components"]["securitySchemes"].values()
    assert scheme["flows"]["password"]["tokenUrl"] == "/api/v1/auth/login"
    assert (await client.get("http://contacts.example/docs")).status_code == 200
