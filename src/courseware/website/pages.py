"""All sources of a site in one language: what stands in `site/`, and what is generated from the course."""

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from courseware.base.errors import UsageError
from courseware.course import Course, Step
from courseware.verdict.schema import PATH as SCHEMA_PATH
from courseware.website.lesson_page import lesson_page, page_of, readme_of
from courseware.website.links import LinkMap
from courseware.website.path_map import PLACE, path_map
from courseware.website.references import api_page, commands_page, commands_text, openapi_text, verdict_page
from courseware.website.words import LANGUAGES

FOLDER = "site"
"""The folder of the pages in English. The pages in another language are in a folder of its code inside it."""
TITLE = re.compile(r"^# .+$", re.MULTILINE)
OTHERS = tuple(language for language in LANGUAGES if language != "en")

GENERATED = (
    "reference/api.md",
    "reference/commands.md",
    "reference/openapi.json",
    "reference/verdict.md",
    "reference/verdict.schema.json",
)

Sources = dict[str, str | Path]
"""Texts of pages and paths of files to copy, by path on the site."""


def sources(course: Course, language: str, included: Mapping[str, str]) -> Sources:
    """Every page and file of the site in one language. Both languages have the same pages.

    A page without a translation has its English text with a notice below the title.

    Args:
        included: Markdown files of the repository that are pages too, by path of the page.
    """
    static = _static_files(course.root / FOLDER)
    written = written_steps(course)
    pages = {file: page for page, file in included.items()} | {readme_of(step): page_of(step) for step in written}
    on_site = (*static, *pages.values(), *GENERATED)
    pages |= {f"{FOLDER}/{path}": path for path in on_site}  # so texts in the folder link to generated pages too
    links = LinkMap(course.root, pages)
    words = LANGUAGES[language]
    found: Sources = {path: file for path, file in static.items() if not path.endswith(".md")}
    for path, file in static.items():
        if path.endswith(".md"):
            found[path] = links.rewrite(file.read_text(encoding="utf-8"), f"{FOLDER}/{path}", path)
    for page, name in included.items():
        found[page] = links.rewrite(_read(course.root / name), name, page)
    for step in written:
        found[page_of(step)] = lesson_page(course, step, links, words)
    description = json.loads(openapi_text(course))
    if description is not None:
        found["reference/api.md"] = api_page(description)
        found["reference/openapi.json"] = json.dumps(description, indent=1) + "\n"
    found["reference/commands.md"] = commands_page(commands_text())
    found["reference/verdict.md"] = verdict_page()
    found["reference/verdict.schema.json"] = SCHEMA_PATH
    if language != "en":
        found = _translated(course.root / FOLDER / language, found, words.not_translated)
    found |= links.copies
    the_map = path_map(course, written, words)
    return {path: text.replace(PLACE, the_map) if isinstance(text, str) else text for path, text in found.items()}


def written_steps(course: Course) -> tuple[Step, ...]:
    """The steps that have a lesson."""
    return tuple(step for step in course.stages if (step.lesson_folder / "README.md").exists())


def expanded(nav: list[object], pages: list[str], titles: Mapping[str, str]) -> list[object]:
    """The navigation with each pattern, such as `lessons/*.md`, replaced by the pages that match it.

    Args:
        titles: titles of pages that the navigation shall not take from their headings.
    """
    found: list[object] = []
    for entry in nav:
        if isinstance(entry, dict):
            [(title, below)] = entry.items()
            found.append({title: expanded(below, pages, titles) if isinstance(below, list) else below})
        elif isinstance(entry, str) and "*" in entry:
            found += [{titles[page]: page} if page in titles else page for page in pages if fnmatchcase(page, entry)]
        else:
            found.append(entry)
    return found


def lesson_titles(course: Course) -> dict[str, str]:
    """The title of each lesson in the navigation, by page, in the order of the steps."""
    return {page_of(step): f"{step.number}. {step.title}" for step in written_steps(course)}


def _static_files(folder: Path) -> dict[str, Path]:
    """The files in the folder by path, without those of other languages and hidden ones."""
    found = {}
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        if file.is_file() and path.parts[0] not in OTHERS and not any(part.startswith(".") for part in path.parts):
            found[path.as_posix()] = file
    return found


def _translated(folder: Path, english: Sources, notice: str) -> Sources:
    """The pages with those that stand in the folder of a language in place of the English ones."""
    own = {path: file for path, file in _static_files(folder).items() if path.endswith(".md")}
    if unknown := own.keys() - english.keys():
        raise UsageError(f"{folder / min(unknown)} translates no page. Each page has the same path in both languages.")
    found: Sources = dict(english)
    for path, text in english.items():
        if path in own:
            found[path] = _read(own[path])
        elif path.endswith(".md") and isinstance(text, str):
            found[path] = TITLE.sub(lambda title: f'{title[0]}\n\n!!! note ""\n    {notice}\n', text, count=1)
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as missing:
        raise UsageError(
            f"The site includes {path}, which does not exist. Correct `included` in mkdocs.yml."
        ) from missing
