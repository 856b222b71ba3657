"""The standalone example of step 1 runs alone, and notices when something that it claims is not so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "lessons/step_1_contacts_crud/examples/01_partial_updates.py"

# What is broken, and the claim that no longer holds.
BROKEN_PARTS = {
    "every field taken for sent": (
        '("exclude_unset", ContactUpdate, True)',
        '("exclude_unset", CarelessUpdate, False)',
        "exclude_unset the notes stay",
    ),
    "null allowed": ("email: str | MISSING = MISSING", "email: str | None = None", "null is refused"),
    "no escaping": ("icontains(query, autoescape=True) if", "icontains(query) if", "% finds the percent sign"),
    "no Python lower": ('("Python\'s str.lower", str.lower)', '("Python\'s str.lower", None)', "every alphabet works"),
    "no id in the order": (
        "(Contact.last_name, Contact.first_name, Contact.id)",
        "(Contact.last_name,)",
        "an order that ends in the id",
    ),
    "no owner": ('contact_id, Contact.owner == "boris")', "contact_id,)", "Boris reaches nothing"),
    "no constraint": ('(UniqueConstraint("owner", "email"),)', "()", "the constraint lets one through"),
}


def run(script: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the script as a student does, in an empty folder; a warning is an error."""
    command = [sys.executable, "-W", "error", str(script)]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=False)


def test_it_ends_well_and_shows_every_claim_as_true(tmp_path: Path) -> None:
    result = run(EXAMPLE, tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count("✓") >= 20
    assert "✗" not in result.stdout


def test_its_tables_fit_beside_an_editor(tmp_path: Path) -> None:
    assert max(map(len, run(EXAMPLE, tmp_path).stdout.splitlines())) <= 84


def test_it_leaves_nothing_behind(tmp_path: Path) -> None:
    run(EXAMPLE, tmp_path)
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - hidden files count too


@pytest.mark.parametrize("broken", BROKEN_PARTS)
def test_it_says_so_when_a_claim_does_not_hold(tmp_path: Path, broken: str) -> None:
    right, wrong, claim = BROKEN_PARTS[broken]
    source = EXAMPLE.read_text(encoding="utf-8")
    assert source.count(right) == 1
    copy = tmp_path / "example.py"
    copy.write_text(source.replace(right, wrong), encoding="utf-8")
    result = run(copy, tmp_path)
    assert result.returncode == 1
    assert any("✗ NOT SO" in line and claim in line for line in result.stdout.splitlines()), result.stdout
