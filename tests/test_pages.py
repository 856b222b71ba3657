"""What the pages for readers of the repository name exists: files, folders, links, commands and their options."""

import re
import shlex
import shutil
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from courseware.cli.program import VERBS, run

ROOT = Path(__file__).parents[1]
GENERATED = ("contributing.md", "lessons/", "reference/")
"""Pages of the site that have no file in its folder. tests/site checks all its links."""
GUIDES = [path.relative_to(ROOT).as_posix() for path in (ROOT / "site").glob("*.md") if path.name != "glossary.md"]
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "README.md", *sorted(GUIDES))
BESIDE = (ROOT, ROOT / "solutions", ROOT / "solutions/contacts_api", ROOT / "src/courseware")
"""Where paths may begin: a page about the application or the engine need not repeat where that lies."""
ELSEWHERE = (
    ".course/",
    ".venv/",
    "build/",
    "downloaded/",
    "lessons/intro/",
    "pytest.ini",
    "results.json",
    "workspace/",
)
"""What a clone does not have: commands make it, a student hands it in, or another course has it."""
FOLDERS = ("checks", "lessons", "notebooks", "site", "solutions", "src", "starter", "tests")

FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
PATH = re.compile(r"\.?[\w<>*-][\w.<>*-]*/[\w./<>*-]*|[\w<>*-]+\.(?:cfg|ini|ipynb|json|lock|md|py|sh|toml|txt|ya?ml)")
UV_RUN = re.compile(r"uv run (--project \S+ )?(--group \w+ )?")
PLACEHOLDER = re.compile(r"<\w+>")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def snippets(page: str) -> list[str]:
    """Inline code, and the lines of shell blocks without their comments."""
    text = text_of(page)
    lines = [line for block in FENCE.finditer(text) if block["language"] == "sh" for line in block["text"].splitlines()]
    found = [" ".join(shlex.split(line, comments=True)) for line in lines] + CODE.findall(FENCE.sub("", text))
    return [snippet for snippet in found if snippet]


def exists(path: str) -> bool:
    """Whether the repository has such a file or folder, a name alone in any folder; `<name>` stands for any name."""
    pattern = PLACEHOLDER.sub("*", path).strip("/")
    if path.startswith(ELSEWHERE) or any(True for place in BESIDE for _ in place.glob(pattern)):
        return True
    return "/" not in path and any(True for folder in FOLDERS for _ in (ROOT / folder).rglob(pattern))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file(page: str) -> None:
    targets = [match["target"].partition("#")[0] for match in LINK.finditer(FENCE.sub("", text_of(page)))]
    paths = [target for target in targets if target and "://" not in target]
    if page.startswith("site/"):
        paths = [path for path in paths if not path.startswith(GENERATED)]
    assert [path for path in paths if not (ROOT / page).parent.joinpath(path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_is_named_exists(page: str) -> None:
    words = [word for snippet in snippets(page) for word in snippet.split()]
    paths = [word.rstrip(".,:") for word in words if PATH.fullmatch(word.rstrip(".,:"))]
    assert [path for path in paths if not exists(path)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_exists(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    helps: dict[str, str] = {}
    for snippet in snippets(page):
        words = UV_RUN.sub("", snippet).split()
        if words[0] == "course" and len(words) > 1 and words[1] != "--help":
            verb = words[1]
            assert verb in VERBS, f"`{snippet}`: there is no such verb"
            if verb not in helps:
                run([verb, "--help"])
                helps[verb] = capsys.readouterr().out
            for option in (word for word in words[2:] if word.startswith("-")):
                assert option.strip("[]").partition("=")[0] in helps[verb], f"`{snippet}`: {verb} has no {option}"
        elif words[0] == "nbgrader" and len(words) > 1:
            assert find_spec(f"nbgrader.apps.{words[1].replace('_', '')}app"), f"`{snippet}`: there is no such command"
        elif UV_RUN.match(snippet):
            assert shutil.which(words[0]), f"`{snippet}`: this program is not installed"


def test_the_licenses_are_where_the_project_says() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    assert project["license"] == "MIT AND CC-BY-4.0"
    assert [name for name in project["license-files"] if f"({name})" not in text_of("README.md")] == []
    assert text_of("LICENSE").startswith("MIT License\n")
    assert "Attribution 4.0 International" in text_of("LICENSE-texts.md")
