"""Right solutions with unusual decisions that no text forbids have all points."""

from collections.abc import Callable
from pathlib import Path

import pytest

from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.verdict import Outcome

COURSE = load_course(Path(__file__).parents[2])
Tree = dict[str, bytes]


def edited(tree: Tree, path: str, *replacements: tuple[str, str]) -> Tree:
    """The project with these replacements in a file, which must hold what they replace."""
    text = tree[path].decode()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return {**tree, path: text.encode()}


def with_middleware(tree: Tree, imported: str, added: str) -> Tree:
    """The project whose application has one more middleware."""
    return edited(
        tree,
        "app/main.py",
        ("from fastapi import FastAPI\n", f"from fastapi import FastAPI\n{imported}\n"),
        ("    return application\n", f"    application.add_middleware({added})\n    return application\n"),
    )


def in_its_own_place(tree: Tree) -> Tree:
    """Only this machine may be the host, the database file has another name, and moments come in a zone of their own.

    The moments in answers to a change come from the model, in UTC still, those of other answers from the database.
    """
    tree = with_middleware(
        tree,
        "from starlette.middleware.trustedhost import TrustedHostMiddleware",
        'TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"]',
    )
    own_file = b'\n\nimport os\nos.environ["DATABASE_URL"] = "sqlite+aiosqlite:///./own.sqlite3"\n'
    tree = {**tree, "app/core/config.py": tree["app/core/config.py"] + own_file}
    return edited(
        tree,
        "app/core/database.py",
        ("from datetime import UTC, datetime\n", "from datetime import UTC, datetime, timedelta, timezone\n"),
        (
            "return value and (value if value.tzinfo else value.replace(tzinfo=UTC))",
            "return value and value.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=2)))",
        ),
    )


def with_claims_in_fractions(tree: Tree) -> Tree:
    """Claims are moments with fractions of a second, as RFC 7519 allows, and a header names the key."""
    return edited(
        tree,
        "app/core/security.py",
        ('"iat": issued,', '"iat": issued.timestamp(), "nbf": issued.timestamp(),'),
        ('"exp": issued + LIFETIMES[purpose],', '"exp": (issued + LIFETIMES[purpose]).timestamp(),'),
        (
            "_key(purpose), ALGORITHM)\n\n\ndef read_token",
            '_key(purpose), ALGORITHM, headers={"kid": "1"})\n\n\ndef read_token',
        ),
    )


@pytest.mark.parametrize(("number", "change"), [(1, in_its_own_place), (2, with_claims_in_fractions)])
def test_it_has_all_points(number: int, change: Callable[[Tree], Tree]) -> None:
    verdict = judge(COURSE, COURSE.step(number), change(dict(finish(COURSE, number))), hidden=True)
    assert verdict.valid, verdict.notes
    assert {check.id: check.failure for check in verdict.checks if check.outcome is not Outcome.PASSED} == {}
