"""The Python code that a lesson shows is tested: it is part of the lesson's example, or it runs here."""

import re
from collections.abc import Iterator

import pytest

from courseware.course import load_course
from courseware.course.stages import finish
from courseware.services.redis.service import Redis
from courseware.services.servers import listen_at, port_of

from .test_lesson_examples import ROOT

COURSE = load_course(ROOT)
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    (step.number, block["code"])
    for step in COURSE.steps
    for block in BLOCK.finditer((step.lesson_folder / "README.md").read_text(encoding="utf-8"))
]
PROGRAMS = [(number, code) for number, code in BLOCKS if code.startswith(("from ", "import "))]
"""Blocks that a student can run as they are. The others are quotations."""
QUOTATIONS = [block for block in BLOCKS if block not in PROGRAMS]
SHOWN_PORT = 6380
"""Usually the port of the stand-in for Redis. A test must not need it to be free."""


def lines_of(code: str) -> list[str]:
    return [line.rstrip() for line in code.splitlines() if line.strip()]


def is_quoted(code: str, source: str) -> bool:
    """Whether the lines of `code` stand in `source` one after the other, all indented by the same width."""
    wanted, lines = lines_of(code), lines_of(source)
    for start, line in enumerate(lines):
        indent = line.removesuffix(wanted[0])
        if not indent.strip() and [f"{indent}{each}" for each in wanted] == lines[start : start + len(wanted)]:
            return True
    return False


@pytest.mark.parametrize(("number", "code"), QUOTATIONS)
def test_quoted_code_is_part_of_the_example(number: int, code: str) -> None:
    """It may also be part of a file of the reference, which other tests run."""
    examples = [path.read_bytes() for path in COURSE.step(number).lesson_folder.glob("examples/**/*.py")]
    reference = [content for path, content in finish(COURSE, number).items() if path.endswith(".py")]
    assert any(is_quoted(code, content.decode()) for content in (*examples, *reference)), code


@pytest.fixture
def redis_port() -> Iterator[int]:
    redis, listener = Redis(), listen_at(0)
    redis.serve(listener)
    yield port_of(listener)
    redis.stop()


@pytest.mark.parametrize(("number", "code"), PROGRAMS)
def test_code_that_a_student_can_run_runs(
    number: int, code: str, redis_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"from redis import Redis\nRedis(port={redis_port}).set('key of step {number}', 1)\n"
    exec(store + code.replace(str(SHOWN_PORT), str(redis_port)), {})  # noqa: S102 - a lesson of this repository
    assert f"key of step {number}" in capsys.readouterr().out
