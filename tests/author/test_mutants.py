"""Mistakes that operators make, and those of them that no check notices."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from courseware.author.mutants import Excuse, Mutant, Trial, excuses_of, figures, mutants_of, try_out
from courseware.author.mutants.frameworks import Frameworks, names_in
from courseware.author.mutants.making import mutants_in
from courseware.author.mutants.survivors import EXCUSES
from courseware.base.errors import UsageError
from courseware.course import Course, Step, load_course
from courseware.course.stages import finish

COURSE = load_course(Path(__file__).parents[2])


def made(source: str, operator: str, **others: str) -> list[str]:
    """What an operator makes of a file, each time the lines that are different."""
    tree = {"app/file.py": source.encode(), **{path: text.encode() for path, text in others.items()}}
    found = mutants_in("app/file.py", tree, Frameworks(names_in(tree)), set(range(1, source.count("\n") + 2)))
    before = source.splitlines()
    changed = [mutant.made_in(tree)["app/file.py"].decode() for mutant in found if mutant.operator == operator]
    return [" / ".join(line.strip() for line in text.splitlines() if line not in before) for text in changed]


@pytest.mark.parametrize(
    ("source", "operator", "expected"),
    [
        ("x = 1 if a else 2", "condition fixed", ["x = 1 if True else 2", "x = 1 if False else 2"]),
        ("x = a and b", "part of a condition alone", ["x = a", "x = b"]),
        ("x = not a", "not dropped", ["x = (a)"]),
        ("x = a <= b", "comparison changed", ["x = (a < b)"]),
        ("x = a is None", "comparison changed", ["x = (a is not None)"]),
        ("x = f(20)", "number changed", ["x = f(21)", "x = f(19)"]),
        ("x = f('a_code', 'A sentence.')", "word changed", ["x = f('a_codex', 'A sentence.')"]),
        ("async def f():\n    x = await g()", "await dropped", ["x = g()"]),
        ("def f():\n    g()\n    return 1", "statement dropped", ["pass"]),
        ("def f():\n    return g()", "value not returned", ["return None"]),
        ("try:\n    f()\nexcept KeyError:\n    g()", "handler dropped", ["raise"]),
        ("x = f(a, b=1)", "argument dropped", ["x = f(a)"]),
        ("x = f(a, b)", "arguments swapped", ["x = f(b, a)"]),
        ("x = f(tags=['a'], summary='b')", "argument dropped", []),
        ("x = {A: a, B: b}", "value of another key", ["x = {A: b, B: b}", "x = {A: a, B: a}"]),
        ("x = select(A).where(a, b)", "part of a clause dropped", ["x = select(A).where(b)", "x = select(A).where(a)"]),
        ("x = select(A).where(a, b)", "arguments swapped", []),
        ("x = q.order_by(a)", "order reversed", ["x = q.order_by(a.desc())"]),
        ("x = q.limit(a).offset(b)", "call dropped", ["x = q.limit(a)", "x = q.offset(b)"]),
        ("x = HTTPStatus.CREATED", "status changed", ["x = HTTPStatus.OK"]),
        ("@route\ndef f() -> A:\n    pass", "decorator dropped", [""]),
        ("class A(Request):\n    a: int", "unknown fields allowed", ['class A(__import__("pydantic").BaseModel):']),
        ("class A(B):\n    a: int", "field nullable", ["a: int | None"]),
        ("class A(B):\n    a: int", "field optional", ["a: int | None = None"]),
        ("class A(B):\n    a: int | None = None", "field not nullable", ["a: int = None"]),
        ("class A(B):\n    a: int = 1", "field required", ["a: int"]),
        ("class A(B):\n    a: int = 1", "field renamed", ["a_: int = 1"]),
        ("class A(B):\n    a: Mapped[int] = c()", "column made nullable", ["a: Mapped[int | None] = c()"]),
        ("x = Annotated[int, A(), B()]", "constraint dropped", ["x = Annotated[int, B()]", "x = Annotated[int, A()]"]),
    ],
)
def test_an_operator_changes_one_place(source: str, operator: str, expected: list[str]) -> None:
    assert made(source, operator) == expected


def test_names_of_the_whole_application_are_confused() -> None:
    kinds = "class Kind(StrEnum):\n    A = 'a'\n    B = 'b'\n"
    users = "User = Annotated[U, Depends(a)]\nAdmin = Annotated[U, Depends(b)]\nSession = Annotated[S, Depends(c)]\n"
    assert made("x = Kind.A", "member swapped", **{"app/kinds.py": kinds}) == ["x = Kind.B"]
    [swapped] = made("def f(u: User) -> None: ...", "dependency swapped", **{"app/deps.py": users})
    assert "Admin" in swapped


@pytest.mark.parametrize(
    "step", [step for step in COURSE.steps if not step.judges_deployment], ids=lambda step: step.slug
)
def test_every_mutant_is_another_file(step: Step) -> None:
    reference, found = finish(COURSE, step.number), mutants_of(COURSE, step)
    texts = {(mutant.path, mutant.made_in(reference)[mutant.path]) for mutant in found}
    assert len(texts) == len(found) > 100
    assert all(reference[path] != text for path, text in texts)


@pytest.mark.parametrize("step", COURSE.steps, ids=lambda step: step.slug)
def test_every_excuse_holds_for_a_mutant(step: Step) -> None:
    found = mutants_of(COURSE, step)
    assert [excuse for excuse in excuses_of(step) if not any(map(excuse.holds_for, found))] == []


def test_survivors_are_what_the_checks_do_not_notice(course: Course) -> None:
    """In the miniature course nothing but a sentence for people and a missing check is left."""
    step = course.step(1)
    mutants = mutants_of(course, step)
    trials = list(try_out(course.root, 1, mutants, jobs=2, sandbox="plain", seed=1))
    assert {trial.mutant for trial in trials} == set(mutants)
    figure = figures(step, trials, ())
    assert figure.caught > len(figure.survivors)
    assert {(mutant.operator, mutant.before) for mutant in figure.survivors} == {("word changed", '"detail"')}
    caught = {trial.mutant.operator: trial.caught_by for trial in trials if trial.caught_by is not None}
    assert caught["not dropped"] in ("greets", "refuses_blank_name")


def test_an_excuse_holds_for_what_it_names(course: Course) -> None:
    step = course.step(1)
    mutant = Mutant("word changed", "app/greeting.py", "greet", 12, 0, 1, '"detail"', "'detailx'")
    (step.checks_folder / EXCUSES).write_text(
        '[[excuses]]\nfile = "app/greeting.py"\nbefore = "detail"\nwhy = "No text names the field."\n'
        '[[excuses]]\nfile = "app/greeting.py"\nplace = "other"\nwhy = "Nothing is like this."\n'
    )
    excuses = excuses_of(step)
    assert [excuse.holds_for(mutant) for excuse in excuses] == [True, False]
    figure = figures(step, [Trial(mutant, None, 1.0), Trial(mutant, "greets", 1.0)], excuses)
    assert (figure.caught, figure.excused, figure.survivors, figure.share) == (1, 1, (), 1.0)
    assert [excuse.place for excuse in figure.unused] == ["other"]


def test_an_excuse_without_a_reason_is_wrong_use(course: Course) -> None:
    step = course.step(1)
    (step.checks_folder / EXCUSES).write_text('[[excuses]]\nfile = "app/greeting.py"\n')
    with pytest.raises(UsageError, match="why"):
        excuses_of(step)
    assert not Excuse(file="a.py", why="For no reason.").holds_for(
        Mutant("word changed", "b.py", "", 1, 0, 1, "a", "b")
    )


def test_the_command_lists_what_survives(course: Course) -> None:
    options = ["1", "--mutants", "--plain", "--sample", "4", "--seed", "2", "--json", "--jobs", "2"]
    command = [sys.executable, "-m", "courseware", "verify", *options]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    [figure] = json.loads(done.stdout)["steps"]
    assert figure["step"] == 1
    assert figure["caught"] + figure["excused"] + len(figure["survivors"]) == 4
    assert (done.returncode == 0) == (figure["share"] >= 0.95)
