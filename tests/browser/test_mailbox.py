"""The mailbox's page in a real browser: it follows what arrives, its links can be used, and no message can act."""

import os
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from courseware.services.registry import RunningService, RunningServices

from .conftest import SCREENSHOTS

pytestmark = pytest.mark.browser

ATTACK = """
<script>top.document.title = 'forged'; fetch('/delete', {method: 'POST'})</script>
<img src="x" onerror="top.document.title = 'forged'"><img src="http://example.org/seen.png">
<form action="/delete" method="post"><button>Claim your prize</button></form>
<meta http-equiv="refresh" content="0; url=http://example.org/">
<p>Hello, <a href="LINK">verify your address</a></p>
"""


@pytest.fixture
def mailbox() -> Iterator[RunningService]:
    with RunningServices(["mailbox"]) as services:
        yield services.by_name["mailbox"]


def send(mailbox: RunningService, html: str) -> None:
    message = EmailMessage()
    message["Subject"] = "Welcome <b>Ada</b>"
    message.set_content("Follow the link.")
    message.add_alternative(html, subtype="html")
    with smtplib.SMTP(mailbox.facts["host"], int(mailbox.facts["port"])) as client:
        client.sendmail("app@example.com", ["ada@example.com"], message.as_bytes())


def test_a_message_is_read_and_its_link_followed_while_nothing_in_it_acts(
    browser: Browser, mailbox: RunningService, tmp_path: Path
) -> None:
    assert mailbox.page is not None
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    asked_for: list[str] = []
    blocked: list[str] = []
    page.context.on("request", lambda request: asked_for.append(request.url))
    page.context.on("requestfailed", lambda request: blocked.append(request.url) if request.failure == "csp" else None)
    page.goto(mailbox.page)
    expect(page.get_by_text("No message has arrived yet.")).to_be_visible()

    send(mailbox, ATTACK.replace("LINK", f"{mailbox.page}/api/messages"))
    page.get_by_role("link", name="Welcome <b>Ada</b>").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Hello, verify your address")).to_be_visible()
    frame.get_by_role("button", name="Claim your prize").click()
    page.screenshot(path=Path(os.environ.get(SCREENSHOTS, tmp_path)) / "mailbox.png")
    assert page.title() == "Welcome <b>Ada</b>"
    elsewhere = [address for address in asked_for if not address.startswith(mailbox.page)]
    assert elsewhere == ["http://example.org/seen.png"]
    assert set(elsewhere) < set(blocked)

    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="verify your address").click()
    assert "ada@example.com" in opened.value.inner_text("body")
    assert opened.value.evaluate("window.opener") is None

    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No message has arrived yet.")).to_be_visible()
    page.close()
