"""For check cells in notebooks: `check("1.2")` judges a task of the step that the notebook belongs to.

The judge runs in a process of its own, which is started here and gets ready before it is asked. Whatever happens, the
cell shows it: nothing is raised and nothing is written to stderr, as both would count against the student when the
notebook is graded.
"""

import json
from collections.abc import Callable
from contextlib import suppress

from courseware.student.resident import ResidentProcess
from courseware.verdict import Verdict
from courseware.views.html import message_html, verdict_html, verdict_text

SECONDS = 180
JUDGE_SECONDS = 150
"""Less than that: a judgement that takes too long shows how far it came."""
JUDGED = (0, 1, 3)
"""Exit codes of `course check` with which it prints a verdict."""

_course = ResidentProcess()
with suppress(OSError):  # the next judgement reports it
    _course.start()


class Shown:
    """Something to show in a notebook, with a text for where HTML is not shown."""

    def __init__(self, html: str, text: str) -> None:
        self._html = html
        self._text = text

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return self._text


def check(task: str) -> None:
    """Judges a task, such as "1.2", and shows which of its demands hold and what to look at next."""
    from IPython.display import display

    heading = f"Judging task {task} …"
    place = display(_message(heading), display_id=True)  # type: ignore[no-untyped-call]

    def said(text: str) -> None:
        if place is not None:
            place.update(_message(f"{heading} {text}"))

    shown = _judged(str(task), said)
    if place is None:
        print(repr(shown))
    else:
        place.update(shown)


def _judged(task: str, said: Callable[[str], None]) -> Shown:
    """The verdict about a task, or the reason why there is none. `said` is told how far the judge is."""
    try:
        command = ("check", task.partition(".")[0], task, "--json", "--time-limit", str(JUDGE_SECONDS))
        done = _course.run(*command, seconds=SECONDS, said=said)
        if done["code"] not in JUDGED:
            return _message(f"Task {task} was not judged.", done["stderr"])
        verdict = Verdict.model_validate_json(done["stdout"])
        action = _next_action() if verdict.held else ""
        return Shown(verdict_html(verdict, task, action), f"{verdict_text(verdict, task)}\n{action}".rstrip())
    except KeyboardInterrupt:
        return _message("Stopped.")
    except TimeoutError:
        return _message(f"Task {task} was not judged: it took longer than {SECONDS} seconds.")
    except FileNotFoundError:
        return _message(f"Task {task} was not judged: its folder is gone. Restart the kernel.")
    except Exception as error:
        return _message(f"Task {task} was not judged.", f"{type(error).__name__}: {error}")


def _next_action() -> str:
    """What to do after a task holds, in a sentence. Empty if it is not known: the verdict counts without it."""
    done = _course.run("status", "--json", seconds=SECONDS)
    return "" if done["code"] else str(json.loads(done["stdout"])["next"])


def _message(heading: str, text: str = "") -> Shown:
    return Shown(message_html(heading, text), f"{heading}\n{text}".strip())
