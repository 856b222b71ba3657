"""What /openapi.json says beyond the signatures of the endpoints. Programs generate clients from it."""

from collections.abc import Mapping
from typing import Any

from fastapi.routing import APIRoute

Answers = dict[int | str, dict[str, Any]]
"""The argument `responses` of a route or a router. Join several with `|`."""


def operation_id(route: APIRoute) -> str:
    """The name of the endpoint. It must be unique: a generated client has one method of this name."""
    return route.name


def document_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    """The part of an answer's documentation that lists its headers: their names, and what they say."""
    return {"headers": {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}}
