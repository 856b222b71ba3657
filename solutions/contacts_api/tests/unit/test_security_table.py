"""SECURITY.md names only tests that there are."""

import re

import pytest

from tests.servers import PROJECT

ROWS = re.findall(r"^\| (\S+) \|.+\| (\S+)::(\S+) \|$", (PROJECT / "SECURITY.md").read_text(), re.MULTILINE)


def test_every_row_could_be_read() -> None:
    rows = [line for line in (PROJECT / "SECURITY.md").read_text().splitlines() if re.match(r"\| \d", line)]
    assert len(ROWS) == len(rows) > 0


@pytest.mark.parametrize(("requirement", "path", "name"), ROWS)
def test_a_requirement_is_shown_by_a_test(requirement: str, path: str, name: str) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", requirement)
    assert re.search(rf"^(async )?def {name}\(", (PROJECT / "tests" / path).read_text(), re.MULTILINE)
