"""Every page in a real browser: accessible in light and dark at two widths, without a request to another machine.

One browser visits all pages, because its start costs as much as several pages.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from courseware.website import serve
from courseware.website.words import UKRAINIAN

from .conftest import BuiltPage

pytestmark = pytest.mark.browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=360, height=780)
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
COLOURS = ["color-contrast", "link-in-text-block"]
RUN_AXE = """async (options) => (await axe.run(document, options)).violations.map(
    (rule) => `${rule.id}: ${rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`)"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LOOKS = {"light": "default", "dark": "slate"}


@pytest.fixture(scope="module")
def browser_page(site: Path, do_without: Callable[[str], NoReturn]) -> Iterator[tuple[Page, str]]:
    """An open page of the browser, and the address of the served site."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        do_without("no Chromium (Debian's package is chromium)")
    server = serve(site, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser.new_page(viewport=DESKTOP), f"http://127.0.0.1:{server.server_address[1]}/"
        browser.close()
    server.shutdown()
    server.server_close()


def own_pages(pages: dict[str, BuiltPage], site: Path) -> list[str]:
    """All English pages, the translated ones, and one that shows English text with a notice."""
    english = [address for address in pages if not address.startswith("uk/")]
    translated = [f"uk/{address}" for address in english if is_translated(site, address)]
    return [*english, *translated, "uk/troubleshooting/"]


def is_translated(site: Path, address: str) -> bool:
    text = (site / "uk" / f"{address.rstrip('/') or 'index'}.md").read_text(encoding="utf-8")
    return UKRAINIAN.not_translated not in text


def violations(page: Page, rules: list[str] | None) -> list[str]:
    """What axe finds: by all rules, or by those named."""
    options: dict[str, Any] = {} if rules is None else {"runOnly": {"type": "rule", "values": rules}}
    found: list[str] = page.evaluate(RUN_AXE, {**options, "resultTypes": ["violations"]})
    return found


def test_every_page_is_accessible_fits_and_asks_nobody_else(
    browser_page: tuple[Page, str], pages: dict[str, BuiltPage], site: Path
) -> None:
    page, base = browser_page
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.on("request", lambda request: asked.append(request.url))
    faults = []
    for address in own_pages(pages, site):
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.set_viewport_size(DESKTOP)
        page.goto(base + address)
        has_diagram = page.locator("pre.diagram").count() > 0
        assert any(url.endswith("mermaid.tiny.js") for url in asked[-40:]) or not has_diagram
        if has_diagram:
            expect(page.locator("pre.diagram").last).to_have_class("diagram drawn")
        page.evaluate(AXE)
        for width, look in ((DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "dark"), (PHONE, "light")):
            page.set_viewport_size(width)
            page.evaluate("scheme => document.body.dataset.mdColorScheme = scheme", LOOKS[look])
            everything = look == "light"
            found = violations(page, None if everything else COLOURS)
            faults += [f"{address or 'home'} {look} {width['width']}: {each}" for each in found]
            if page.evaluate(OVERFLOW) > 0:
                faults.append(f"{address or 'home'} {width['width']}: wider than the window")
    assert "\n".join(faults) == ""
    assert said == []
    assert [url for url in asked if urlsplit(url).hostname != "127.0.0.1"] == []


def test_a_page_without_a_diagram_does_not_load_the_script(browser_page: tuple[Page, str]) -> None:
    page, base = browser_page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{base}quickstart/")
    assert asked
    assert [url for url in asked if "mermaid" in url] == []


def test_a_quiz_is_scored_and_explained(browser_page: tuple[Page, str]) -> None:
    page, base = browser_page
    page.goto(f"{base}lessons/step_1_contacts_crud/")
    forms = page.locator(".quiz form")
    forms.first.get_by_role("button").click()
    expect(forms.first.locator(".quiz-result")).to_have_text("Choose an answer first.")
    for number in range(forms.count()):
        form = forms.nth(number)
        form.locator(f'input[data-right="{"false" if number == 0 else "true"}"]').first.check()
        form.get_by_role("button").click()
        expect(form.locator(".quiz-result")).to_contain_text("Not quite." if number == 0 else "Right.")
    expect(page.locator(".quiz-score")).to_have_text(f"{forms.count() - 1} of {forms.count()} right")


def test_a_ticked_box_stays_ticked(browser_page: tuple[Page, str]) -> None:
    page, base = browser_page
    page.goto(f"{base}lessons/step_1_contacts_crud/")
    box = page.locator(".task-list-item input").first
    box.evaluate("box => box.click()")
    page.reload()
    expect(page.locator(".task-list-item input").first).to_be_checked()


def test_the_language_switch_keeps_the_page(browser_page: tuple[Page, str]) -> None:
    page, base = browser_page
    page.set_viewport_size(DESKTOP)
    page.goto(f"{base}lessons/step_1_contacts_crud/")
    page.get_by_role("link", name="Українська").click()
    expect(page).to_have_url(f"{base}uk/lessons/step_1_contacts_crud/")
    page.get_by_role("link", name="English").click()
    expect(page).to_have_url(f"{base}lessons/step_1_contacts_crud/")


def test_search_works(browser_page: tuple[Page, str]) -> None:
    page, base = browser_page
    page.goto(f"{base}quickstart/")
    page.locator(".md-search__input").fill("decompression bomb")
    expect(page.locator(".md-search-result__link").first).to_be_visible()
