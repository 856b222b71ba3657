"""In the log of an application, only the frames of its own files are shown."""

from courseware.views.log import folded

TRACEBACK = """\
INFO started
Traceback (most recent call last):
  File "/usr/lib/python3.11/site-packages/uvicorn/protocols/http.py", line 410, in run_asgi
    result = await app(
             ^^^^^^^^^^
  File "/home/ada/.venv/lib/python3.11/site-packages/fastapi/routing.py", line 212, in app
    return await call()
  File "/home/student/app/main.py", line 7, in read
    return 1 / 0
           ~~^~~
ZeroDivisionError: division by zero
INFO stopped"""
GROUP = """\
  | Traceback (most recent call last):
  |   File "/usr/lib/python3.11/asyncio/runners.py", line 118, in run
  |     return self._loop.run_until_complete(task)
  |   File "/home/student/app/main.py", line 9, in both
  |     raise ExceptionGroup("two", errors)
  +-+---------------- 1 ----------------
    | ValueError: no"""


def test_frames_of_libraries_become_one_line() -> None:
    assert folded(TRACEBACK).splitlines() == [
        "INFO started",
        "Traceback (most recent call last):",
        "  … 2 frames of libraries",
        '  File "/home/student/app/main.py", line 7, in read',
        "    return 1 / 0",
        "           ~~^~~",
        "ZeroDivisionError: division by zero",
        "INFO stopped",
    ]


def test_tracebacks_in_groups_are_folded_too() -> None:
    lines = folded(GROUP).splitlines()
    assert lines[1] == "  |   … 1 frame of libraries"
    assert lines[2:] == GROUP.splitlines()[3:]


def test_a_log_without_traceback_stays_as_it_is() -> None:
    assert folded("one\n  two\n\nthree") == "one\n  two\n\nthree"
    assert folded("") == ""
