"""A mistake in a page fails the build, which says where it is."""

import shutil
from pathlib import Path

import pytest

from courseware.base.errors import UsageError
from courseware.base.tree import write_tree
from courseware.course import Course, load_course
from courseware.website import build_site

from .conftest import ROOT

CONFIGURATION = ROOT / "mkdocs.yml"


@pytest.fixture
def small_site(course: Course) -> Course:
    """The miniature course with a site of one page."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    theme = ROOT / "src/courseware/website"
    text = text[: text.index("nav:\n")] + "nav:\n  - index.md\n  - lessons/*.md\n  - reference/*.md\n"
    text = text.replace("src/courseware/website", str(theme))
    included = text[text.index("  included:\n") : text.index("  languages:\n")]
    text = text.replace(included, "  included: {}\n")
    pages = {"site/index.md": b"# Home\n\n<!-- path -->\n", "mkdocs.yml": text.encode()}
    uk = "INHERIT: mkdocs.yml\ndocs_dir: site/uk\ntheme: { language: uk }\n"
    write_tree({**pages, "mkdocs.uk.yml": uk.encode(), "site/uk/index.md": "# Вдома\n".encode()}, course.root)
    for name in ("course.css", "course.js", "favicon.svg"):
        (course.root / "site/assets").mkdir(exist_ok=True)
        shutil.copy(ROOT / "site/assets" / name, course.root / "site/assets" / name)
    return load_course(course.root)


def test_another_course_has_a_site_too(small_site: Course, tmp_path: Path) -> None:
    build_site(small_site, tmp_path / "built")
    home = (tmp_path / "built/index.html").read_text(encoding="utf-8")
    assert 'href="lessons/step_1_greeting/"' in home
    assert "Крок 1" in (tmp_path / "built/uk/lessons/step_1_greeting/index.html").read_text(encoding="utf-8")
    assert (tmp_path / "built/uk/index.html").read_text(encoding="utf-8").count("Вдома") > 0


def test_broken_links_anchors_images_and_orphans_are_reported(small_site: Course, tmp_path: Path) -> None:
    faults = "[a](nowhere.md) [b](#no-anchor) ![c](assets/no_image.png)\n"
    with (small_site.root / "site/index.md").open("a") as file:
        file.write(faults)
    (small_site.root / "site/orphan.md").write_text("# Orphan\n")
    with pytest.raises(UsageError) as refused:
        build_site(small_site, tmp_path / "built")
    for name in ("nowhere.md", "#no-anchor", "no_image.png", "orphan.md"):
        assert name in str(refused.value)


def test_a_course_without_a_site_says_so(course: Course, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no site"):
        build_site(course, tmp_path / "built")
