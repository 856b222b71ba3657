"""What a hostile suite tries: no trick finds a bug, and each gets the verdict that it deserves."""

from dataclasses import replace

import pytest

from courseware.judging.sandbox import SandboxKind, suite_process
from courseware.judging.suites import running

from .conftest import Judged, caught, failures

IMPORTS = "from app.main import create_app\napplication = create_app()\n"
TEST = "def test_it():\n"
REACH = "    application.reply('/greeting', {'name': 'Ada'})\n"
BUGS = ("same_greeting_for_all", "name_not_trimmed", "blank_name_greeted")
MISSED = dict.fromkeys(BUGS, "bug_not_noticed") | {"date_never_changes": "bug_not_reached"}

# Functions of the application as a test can get them, and what could be computed from their code.
CODE = IMPORTS + "import inspect, dis, gc, operator, sys, pathlib, hashlib\ngreet = application.routes['/greeting']\n"


@pytest.mark.parametrize(
    ("text", "check", "key"),
    [
        (IMPORTS + "import os\n" + TEST + "    os._exit(0)\n", "ends_in_time", "ended_early"),
        ("import os\nos._exit(0)\n", "has_tests", "ended_early"),
        ("import sys\nsys.exit(0)\n", "has_tests", "ended_early"),
        (TEST + "    import pytest\n    pytest.exit('all passed', returncode=0)\n", "ends_in_time", "ended_early"),
        (TEST + "    raise KeyboardInterrupt\n", "ends_in_time", "ended_early"),
        (
            "import pytest\n@pytest.mark.parametrize('n', range(10_000))\n" + "def test_it(n):\n    pass\n",
            "has_tests",
            "too_many_tests",
        ),
        (
            "def test_it(capfd):\n    with capfd.disabled():\n        print('passed' * 2_000_000)\n",
            "ends_in_time",
            "ended_early",
        ),
        (TEST + "    bytes(10**10)\n", "passes_everywhere", "fails_on_correct"),
    ],
    ids=["exit", "exit-at-import", "sys-exit", "pytest-exit", "interrupt", "many", "output", "memory"],
)
def test_suite_that_does_not_come_to_an_end(judged: Judged, kind: SandboxKind, text: str, check: str, key: str) -> None:
    verdict = judged({"test_greeting.py": text}, kind, alone=True)
    assert failures(verdict)[check] == key
    assert caught(verdict) == []


def test_suite_that_ends_the_process_that_starts_suites(judged: Judged) -> None:
    """Without a sandbox it has the rights to do so. The next suite gets a new process."""
    text = IMPORTS + "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n" + TEST + REACH
    assert caught(judged({"test_greeting.py": text}, alone=True)) == []
    assert judged({}).held


@pytest.mark.parametrize("where", ["test", "import"])
def test_endless_loop(judged: Judged, kind: SandboxKind, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setattr(running, "RUN_SECONDS", 1.0)
    text = TEST + "    while True:\n        pass\n" if where == "test" else "while True:\n    pass\n"
    verdict = judged({"test_greeting.py": text}, kind, alone=True)
    assert failures(verdict) == {"ends_in_time" if where == "test" else "has_tests": "took_too_long"}
    assert verdict.points == (0.5 if where == "test" else 0)
    if where == "test":
        failure = next(check.failure for check in verdict.checks if check.failure is not None)
        assert "It was in tests/test_greeting.py::test_it." in failure.got


def test_endless_loop_on_a_busy_machine(judged: Judged, kind: SandboxKind, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of processor time ends it before the deadline, which is later on a busy machine."""
    for module in (running, suite_process):
        monkeypatch.setattr(module, "SUITE_LIMITS", replace(suite_process.SUITE_LIMITS, cpu_seconds=2))
    verdict = judged({"test_greeting.py": TEST + "    while True:\n        pass\n"}, kind, alone=True)
    assert failures(verdict) == {"ends_in_time": "took_too_long"}


@pytest.mark.parametrize(
    "text",
    [
        TEST + REACH + "    print('PASSED\\n1 passed in 0.01s')\n",
        TEST + "    try:\n        assert application.reply('/greeting', {'name': 'Ada'}) is None\n"
        "    except AssertionError:\n        pass\n",
        "import app.main\napp.main.greet = lambda query: (200, {'greeting': 'Hello, Ada!'})\n" + TEST + REACH,
    ],
    ids=["prints", "catches", "replaces-the-application"],
)
def test_suite_that_demands_nothing(judged: Judged, text: str) -> None:
    verdict = judged({"test_greeting.py": IMPORTS + text}, alone=True)
    found = failures(verdict)
    found.pop("imports_what_is_listed", None)
    assert found == MISSED


@pytest.mark.parametrize(
    "outcome",
    ["passed", "failed"],
)
def test_suite_that_changes_pytest(judged: Judged, outcome: str) -> None:
    """A suite can report what it likes. It reports the same with and without a bug."""
    conftest = (
        "import pytest\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport():\n"
        f"    done = yield\n    done.get_result().outcome = '{outcome}'\n"
    )
    verdict = judged({"conftest.py": conftest, "test_greeting.py": IMPORTS + TEST + REACH}, alone=True)
    assert failures(verdict) == (
        MISSED
        if outcome == "passed"
        else {"passes_everywhere": "fails_on_correct", **dict.fromkeys(MISSED, "no_valid_tests")}
    )


@pytest.mark.parametrize(
    "look",
    [
        "inspect.getsource(greet)",
        "pathlib.Path(inspect.getfile(type(application))).read_text()",
        "pathlib.Path('app/greeting.py').read_text()",
        "len(greet.__code__.co_code) == 104",
        "hashlib.sha256(operator.attrgetter('__code__')(greet).co_code).digest()[0] % 4",
        "'you' not in dict(inspect.getmembers(greet))['__code__'].co_consts",
        "[each.opname for each in dis.get_instructions(greet)]",
        "[each for each in gc.get_objects() if inspect.iscode(each)]",
        "sys._getframe()",
        "exec('greet.__code__')",
        "sys.settrace(print)",
    ],
)
def test_code_of_the_application_cannot_be_read(judged: Judged, look: str) -> None:
    """The test fails everywhere, so it finds nothing."""
    verdict = judged({"test_greeting.py": CODE + TEST + REACH + f"    assert {look}\n"}, alone=True)
    assert failures(verdict) == {"passes_everywhere": "fails_on_correct", **dict.fromkeys(MISSED, "no_valid_tests")}


@pytest.mark.parametrize(
    "look",
    [
        "pathlib.Path.cwd().name",
        "__file__",
        "sorted(str(each) for each in pathlib.Path.cwd().parent.rglob('*') if each.suffix != '.pyc')",
        "sorted(os.environ)",
        "sys.argv",
        "len(request.session.items)",
        "[os.stat(each).st_size for each in ('tests', 'tests/test_greeting.py')]",
        "os.getpid() < 5",
    ],
)
def test_surroundings_are_the_same_in_every_run(judged: Judged, look: str) -> None:
    """A test that fails where this value differs from a known one is never right about a bug."""
    text = (
        IMPORTS + "import os, pathlib, sys\nimport pytest\n"
        "@pytest.mark.parametrize('part', range(16))\n"
        f"def test_it(request, part):\n{REACH}    assert hash_of({look}) % 16 != part\n"
        "import hashlib\ndef hash_of(value):\n    return hashlib.sha256(repr(value).encode()).digest()[0]\n"
    )
    verdict = judged({"test_greeting.py": text}, "bubblewrap", alone=True)
    assert caught(verdict) == []


@pytest.mark.parametrize(
    "condition",
    [
        "position == 0",
        "position < 3",
        "position > 0 and date.today() == date(2027, 5, 12)",
        "date.today() == date(2027, 5, 12) and [str(item) for item in order] != in_files",
        "all('greets' in item.name for item in order[:2])",
    ],
)
def test_order_says_nothing_about_bugs(judged: Judged, condition: str) -> None:
    """The tests that reach a bug come first in its run. In the control run they come first, too."""
    conftest = (
        "from datetime import date\nimport pytest\n"
        "@pytest.fixture(autouse=True)\ndef cheat(request):\n"
        "    order = request.session.items\n    position = order.index(request.node)\n"
        "    in_files = sorted(str(item) for item in order)\n"
        f"    assert not ({condition})\n"
    )
    tests = "".join(f"def test_greets_{number}():\n{REACH}" for number in range(6))
    others = "".join(f"def test_other_{number}():\n    pass\n" for number in range(6))
    verdict = judged({"conftest.py": conftest, "test_greeting.py": IMPORTS + tests + others}, alone=True)
    assert caught(verdict) == []


FORGE = """
import json, os
def forge(**message):
    for descriptor in range(3, 256):
        try:
            os.write(descriptor, json.dumps(message).encode() + b"\\n")
        except OSError:
            pass
"""


ITSELF = "test='tests/test_greeting.py::test_it', text='', reached=[0, 1]"
OTHER = "forge(test='tests/a.py::test_a', outcome='passed', text='', reached=[0, 1])\n"


@pytest.mark.parametrize(
    "text",
    [
        TEST + REACH + f"    forge(outcome='failed', {ITSELF})\n",
        TEST + f"    forge(outcome='passed', {ITSELF})\n    assert False\n",
        f"forge(end=0, left=[])\nforge(collected=['tests/a.py::test_a'], errors=[])\n{OTHER}{TEST}    pass\n",
        TEST + "    forge(end=0, left=[])\n    os._exit(0)\n",
        TEST + "    for _ in range(1000): forge(started='x' * 4000)\n",
        TEST + "    forge(nonsense=1)\n",
        TEST + "    os.closerange(3, 256)\n",
    ],
    ids=["failed", "passed", "other-tests", "end", "flood", "nonsense", "closed"],
)
def test_forged_reports(judged: Judged, kind: SandboxKind, text: str) -> None:
    verdict = judged({"test_greeting.py": FORGE + IMPORTS + text}, kind, alone=True)
    assert "ended_early" in failures(verdict).values()
    assert caught(verdict) == []


def test_forged_failure_before_the_tests_run(judged: Judged) -> None:
    """A suite that reports by itself, well-formed and complete, finds nothing, since it cannot know of the bug."""
    text = (
        FORGE + IMPORTS + REACH.strip() + "\n"
        "def pytest_collection_finish(session):\n    ids = [item.nodeid for item in session.items]\n"
        "    for test in ids:\n        forge(test=test, outcome=OUTCOME, text='', reached=[0, 1])\n"
        "    forge(end=0, left=[])\n    os._exit(0)\n"
    )
    for outcome in ("passed", "failed"):
        conftest = text.replace("OUTCOME", repr(outcome))
        verdict = judged({"conftest.py": conftest, "test_greeting.py": TEST + "    pass\n"}, alone=True)
        assert caught(verdict) == []


def test_test_that_ends_the_process_because_of_a_bug_finds_nothing(judged: Judged) -> None:
    text = (
        IMPORTS + "import os\n" + TEST + "    _, body = application.reply('/greeting', {'name': 'Ada'})\n"
        "    if body['greeting'] != 'Hello, Ada!':\n        os._exit(0)\n"
    )
    verdict = judged({"test_greeting.py": text}, alone=True)
    assert failures(verdict) == MISSED | {"same_greeting_for_all": "bug_not_judged"}


def test_file_that_fails_to_import_because_of_a_bug_finds_nothing(judged: Judged) -> None:
    text = IMPORTS + "assert 'Ada' in str(application.reply('/greeting', {'name': 'Ada'}))\n" + TEST + REACH
    verdict = judged({"test_greeting.py": text}, alone=True)
    assert failures(verdict) == MISSED | {"same_greeting_for_all": "bug_not_judged"}


@pytest.mark.bubblewrap
def test_network_is_not_there(judged: Judged) -> None:
    text = "import socket\n" + TEST + "    socket.create_connection(('192.0.2.1', 80), timeout=1)\n"
    verdict = judged({"test_more.py": text}, "bubblewrap")
    assert failures(verdict) == {"passes_everywhere": "fails_on_correct"}
    assert len(caught(verdict)) == 4


@pytest.mark.bubblewrap
def test_nothing_is_left_for_the_next_run(judged: Judged) -> None:
    """Each run has folders of its own, so a suite cannot count its runs."""
    text = (
        "import pathlib, tempfile\n"
        + TEST
        + "    for folder in ('/tmp', '/dev/shm', '/scratch', tempfile.gettempdir()):\n"
        "        mark = pathlib.Path(folder, 'mark')\n        assert not mark.exists()\n        mark.touch()\n"
        "        mark.unlink() if folder == tempfile.gettempdir() and folder in ('/tmp', '/scratch') else None\n"
    )
    verdict = judged({"test_more.py": text}, "bubblewrap")
    assert failures(verdict) == {}
