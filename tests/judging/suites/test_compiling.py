"""The code of a variant is another in every run, and does the same."""

import marshal
from collections.abc import Callable
from types import CodeType

import pytest

from courseware.course import Course
from courseware.course.suites import Faulty, faulty_applications
from courseware.judging.suites.compiling import MARK, compiled, differing_files, marks_of

SOURCE = b'''
"""A module."""
from functools import wraps

class Service:
    """A class."""
    name = "service"

    def find(self, numbers):
        """Numbers above 2."""
        found = []
        for number in numbers:
            if number > 2:
                found.append(number)
            else:
                continue
        try:
            found[9]
        except IndexError:
            pass
        finally:
            found.append("end")
        return found

def generate(stop):
    for number in range(stop):
        yield number

async def wait():
    async def inner():
        return 5
    return await inner()

def decorated(function):
    @wraps(function)
    def call(*values, factor=2):
        match values:
            case (one,):
                return function(one) * factor
            case _:
                return None
    return call

@decorated
def double(value):
    return value
'''


@pytest.fixture
def applications(tested_course: Course) -> Faulty:
    return faulty_applications(tested_course, tested_course.step(3), hidden=True)


def code(source: bytes, seed: str, marks: dict[str, int] | None = None) -> bytes:
    path = "app/service.py"
    modules, _ = compiled({path: source}, "app", frozenset({path}), {path: marks or {}}, seed)
    return modules[path]


def names_in(code: bytes, reached: Callable[[int], None] = lambda _: None) -> dict[str, object]:
    names: dict[str, object] = {"__name__": "service", MARK: reached}
    exec(marshal.loads(code), names)  # noqa: S102, S302 - our own
    return names


def functions_of(code: CodeType) -> dict[str, bytes]:
    """The byte code of all functions by name."""
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return {each.co_qualname: each.co_code for each in inner} | {
        name: content for each in inner for name, content in functions_of(each).items()
    }


@pytest.mark.parametrize("seed", range(20))
def test_code_does_the_same(seed: int) -> None:
    import asyncio

    names = names_in(code(SOURCE, str(seed)))
    service = names["Service"]()  # type: ignore[operator]
    assert service.find([1, 2, 3, 4]) == [3, 4, "end"]
    assert service.find.__doc__ == "Numbers above 2."
    assert names["Service"].__doc__ == "A class."
    assert list(names["generate"](3)) == [0, 1, 2]  # type: ignore[operator]
    assert asyncio.run(names["wait"]()) == 5  # type: ignore[operator]
    assert names["double"](4) == 8  # type: ignore[operator]
    assert names["double"](4, 5) is None  # type: ignore[operator]
    assert names["__doc__"] == "A module."


def test_same_seed_gives_the_same_code() -> None:
    assert code(SOURCE, "1") == code(SOURCE, "1")


def test_code_of_each_function_differs_from_run_to_run() -> None:
    """Its length too, so that no known length tells one variant from another."""
    runs = [functions_of(marshal.loads(code(SOURCE, str(seed)))) for seed in range(8)]  # noqa: S302
    for name in runs[0].keys() - {"Service"}:
        assert len({run[name] for run in runs}) > 4, name
        assert len({len(run[name]) for run in runs}) > 2, name


def test_marked_functions_say_that_they_run() -> None:
    reached: list[int] = []
    names = names_in(code(SOURCE, "1", {"Service.find": 7, "decorated.call": 8}), reached.append)
    assert reached == []
    names["Service"]().find([])  # type: ignore[operator]
    names["double"](1)  # type: ignore[operator]
    assert reached == [7, 8]


def test_every_function_with_a_bug_has_a_mark(applications: Faulty) -> None:
    assert marks_of(applications) == {"app/clock.py": {"tell_date": 0}, "app/greeting.py": {"greet": 1}}


def test_only_files_that_differ_are_changed(applications: Faulty) -> None:
    differing = differing_files(applications)
    assert differing == {"app/clock.py", "app/greeting.py"}
    one, other = (compiled(applications.base, "app", differing, {}, seed) for seed in ("1", "2"))
    assert {path for path in one[0] if one[0][path] != other[0][path]} == differing
    assert one[1] == other[1] == {path: text for path, text in applications.base.items() if path not in one[0]}
