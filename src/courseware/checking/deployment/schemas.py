"""The JSON Schemas of the files of a deployment: those that check-jsonschema brings, and one of our own."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import SchemaError, ValidationError, best_match

SchemaName = Literal["github-workflows", "compose-spec", "render"]
OWN = "render"
LONGEST = 300
SAFE_PATTERNS = {
    r"^(.+\/)+(.+)\.(ya?ml)(@.+)?$": r"^.+/[^/]+\.ya?ml(@.+)?$",
    "^\\$\\{\\{(.|[\r\n])*\\}\\}$": r"^\$\{\{[\s\S]*\}\}$",
    "^.*\\$\\{\\{(.|[\r\n])*\\}\\}.*$": r"\$\{\{",
}
"""Patterns of the schemas that a text can keep busy without end, and others in their place."""


def first_violation(data: object, name: SchemaName) -> str | None:
    """What in the data breaks the schema, and where, in words. None where nothing does."""
    error = best_match(_validator(name).iter_errors(data))
    if error is None:
        return None
    while error.context:  # of several possibilities, the one that was nearly met
        deeper = best_match(iter(error.context))
        if deeper is None:
            break
        error = deeper
    return f"{_place(error)}: {error.message[:LONGEST]}"


def _place(error: ValidationError) -> str:
    return ".".join(map(str, error.absolute_path)) or "the whole file"


@cache
def _validator(name: SchemaName) -> Any:
    schema = _schema(name)
    kind = validators.validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise RuntimeError(f"The schema {name} is wrong: {error.message}") from None
    return kind(schema)


def _schema(name: SchemaName) -> dict[str, Any]:
    if name == OWN:
        text = Path(__file__).with_name(f"{name}.schema.json").read_text(encoding="utf-8")
    else:
        vendored = files("check_jsonschema.builtin_schemas.vendor")
        text = vendored.joinpath(f"{name}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text, object_hook=_with_safe_pattern)
    return schema


def _with_safe_pattern(part: dict[str, Any]) -> dict[str, Any]:
    pattern = part.get("pattern")
    return part | {"pattern": SAFE_PATTERNS.get(pattern, pattern)} if isinstance(pattern, str) else part
