"""A submission that sends mail is judged by the messages that arrive, in the sandbox and without."""

from pathlib import Path

import pytest

from courseware.course import Course, load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Outcome

SERVICES = """
[application.services.mailbox]
MAIL_HOST = "{host}"
MAIL_PORT = "{port}"
"""
GREETING = '''"""How people are greeted: by mail."""

import os
import smtplib

from app.web import Reply


def greet(query: dict[str, str]) -> Reply:
    """Sends a greeting."""
    try:
        with smtplib.SMTP(os.environ["MAIL_HOST"], int(os.environ["MAIL_PORT"]), timeout=2.5) as client:
            client.sendmail("app@example.com", [query["name"]], b"Subject: SUBJECT\\r\\n\\r\\n")
    except (smtplib.SMTPException, OSError):
        return 502, {"greeting": "not sent"}
    return 200, {"greeting": "sent"}
'''
CHECKS = '''"""Greeting by mail."""

from courseware.checking import Application, Mailbox, Request, check, expect
from courseware.services.servers import FaultMode

REQUEST = Request("GET", "/greeting", query={"name": "ada@example.com"})


@check(task="1.1", points=3, hints=("Send it.",))
def test_sends(application: Application, mailbox: Mailbox) -> None:
    """A greeting arrives."""
    before = len(mailbox.messages_to("Ada@example.com"))
    application.send(REQUEST).expect_status(200, key="wrong_status")
    message = mailbox.wait_for("ada@example.com", after=before, key="nothing_sent")
    expect(message.subject == "Hello", "wrong_subject", asked="the subject", expected="Hello", got=message.subject)


@check(task="1.2", points=3, hints=("Catch it.",))
def test_tells_a_failure(application: Application, mailbox: Mailbox) -> None:
    """Mail that is refused answers 502."""
    mailbox.set_fault(FaultMode.REFUSES)
    application.send(REQUEST).expect_status(502, key="failure_hidden")
'''
KINDS = [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), "plain"]


@pytest.fixture
def course(course: Course) -> Course:
    """The miniature course with mail in its first step."""
    about, lesson = course.root / "lessons/course.toml", course.root / "lessons/step_1_greeting/lesson.toml"
    about.write_text(about.read_text() + SERVICES)
    lesson.write_text('needs = ["mailbox"]\n' + lesson.read_text())
    write(course.root / "checks/step_1_greeting/test_greeting.py", CHECKS)
    return load_course(course.root)


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


SETTINGS_CHECKS = '''"""What the application was told, and what it says."""

from collections.abc import Mapping

from courseware.checking import Application, Request, check, expect


@check(task="1.1", points=6, hints=("Read the environment.",))
def test_knows_its_address(application: Application, environment: Mapping[str, str]) -> None:
    """The application uses the address that it was told, and notes that it was asked."""
    before = application.log_position
    answer = application.send(Request("GET", "/greeting", query={"name": "ada"}))
    answer.expect_value("greeting", equals=f"{environment['OWN_ADDRESS']}, {environment['GREETING']}", key="own_words")
    noted = application.logs_after(before, lambda text: "asked for ada" in text)
    expect(noted, "not_noted", asked="the log", expected="a line", got="none")
'''
TOLD = '''"""How people are greeted: by what the application was told."""

import os

from app.web import Reply


def greet(query: dict[str, str]) -> Reply:
    """A greeting."""
    print("asked for", query["name"], flush=True)
    return 200, {"greeting": f"{os.environ['OWN_ADDRESS']}, {os.environ['GREETING']}"}
'''


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_knows_what_the_application_was_told_and_what_it_says(course: Course, kind: SandboxKind) -> None:
    about = course.root / "lessons/course.toml"
    write(about, about.read_text().replace("entrypoint", 'address_variable = "OWN_ADDRESS"\nentrypoint'))
    write(course.root / "checks/step_1_greeting/test_greeting.py", SETTINGS_CHECKS)
    course = load_course(course.root)
    tree = {**finish(course, 1), "app/greeting.py": TOLD.encode()}
    verdict = judge(course, course.step(1), tree, tasks=("1.1",), sandbox=kind)  # the only task that has a check here
    assert [check.failure for check in verdict.checks] == [None]
    assert verdict.held


STAGE_CHECKS = '''"""A check for applications with mail and without."""

from courseware.checking import Application, Mailbox, Request, check

REQUEST = Request("GET", "/greeting", query={"name": "ada@example.com"})


@check(task="1.1", points=6, hints=("Greet.",))
def test_greets(application: Application, mailbox: Mailbox | None) -> None:
    """Somebody is greeted, by mail where there is a mailbox."""
    application.send(REQUEST).expect_status(200, key="wrong_status")
    if mailbox is not None:
        mailbox.wait_for("ada@example.com")
'''


@pytest.mark.parametrize("kind", KINDS)
def test_an_application_of_a_later_step_has_what_it_needs_under_earlier_checks(
    course: Course, kind: SandboxKind
) -> None:
    step_1, step_2 = (course.root / "lessons" / name / "lesson.toml" for name in ("step_1_greeting", "step_2_clock"))
    step_2.write_text('needs = ["mailbox"]\n' + step_2.read_text())
    write(step_1, step_1.read_text().removeprefix('needs = ["mailbox"]\n'))
    write(course.root / "checks/step_1_greeting/test_greeting.py", STAGE_CHECKS)
    course = load_course(course.root)
    silent = finish(course, 1)
    sending = {**silent, "app/greeting.py": GREETING.replace("SUBJECT", "Hello").encode()}
    assert judge(course, course.step(1), silent, tasks=("1.1",), sandbox=kind).held
    assert not judge(course, course.step(1), sending, tasks=("1.1",), sandbox=kind).held
    assert judge(course, course.step(1), sending, tasks=("1.1",), stage=2, sandbox=kind).held


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("greeting", "failures"),
    [
        (GREETING.replace("SUBJECT", "Hello"), {}),
        (GREETING.replace("SUBJECT", "Bye"), {"sends": "wrong_subject"}),
        (GREETING.replace("client.sendmail", "print"), {"sends": "nothing_sent"}),
        (GREETING.replace("502", "200").replace("SUBJECT", "Hello"), {"tells_a_failure": "failure_hidden"}),
    ],
)
def test_what_arrives_decides(course: Course, kind: SandboxKind, greeting: str, failures: dict[str, str]) -> None:
    tree = {**finish(course, 1), "app/greeting.py": greeting.encode()}
    verdict = judge(course, course.step(1), tree, sandbox=kind)
    assert verdict.valid
    assert {check.id: check.outcome for check in verdict.checks} == {
        name: Outcome.FAILED if name in failures else Outcome.PASSED for name in ("sends", "tells_a_failure")
    }
    assert {check.id: check.failure.key for check in verdict.checks if check.failure is not None} == failures
