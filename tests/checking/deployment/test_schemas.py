"""The schemas are those of check-jsonschema, without patterns that a hostile text keeps busy."""

import re
from collections.abc import Iterator

import pytest

from courseware.checking.deployment.schemas import SAFE_PATTERNS, SchemaName, _schema, first_violation

KNOWN = {
    r"^[_a-zA-Z][a-zA-Z0-9_-]*$",
    r"^\d+(\.\d+|\*)?$",
    r"^(always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+)$",
    r"^(in|ex)clude$",
    r"^branches(-ignore)?$",
    "^/",
    "^x-",
    ".+",
    "^.+$",
    "^[a-z]+$",
    "^[a-zA-Z0-9._-]+$",
    "[a-zA-Z0-9][a-zA-Z0-9_.-]+",
}
"""Patterns that take a time in proportion to the text, or to its square. Look at a new one before you add it."""


def patterns(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        yield from part.get("patternProperties", {})
        for value in part.values():
            yield from patterns(value)
    elif isinstance(part, list):
        for value in part:
            yield from patterns(value)


@pytest.mark.parametrize("name", ["github-workflows", "compose-spec", "render"])
def test_all_patterns_are_known(name: SchemaName) -> None:
    assert set(patterns(_schema(name))) <= KNOWN | set(SAFE_PATTERNS.values())


@pytest.mark.parametrize(
    "job",
    [
        {"uses": "a/" * 5000 + "x"},
        {"uses": "a" * 60000},
        {"runs-on": "${{" + "\r" * 60000},
        {"runs-on": "u", "steps": [{"run": "x"}], "continue-on-error": "${{" * 20000},
    ],
)
def test_hostile_texts_are_judged(job: dict[str, object]) -> None:
    first_violation({"on": "push", "jobs": {"a": job}}, "github-workflows")


@pytest.mark.parametrize("path", ["./.github/workflows/a.yml", "o/r/.github/workflows/a.yaml@v1"])
def test_reusable_workflows_are_still_known(path: str) -> None:
    assert first_violation({"on": "push", "jobs": {"a": {"uses": path}}}, "github-workflows") is None
    assert not re.search(next(iter(SAFE_PATTERNS.values())), "a.yml")
