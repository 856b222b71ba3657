"""The built pages: links, anchors and images work, no page is an orphan, and a lesson is light."""

import gzip
import posixpath
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from courseware.course import Step, load_course
from courseware.course.loader import parse, read_toml
from courseware.website.quiz import Quiz

from .conftest import ROOT, BuiltPage

LESSON_BYTES = 120 * 1024
"""A lesson with style sheets and scripts, compressed; without images and the script for diagrams."""
DIAGRAM_SCRIPT = "mermaid.tiny.js"
COURSE = load_course(ROOT)
WRITTEN = [step for step in COURSE.stages if (step.lesson_folder / "README.md").exists()]
Pages = dict[str, BuiltPage]


def resolved(address: str, link: str) -> tuple[str, str]:
    """The path on the site that a link on a page leads to, and its anchor."""
    parts = urlsplit(link)
    path = posixpath.normpath(posixpath.join("/", address, unquote(parts.path))).lstrip("/") if parts.path else address
    return path, unquote(parts.fragment)


def is_internal(link: str) -> bool:
    return not urlsplit(link).scheme and not link.startswith("//")


def test_every_link_and_anchor_works(site: Path, pages: Pages) -> None:
    broken = []
    for address, page in pages.items():
        for link in filter(is_internal, page.links):
            path, anchor = resolved(address, link)
            target = pages.get(f"{path.rstrip('/')}/".removeprefix("/").removeprefix("./"))
            if (target is None and not (site / path).is_file()) or (
                target is not None and anchor and anchor not in target.ids
            ):
                broken.append((address, link))
    assert broken == []


def test_every_image_script_and_style_is_there_and_comes_from_the_site(site: Path, pages: Pages) -> None:
    for address, page in pages.items():
        own = [link for link in page.files if is_internal(link)]
        outside = {link for link in page.files if not is_internal(link)}
        assert [link for link in outside if not link.startswith("http://site.test/")] == [], address
        assert [link for link in own if not (site / resolved(address, link)[0]).exists()] == [], address
        assert page.nameless_images == 0, address


def test_no_page_is_an_orphan(pages: Pages) -> None:
    """Each page can be reached from the home page of its language."""
    for home in ("", "uk/"):
        of_language = {address for address in pages if address.startswith("uk/") == bool(home)}
        reached, waiting = {home}, [home]
        while waiting:
            address = waiting.pop()
            for link in filter(is_internal, pages[address].links):
                path = resolved(address, link)[0].rstrip("/")
                found = f"{path}/" if path not in ("", ".") else ""
                if found in of_language and found not in reached:
                    reached.add(found)
                    waiting.append(found)
        assert of_language - reached == set()


def test_both_languages_have_the_same_pages(pages: Pages) -> None:
    english = {address for address in pages if not address.startswith("uk/")}
    assert {address.removeprefix("uk/") for address in pages if address.startswith("uk/")} == english


@pytest.mark.parametrize("path", sorted((ROOT / "site/uk").rglob("*.md")), ids=lambda path: path.stem)
def test_a_translation_has_the_structure_of_its_page(path: Path) -> None:
    """The same headings in the same order of levels, code blocks and images. A home page may have its own."""
    original = ROOT / "site" / path.relative_to(ROOT / "site/uk")
    if path.name != "index.md":
        assert structure(path) == structure(original)


def structure(path: Path) -> list[str]:
    """The marks that a translation must repeat."""
    return re.findall(r"^(#+) |^ *(```\w*)|^(===) |!(\[)", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_step_with_a_lesson_has_its_page(pages: Pages) -> None:
    assert WRITTEN
    assert [step.slug for step in WRITTEN if f"lessons/{step.slug}/" not in pages] == []


@pytest.mark.parametrize("step", WRITTEN, ids=lambda step: step.slug)
def test_a_lesson_is_light_and_complete(step: Step, site: Path, pages: Pages) -> None:
    address = f"lessons/{step.slug}/"
    page = pages[address]
    loaded = {site / resolved(address, link)[0] for link in page.files if link.endswith((".js", ".css"))}
    assert not [path for path in loaded if path.name == DIAGRAM_SCRIPT]
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in (page.path, *loaded)}
    assert sum(sizes.values()) <= LESSON_BYTES, sizes
    text = page.path.read_text(encoding="utf-8")
    examples = list((step.lesson_folder / "examples").glob("*.py"))
    assert all(f"Output of {example.name}" in text for example in examples)
    assert text.count('class="quiz"') == 1


@pytest.mark.parametrize("path", sorted(ROOT.glob("lessons/*/quiz.toml")), ids=lambda path: path.parent.name)
def test_a_quiz_is_valid_and_its_options_are_distinct(path: Path) -> None:
    quiz = parse(Quiz, read_toml(path), path)
    for question in quiz.questions:
        assert question.ask.endswith("?")
        texts = [option.text for option in question.options]
        assert len({*texts}) == len(texts) >= 3
        assert all(option.why.endswith(".") for option in question.options)


def test_hidden_checks_are_not_named(pages: Pages) -> None:
    hidden = {
        name
        for path in ROOT.glob("checks/*/hidden/test_*.py")
        for name in re.findall(r"^(?:async )?def test_(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(hidden) > 10
    for step in WRITTEN:
        shown = set(re.findall(r"<code>(\w+)</code>", pages[f"lessons/{step.slug}/"].path.read_text(encoding="utf-8")))
        assert shown & hidden == set()


def test_every_page_has_its_markdown_and_is_listed(site: Path, pages: Pages) -> None:
    for folder in (site, site / "uk"):
        listed = re.findall(r"\]\(([^)]+)\)", (folder / "llms.txt").read_text(encoding="utf-8"))
        assert len(listed) == len([address for address in pages if not address.startswith("uk/")])
        assert [
            path for path in listed if not (folder / path).read_text(encoding="utf-8").startswith(("# ", "---"))
        ] == []


def test_search_finds_a_message_and_a_term(site: Path) -> None:
    index = (site / "search/search_index.json").read_text(encoding="utf-8")
    assert "No step was started yet" in index
    assert "decompression bomb" in index.casefold()
