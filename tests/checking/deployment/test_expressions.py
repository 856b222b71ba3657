"""Expressions have the values that GitHub's documentation gives them."""

import pytest

from courseware.checking.deployment.expressions import BadExpression, Scope, condition_holds, evaluate, fill
from courseware.checking.deployment.plan import status_functions

GITHUB = {"ref": "refs/heads/main", "event_name": "push", "event": {"labels": [{"name": "a"}, {"name": "b"}]}}
SCOPE = Scope(
    {"github": GITHUB, "needs": {"test": {"result": "success"}}}, status_functions(success=True, failure=False)
)
RED = Scope(SCOPE.contexts, status_functions(success=False, failure=True))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.ref == 'refs/heads/main'", True),
        ("github.REF == 'REFS/heads/MAIN'", True),
        ("github['event_name'] != 'push'", False),
        ("github.no.such.thing", None),
        ("github.no == ''", True),
        ("github.event_name == 'push' && github.ref == 'x' || 'no'", "no"),
        ("!(true && false)", True),
        ("!!0", False),
        ("1 == '1'", True),
        ("true == '1'", True),
        ("null == 0", True),
        ("'a' > 3", False),
        ("0x1F", 31.0),
        ("'it''s'", "it's"),
        ("contains(github.event.labels.*.name, 'B')", True),
        ("contains('Hello world', 'LLO')", True),
        ("startsWith(github.ref, 'refs/heads/') && endsWith(github.ref, 'main')", True),
        ("format('{0} {{1}} {1}', 'a', 2)", "a {1} 2"),
        ("join(github.event.labels.*.name, '-')", "a-b"),
        ("fromJSON('[1, 2]')[1]", 2),
        ("needs.test.result == 'success'", True),
    ],
)
def test_values(text: str, value: object) -> None:
    assert evaluate(text, SCOPE) == value


@pytest.mark.parametrize(
    ("condition", "green", "red"),
    [
        (None, True, False),
        ("github.ref == 'refs/heads/main'", True, False),
        ("${{ github.ref == 'refs/heads/other' }}", False, False),
        ("${{ github.ref }} == 'refs/heads/other'", True, False),
        ("always()", True, True),
        ("${{ always() && github.event_name == 'push' }}", True, True),
        ("failure()", False, True),
        ("!cancelled()", True, True),
        ("success() || failure()", True, True),
        ("github.event_name == 'always()'", False, False),
        ("${{ '}}' }}", True, False),
        (False, False, False),
    ],
)
def test_conditions(condition: object, green: bool, red: bool) -> None:
    assert condition_holds(condition, SCOPE) is green
    assert condition_holds(condition, RED) is red


def test_templates() -> None:
    assert fill("ref=${{ github.ref }}, ${{ true }}${{ null }} ${{ 1.0 }}", SCOPE) == "ref=refs/heads/main, true 1"


@pytest.mark.parametrize(
    "text",
    [
        "secrets.X == ''",
        "github.ref ==",
        "github.ref = 'x'",
        'github.ref == "x"',
        "(((github.ref",
        "nothing(1)",
        "format('{5}')",
        "fromJSON('{')",
        "hashFiles",
        "a" * 5000,
        "(" * 3000,
        "!" * 3000,
        "",
        "format('{0}{0}{0}{0}', " * 30 + "'xxxxxxxx'" + ")" * 30,
        "fromJSON('" + "[" * 3000 + "')",
    ],
)
def test_what_github_refuses(text: str) -> None:
    with pytest.raises(BadExpression):
        evaluate(text, SCOPE)


def test_a_template_must_be_closed() -> None:
    with pytest.raises(BadExpression):
        fill("${{ 'a }}", SCOPE)
