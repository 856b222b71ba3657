"""The glossary: complete, sorted, unambiguous entries, each linked to primary documentation."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[1]
GLOSSARY = ROOT / "site" / "glossary.md"
FEWEST_TERMS = 100
MOST_SENTENCES = 3
MOST_WORDS = 25
"""In a sentence of a definition."""

ENTRY = re.compile(
    r"^### (?P<term>.+)\n\n(?P<definition>(?:.+\n)+)\n\[(?P<title>[^]]+)\]\((?P<link>\S+)\)$", re.MULTILINE
)
ANCHOR_LINK = re.compile(r"\]\(#([^)]*)\)")
GLOSSARY_LINK = re.compile(r"glossary(?:\.md|/)#([\w-]+)")
LATER_SENTENCE = re.compile(r"(?<=[.!?])\s+")

PRIMARY_SOURCES = {
    "12factor.net",
    "alembic.sqlalchemy.org",
    "cheatsheetseries.owasp.org",
    "cloudinary.com",
    "containers.dev",
    "cwe.mitre.org",
    "developer.mozilla.org",
    "distributed.dask.org",
    "docs.astral.sh",
    "docs.aws.amazon.com",
    "docs.docker.com",
    "docs.github.com",
    "docs.jupyter.org",
    "docs.kernel.org",
    "docs.moodle.org",
    "docs.pydantic.dev",
    "docs.pytest.org",
    "docs.python.org",
    "docs.sqlalchemy.org",
    "exercism.org",
    "fastapi.tiangolo.com",
    "git-scm.com",
    "github.com",
    "json-schema.org",
    "kubernetes.io",
    "learn.microsoft.com",
    "mailpit.axllent.org",
    "man7.org",
    "martinfowler.com",
    "microservices.io",
    "mimesniff.spec.whatwg.org",
    "owasp.org",
    "peps.python.org",
    "pip.pypa.io",
    "pkg.go.dev",
    "principlesofchaos.org",
    "redis.io",
    "render.com",
    "reproducible-builds.org",
    "spec.openapis.org",
    "stryker-mutator.io",
    "support.google.com",
    "use-the-index-luke.com",
    "uvicorn.dev",
    "www.kattis.com",
    "www.postgresql.org",
    "www.reactivemanifesto.org",
    "www.rfc-editor.org",
    "www.sqlite.org",
    "www.vldb.org",
}
"""Hosts of standards, of the documentation of the product itself, or of the author who named the pattern. Each project
that documents itself on Read the Docs belongs to them too."""


@dataclass(frozen=True)
class Entry:
    """A term with its definition and its link."""

    term: str
    definition: str
    link: str

    @property
    def anchor(self) -> str:
        """The id that GitHub and Python-Markdown give the heading."""
        return self.term.lower().replace(" ", "-")

    @property
    def sort_key(self) -> str:
        return re.sub(r"[^a-z0-9]+", " ", self.term.lower())


@pytest.fixture(scope="module")
def text() -> str:
    return GLOSSARY.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def entries(text: str) -> list[Entry]:
    return [Entry(found["term"], found["definition"].strip(), found["link"]) for found in ENTRY.finditer(text)]


def test_every_heading_of_a_term_has_a_definition_and_one_link(text: str, entries: list[Entry]) -> None:
    headings = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert [entry.term for entry in entries] == headings
    assert len(entries) >= FEWEST_TERMS
    assert text.count("](https://") == len(entries)


def test_terms_are_in_alphabetical_order_below_their_letter(text: str, entries: list[Entry]) -> None:
    assert [entry.sort_key for entry in entries] == sorted(entry.sort_key for entry in entries)
    headings = re.findall(r"^##(#?) (.+)$", text, re.MULTILINE)
    letter = ""
    for below, heading in headings:
        if below:
            assert heading[0].upper() == letter, f"{heading} stands below {letter}"
        else:
            letter = heading


def test_anchors_are_unique_and_the_same_everywhere(entries: list[Entry]) -> None:
    assert [entry.term for entry in entries if not re.fullmatch(r"[A-Za-z0-9]+([ -][A-Za-z0-9]+)*", entry.term)] == []
    assert _repeated(entry.anchor for entry in entries) == []


def test_no_term_is_defined_twice_under_another_name(entries: list[Entry]) -> None:
    others = [name for entry in entries for name in re.findall(r"\*\*([^*]+)\*\*", entry.definition)]
    assert _repeated([*(entry.term.lower() for entry in entries), *(name.lower() for name in others)]) == []


def test_definitions_are_short(entries: list[Entry]) -> None:
    for entry in entries:
        sentences = LATER_SENTENCE.split(entry.definition)
        assert len(sentences) <= MOST_SENTENCES, entry.term
        assert entry.definition.endswith("."), entry.term
        assert [sentence for sentence in sentences if len(sentence.split()) > MOST_WORDS] == [], entry.term


def test_links_lead_to_primary_documentation(entries: list[Entry]) -> None:
    for entry in entries:
        address = urlsplit(entry.link)
        assert address.scheme == "https", entry.term
        host = address.netloc
        assert host in PRIMARY_SOURCES or host.endswith(".readthedocs.io"), f"{entry.term}: is {host} a primary source?"


def test_links_between_terms_lead_to_terms(entries: list[Entry]) -> None:
    anchors = {entry.anchor for entry in entries}
    for entry in entries:
        assert set(ANCHOR_LINK.findall(entry.definition)) <= anchors - {entry.anchor}, entry.term


def test_every_term_that_a_text_links_to_is_defined(entries: list[Entry]) -> None:
    anchors = {entry.anchor for entry in entries}
    texts = [*ROOT.glob("*.md"), *ROOT.glob("notebooks/*.ipynb")]
    for folder in ("checks", "lessons", "site", "solutions"):
        texts += (ROOT / folder).rglob("*.md")
    for path in texts:
        linked = set(GLOSSARY_LINK.findall(path.read_text(encoding="utf-8")))
        assert linked <= anchors, f"{path.relative_to(ROOT)} links to terms that the glossary does not define"


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
