"""Ordinary and odd wrong answers cost points, and are never taken for a fault of the course.

Each specimen is the reference behind a main module that changes what it answers, judged as a submission is.
"""

from pathlib import Path
from textwrap import indent

import pytest

from courseware.base.tree import Tree
from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.verdict import Outcome

COURSE = load_course(Path(__file__).parents[2])
MAIN = "app/main.py"
CHANGING = '''
import json

from app import reference_main


def change(value, headers):
{change}
    return value


def every(value, to):
    """The JSON value with each object in it replaced by what `to` makes of it."""
    if isinstance(value, dict):
        return to({{name: every(inner, to) for name, inner in value.items()}})
    return [every(inner, to) for inner in value] if isinstance(value, list) else value


class Changing:
    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        parts = []

        async def collect(message):
            parts.append(message)
            if message["type"] == "lifespan.startup.complete" or scope["type"] != "http":
                await send(parts.pop())
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                start, *bodies = parts
                headers = dict(start["headers"])
                body = b"".join(part.get("body", b"") for part in bodies)
                if body and scope["path"].startswith("/api/"):
                    body = json.dumps(change(json.loads(body), headers)).encode()
                    headers[b"content-length"] = str(len(body)).encode()
                await send({{**start, "headers": list(headers.items())}})
                await send({{"type": "http.response.body", "body": body}})

        await self.application(scope, receive, collect)


def create_app():
{setting_up}
    return Changing(reference_main.create_app())
'''
IDS = 'value = every(value, lambda each: {{**each, "id": {}}} if "id" in each else each)'
ANSWERS = {
    "no e-mail": 'value = every(value, lambda each: {name: of for name, of in each.items() if name != "email"})',
    "camel case": 'value = every(value, lambda each: {name.title().replace("_", ""): of for name, of in each.items()})',
    "a list": "value = [value]",
    "a bare number": "value = 7",
    "fractions": IDS.format("each['id'] + 0.5"),
    "ids with a space": IDS.format("f\"id {each['id']}\""),
    "ids with a control character": IDS.format("f\"\\x1b{each['id']}\""),
    "ids in Cyrillic": IDS.format("f\"ід{each['id']}\""),
    "ids as objects": IDS.format("{'$oid': each['id']}"),
    "half a character": "value = every(value, lambda each: {name: '\\ud800' for name in each})",
    "texts as objects": "value = every(value, lambda each: {name: {'value': of} for name, of in each.items()})",
    "broken location": 'headers.update({b"location": b"http://["})',
    "location in another encoding": 'headers.update({b"location": b"/\\xff\\xfe"})',
}
TEXT_FOR_EXP = """
import jwt

encode = jwt.encode
jwt.encode = lambda claims, *others, **named: encode({**claims, "exp": str(claims["exp"])}, *others, **named)
"""
PUBLIC_URL = """
from app.core.config import get_settings

object.__setattr__(get_settings(), "public_url", {!r})
"""
NO_UPLOAD = """
import cloudinary.uploader

url = "http://res.cloudinary.com/course/image/upload/v1/avatars/1.png"
cloudinary.uploader.upload = lambda *others, **named: {"secure_url": url, "url": url, "version": 1}
"""
SET_UP = {
    "exp as text": (2, TEXT_FOR_EXP),
    "broken links": (2, PUBLIC_URL.format("http://[")),
    "links with a space": (2, PUBLIC_URL.format("http://example.com/a b")),
    "no upload": (3, NO_UPLOAD),
}


def changing(number: int, change: str = "pass", setting_up: str = "pass") -> Tree:
    """The reference after a step, with another main module."""
    reference = finish(COURSE, number)
    main = CHANGING.format(change=indent(change, "    "), setting_up=indent(setting_up, "    "))
    return {**reference, "app/reference_main.py": reference[MAIN], MAIN: main.encode()}


def points(number: int, tree: Tree) -> float:
    """The points of a submission that is judged, however wrong it is."""
    verdict = judge(COURSE, COURSE.step(number), tree, hidden=True, seed=1)
    assert verdict.application.started, verdict.application
    assert {check.id: check.detail for check in verdict.checks if check.outcome is Outcome.ERROR} == {}
    assert verdict.valid, verdict.notes
    assert not verdict.held or verdict.points == verdict.points_possible
    verdict.model_dump_json()
    return verdict.points


def test_main_module_of_the_specimens_changes_nothing_by_itself() -> None:
    assert points(1, changing(1)) == 90


@pytest.mark.parametrize("change", ANSWERS.values(), ids=ANSWERS)
def test_wrong_answers_cost_points_and_are_judged(change: str) -> None:
    assert points(1, changing(1, change)) < 90


@pytest.mark.parametrize(("number", "setting_up"), SET_UP.values(), ids=SET_UP)
def test_wrong_tokens_links_and_uploads_cost_points_and_are_judged(number: int, setting_up: str) -> None:
    assert points(number, changing(number, setting_up=setting_up)) < 90
