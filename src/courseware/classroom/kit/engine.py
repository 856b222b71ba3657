"""The engine as a project that a kit brings along: its source, and what has to be installed for it."""

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path

import courseware
from courseware.base.tree import Tree

NAME = "courseware"
PINNED = re.compile(r"^[\w.-]+==[^\\\n]*", re.MULTILINE)

PYPROJECT = """\
# Made by `course kit`: the engine that runs this course, and all that the course's application needs.
[project]
name = {name}
version = {version}
requires-python = {python}
dependencies = {dependencies}

[project.scripts]
course = "courseware.cli:main"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.uv]
# The versions with which the course was proved; the same stand in constraints.txt for pip.
constraint-dependencies = {constraints}
# JupyterLab would import it at every start, which takes as long as all the rest, and has no use for it.
override-dependencies = ["rfc3987-syntax ; sys_platform == 'never'"]
"""


@dataclass(frozen=True)
class _Project:
    """What the engine says of itself. `dependencies` are those of a student: no extras, no tools of its authors."""

    version: str
    python: str
    dependencies: tuple[str, ...]


def engine_files(application: Iterable[str], pins: Iterable[str]) -> dict[str, bytes]:
    """The files of a project that installs this very engine.

    Args:
        application: what the application under construction needs, as requirements.
        pins: the versions to install, as constraints.
    """
    project, versions = _project(), list(pins)
    pyproject = PYPROJECT.format(
        name=_toml(NAME),
        version=_toml(project.version),
        python=_toml(project.python),
        dependencies=_toml_list(dict.fromkeys([*project.dependencies, *application])),
        constraints=_toml_list(versions),
    )
    return {
        "pyproject.toml": pyproject.encode(),
        "constraints.txt": "".join(f"{pin}\n" for pin in versions).encode(),
    }


def engine_folder() -> Path:
    """Where this engine's modules are."""
    return Path(courseware.__file__).parent


def python_version() -> str:
    """Which Python the engine needs, in words for a person."""
    return _project().python.replace(">=", "") + " or newer"


def pins_of(lock: bytes) -> list[str]:
    """The version of every package in a requirements file, with its marker and without its hashes."""
    return [found.group().strip() for found in PINNED.finditer(lock.decode())]


def requirements_of(application: Tree) -> list[str]:
    """What the application's own pyproject.toml says that it needs; nothing where it has none."""
    content = application.get("pyproject.toml")
    if content is None:
        return []
    found: list[str] = tomllib.loads(content.decode()).get("project", {}).get("dependencies", [])
    return found


def _project() -> _Project:
    """From the project file of a clone, or else from what was installed: a clone may be newer than its installation."""
    path = engine_folder().parent.parent / "pyproject.toml"
    if path.is_file():
        told = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})
        if told.get("name") == NAME:
            return _Project(told["version"], told["requires-python"], tuple(told["dependencies"]))
    installed = metadata(NAME)
    required = installed.get_all("Requires-Dist") or []
    return _Project(
        installed["Version"],
        installed["Requires-Python"],
        tuple(text for text in required if not re.search(r";.*\bextra\s*==", text)),
    )


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _toml_list(texts: Iterable[str]) -> str:
    lines = "".join(f"    {_toml(text)},\n" for text in texts)
    return f"[\n{lines}]" if lines else "[]"
