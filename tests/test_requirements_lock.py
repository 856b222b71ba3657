"""requirements.lock, for those who install with pip, says the same as pyproject.toml, and names no index."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)
RENEW = "Renew it: uv export --no-emit-project --no-header --no-annotate --output-file requirements.lock"


def demanded() -> list[Requirement]:
    """What the two projects and our own development ask for."""
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())
    application = tomllib.loads((ROOT / "solutions/contacts_api/pyproject.toml").read_text())
    wanted = ours["project"]["dependencies"] + ours["dependency-groups"]["dev"] + application["project"]["dependencies"]
    return [Requirement(text) for text in wanted]


def test_every_demand_is_met_by_a_pinned_version() -> None:
    text = (ROOT / "requirements.lock").read_text()
    pinned = {canonicalize_name(match["name"]): match["version"] for match in PINNED.finditer(text)}
    for requirement in demanded():
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is missing. {RENEW}"
        assert requirement.specifier.contains(version), f"{requirement} is not met by {version}. {RENEW}"


def test_every_package_is_held_by_hashes_and_no_address_is_named() -> None:
    text = (ROOT / "requirements.lock").read_text()
    packages = re.split(r"\n(?=\S)", text.strip())
    assert len(packages) > 100
    assert [package for package in packages if "--hash=sha256:" not in package] == []
    assert "://" not in text


def test_what_would_make_every_start_slow_is_left_out() -> None:
    """It takes half a second to import, and jsonschema would do so in every process of Jupyter's."""
    text = (ROOT / "requirements.lock").read_text()
    assert re.search(r"^rfc3987-syntax==\S+ ; sys_platform == 'never'", text, re.MULTILINE), RENEW
    with pytest.raises(PackageNotFoundError):
        version("rfc3987-syntax")
