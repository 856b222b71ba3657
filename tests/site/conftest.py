"""The site, built once for all tests of a run by the command that an author uses."""

import os
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 550


class BuiltPage(HTMLParser):
    """What a built page links to and what can be linked to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.files: list[str] = []
        """Images, scripts and style sheets."""
        self.nameless_images = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in ("img", "script") and "src" in given:
            self.files.append(given["src"])
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "alternate", "alternate describedby"):
            self.files.append(given["href"])
        if tag == "img" and not given.get("alt"):
            self.nameless_images += 1


@pytest.fixture(scope="session")
def site(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The folder of the built site, with the Ukrainian one in `uk/`."""
    return made_once("site", _build)


def _build(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "courseware", "site", "--build", str(folder)],
        cwd=ROOT,
        env={**os.environ, "SITE_URL": "http://site.test/"},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, BuiltPage]:
    """Every page by its address, such as `lessons/step_1_contacts_crud/`. The page for missing pages has none."""
    found = {path.parent.relative_to(site).as_posix() + "/": path for path in sorted(site.rglob("index.html"))}
    return {address.removeprefix("./"): BuiltPage(path) for address, path in found.items()}
