"""Reference pages that programs write: the API, the commands and the format of a verdict."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from courseware.base.errors import UsageError
from courseware.course import Course
from courseware.verdict.schema import PATH as SCHEMA_PATH

Schema = dict[str, Any]
OPENAPI_PROGRAM = """
import importlib, json, sys
module, _, name = sys.argv[1].partition(":")
describe = getattr(getattr(importlib.import_module(module), name)(), "openapi", lambda: None)
json.dump(describe(), sys.stdout)
"""
METHODS = ("get", "post", "put", "patch", "delete")


def openapi_text(course: Course) -> str:
    """The OpenAPI description of the finished application, as JSON; `null` if its framework makes none.

    Raises UsageError if the application cannot be imported.
    """
    program = ("-c", OPENAPI_PROGRAM, course.application.entrypoint)
    return _printed(program, course.application_folder, tuple(course.application.environment.items()))


def commands_text() -> str:
    """The help of each command, as JSON: a list of objects with `name`, `summary` and `help`."""
    return _printed(("-m", "courseware.cli.reference"), Path.cwd(), (("COLUMNS", "100"),))


@cache  # both languages of a site show the same
def _printed(arguments: tuple[str, ...], folder: Path, variables: tuple[tuple[str, str], ...]) -> str:
    command, environment = [sys.executable, *arguments], {**os.environ, **dict(variables)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise UsageError(f"A page cannot be made: {' '.join(command[:2])} failed.\n{done.stderr}")
    return done.stdout


def api_page(spec: Schema) -> str:
    """The Markdown of the API reference: operations by tag, then schemas."""
    origin = f"Generated from the OpenAPI description of *{spec['info']['title']}*, version {spec['info']['version']}."
    lines = ["# API reference", "", f"{origin} The running application shows the same at `/docs`,"]
    lines += ["where you can also send requests.", ""]
    for tag in _tags(spec):
        lines += [f"## {tag['name'].capitalize()}", "", tag.get("description", ""), ""]
        for path, item in spec["paths"].items():
            for method in METHODS:
                if method in item and tag["name"] in item[method].get("tags", ["other"]):
                    lines += _operation(method, path, item[method])
    lines += ["## Schemas", ""]
    for name, schema in sorted(spec.get("components", {}).get("schemas", {}).items()):
        lines += [f"### {name}", "", _description(schema), "", *_properties(schema), ""]
    return "\n".join(lines)


def _tags(spec: Schema) -> list[Schema]:
    used = {
        tag
        for item in spec["paths"].values()
        for operation in item.values()
        for tag in operation.get("tags", ["other"])
    }
    listed = [tag for tag in spec.get("tags", []) if tag["name"] in used]
    return listed + [{"name": name} for name in sorted(used - {tag["name"] for tag in listed})]


def _operation(method: str, path: str, operation: Schema) -> Iterator[str]:
    yield f"### `{method.upper()} {path}` {{ #{operation['operationId']} }}"
    yield from ("", operation.get("summary", ""), "", operation.get("description", ""), "")
    if operation.get("security"):
        yield from ("Needs an access token.", "")
    parameters = operation.get("parameters", [])
    if parameters:
        yield from ("| Parameter | In | Type | Required |", "|---|---|---|---|")
        for each in parameters:
            required = "yes" if each.get("required") else "no"
            yield f"| `{each['name']}` | {each['in']} | {_kind(each['schema'])} | {required} |"
        yield ""
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        yield from (f"Body: `{media}`, {_kind(body['schema'])}", "")
    yield from ("| Status | Meaning | Body |", "|---|---|---|")
    for status, response in operation["responses"].items():
        bodies = ", ".join(_kind(body.get("schema", {})) for body in response.get("content", {}).values())
        yield f"| {status} | {_one_line(response.get('description', ''))} | {bodies or '–'} |"
    yield ""


def verdict_page() -> str:
    """The Markdown of the page about the format of a verdict, from its JSON Schema."""
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    lines = [
        "# Format of a verdict",
        "",
        "`course check --json` prints a verdict, and journals and exports store it. Its published "
        "[JSON Schema](verdict.schema.json) defines the format. This page is generated from the schema.",
        "",
        "## Verdict",
        "",
        _description(schema),
        "",
        *_properties(schema),
        "",
    ]
    for name, part in schema["$defs"].items():
        lines += [f"## {name}", "", _description(part), "", *_properties(part), ""]
    return "\n".join(lines)


def commands_page(commands: str) -> str:
    """The Markdown of the reference of all commands."""
    lines = [
        "# Command reference",
        "",
        "Generated from the commands: each block is what `course VERB --help` prints.",
        "",
    ]
    for each in json.loads(commands):
        lines += [f"## course {each['name']} {{ #{each['name']} }}", "", each["summary"], ""]
        lines += ["```text", each["help"].strip(), "```", ""]
    return "\n".join(lines)


def _properties(schema: Schema) -> Iterator[str]:
    if "enum" in schema:
        yield "One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + "."
    if not schema.get("properties"):
        return
    required = schema.get("required", [])
    yield from ("| Field | Type | Required |", "|---|---|---|")
    for name, field in schema["properties"].items():
        yield f"| `{name}` | {_kind(field)} | {'yes' if name in required else 'no'} |"


def _kind(schema: Schema) -> str:
    """The type of a value, with links to the schemas on the page."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_kind(option) for option in options)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items') or {})}"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    kind = schema.get("format") or schema.get("type") or "any"
    bounds = [f"{sign} {schema[key]}" for key, sign in BOUNDS.items() if key in schema]
    return f"`{kind}`" + (f" ({', '.join(bounds)})" if bounds else "")


BOUNDS = {
    "minLength": "length ≥",
    "maxLength": "length ≤",
    "minimum": "≥",
    "maximum": "≤",
    "exclusiveMinimum": "&gt;",
    "exclusiveMaximum": "&lt;",
}


def _description(schema: Schema) -> str:
    text: str = schema.get("description", "")
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
