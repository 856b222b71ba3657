"""A verdict in a notebook: a small table in HTML, and the same as plain text where HTML is not shown."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from courseware.base.text import printable
from courseware.verdict import CheckResult, Failure, Outcome, SuiteReport, Verdict
from courseware.views import suites
from courseware.views.suites import SIGNS as SUITE_SIGNS
from courseware.views.wording import (
    COURSE_FAULT,
    PHASES,
    SIGNS,
    circumstances,
    course_faults,
    too_long,
    what_printed,
)


def verdict_html(verdict: Verdict, task: str, action: str = "") -> str:
    """What the verdict says about a task, and what to do next. It is readable on light and on dark ground.

    It loads no other file.
    """
    parts = [STYLE, _paragraph("head", f"Task {task}  {_title(verdict, task)}", _points(verdict, task))]
    if verdict.cut_short_after is not None:
        parts += [
            _paragraph("bad", too_long(verdict)),
            f"<table><tbody>{''.join(_rows(verdict, task))}</tbody></table>",
        ]
    elif not verdict.valid:
        parts += [_paragraph("bad", COURSE_FAULT), *(_block(detail) for detail in course_faults(verdict))]
    elif verdict.application.failure is not None:
        failure = verdict.application.failure
        parts += [_paragraph("bad", PHASES[failure.phase]), _block(failure.text)]
    else:
        if verdict.suite is not None:
            parts += _suite(verdict.suite, task)
        parts.append(f"<table><tbody>{''.join(_rows(verdict, task))}</tbody></table>")
    if verdict.application.log.strip():
        parts.append(_folded(what_printed(verdict), _block(verdict.application.log)))
    if action:
        parts.append(_paragraph("next", action))
    parts.append(_paragraph("foot", circumstances(verdict)))
    return f'<div class="course-verdict">{"".join(parts)}</div>'


def verdict_text(verdict: Verdict, task: str) -> str:
    """The same in plain text, without hints."""
    lines = [f"Task {task}  {_title(verdict, task)}: {_points(verdict, task)}"]
    if not verdict.valid and verdict.cut_short_after is None:
        lines += [COURSE_FAULT, *course_faults(verdict)]
    elif verdict.valid and verdict.application.failure is not None:
        lines += [PHASES[verdict.application.failure.phase], verdict.application.failure.text]
    else:
        lines += [] if verdict.valid else [too_long(verdict)]
        lines += _suite_lines(verdict, task)
        for check in _checks(verdict, task):
            lines.append(f"{SIGNS[check.outcome]} {check.sentence}")
            lines += [f"    {name}: {text}" for name, text in _findings(check.failure)]
    return printable("\n".join([*lines, circumstances(verdict)]))


def message_html(heading: str, text: str = "") -> str:
    """A sentence, and below it a text as it stands, for when there is no verdict to show."""
    return f'<div class="course-verdict">{STYLE}{_paragraph("head", heading)}{_block(text) if text else ""}</div>'


def _suite(report: SuiteReport, task: str) -> Iterator[str]:
    """The bugs of a task that the suite found, by family and by test."""
    bugs = [bug for bug in report.bugs if bug.task == task]
    if not bugs:
        return
    rows = "".join(
        f'<tr class="{outcome.value}"><td>{SIGNS[outcome]}</td><td>{_safe(family)}</td><td>{found} / {count}</td></tr>'
        for family, found, count in suites.families(bugs)
        for outcome in [Outcome.PASSED if found == count else Outcome.FAILED]
    )
    found = "".join(f"<li>{_safe(bug.check)}: {_safe(suites.explanation(bug, report))}</li>" for bug in bugs)
    yield _paragraph("head", suites.headline(bugs))
    yield f'<table class="families"><tbody>{rows}</tbody></table>'
    picture = suites.matrix(report, bugs)
    if picture:
        yield _folded("Which test caught which bug", f"{suites.legend()}{picture}<ol>{found}</ol>")


def _suite_lines(verdict: Verdict, task: str) -> list[str]:
    report = verdict.suite
    bugs = [] if report is None else [bug for bug in report.bugs if bug.task == task]
    if report is None or not bugs:
        return []
    found = [f"{SUITE_SIGNS[suites.state_of(bug)]} {bug.family}: {suites.explanation(bug, report)}" for bug in bugs]
    return [suites.headline(bugs), *found]


def _rows(verdict: Verdict, task: str) -> Iterator[str]:
    """A row for each check that ran, and one for all that wait.

    The first that failed is unfolded: the others often follow from it.
    """
    checks = _checks(verdict, task)
    waiting = [check for check in checks if check.outcome is Outcome.SKIPPED]
    is_first = True
    for check in checks:
        if check.outcome is Outcome.FAILED:
            yield _row(check.outcome, _folded(check.sentence, _explanation(check), is_open=is_first), [check])
            is_first = False
        elif check.outcome is not Outcome.SKIPPED:
            yield _row(check.outcome, _safe(check.sentence), [check])
    if waiting:
        summary = f"{len(waiting)} more {_reason_to_wait(waiting)}"
        sentences = "".join(f"<li>{_safe(check.sentence)}</li>" for check in waiting)
        yield _row(Outcome.SKIPPED, _folded(summary, f"<ul>{sentences}</ul>"), waiting)


def _reason_to_wait(checks: Sequence[CheckResult]) -> str:
    is_one = len(checks) == 1
    if any(check.needs_failed for check in checks):
        return f"{'waits' if is_one else 'wait'} for checks that fail"
    return f"{'was' if is_one else 'were'} not run, because your application has ended"


def _row(outcome: Outcome, content: str, checks: Sequence[CheckResult]) -> str:
    earned, possible = sum(check.points for check in checks), sum(check.points_possible for check in checks)
    cells = f"<td>{SIGNS[outcome]}</td><td>{content}</td><td>{earned:g} / {possible:g}</td>"
    return f'<tr class="{outcome.value}">{cells}</tr>'


def _checks(verdict: Verdict, task: str) -> list[CheckResult]:
    """The task's checks, after those of other tasks that had to hold for them and did not."""
    own = [check for check in verdict.checks if check.task == task]
    awaited = {check.needs_failed for check in own}
    return [check for check in verdict.checks if check.id in awaited and check.task != task] + own


def _explanation(check: CheckResult) -> str:
    pairs = "".join(f"<dt>{name}</dt><dd><pre>{_safe(text)}</pre></dd>" for name, text in _findings(check.failure))
    parts = [f"<dl>{pairs}</dl>"]
    if check.first_hint:
        more = f"<p>The next hint, in a terminal: <code>course hint {_safe(check.id)}</code></p>"
        parts.append(_folded("Hint", f"<p>{_safe(check.first_hint)}</p>{more if check.hints > 1 else ''}"))
    return "".join(parts)


def _findings(failure: Failure | None) -> list[tuple[str, str]]:
    if failure is None:
        return []
    return [("asked", failure.asked), ("expected", failure.expected), ("got", failure.got)]


def _title(verdict: Verdict, task: str) -> str:
    return next((result.title for result in verdict.tasks if result.id == task), "")


def _points(verdict: Verdict, task: str) -> str:
    if not verdict.valid:
        return "not judged"
    results = [result for result in verdict.tasks if result.id == task]
    earned, possible = sum(result.points for result in results), sum(result.points_possible for result in results)
    held = bool(results) and all(result.held for result in results)
    return f"{'✔ solved, ' if held else ''}{earned:g} of {possible:g} points"


def _paragraph(kind: str, *texts: str) -> str:
    return f'<p class="{kind}">{"".join(f"<span>{_safe(text)}</span>" for text in texts)}</p>'


def _block(text: str) -> str:
    return f"<pre>{_safe(text.strip())}</pre>"


def _folded(summary: str, content: str, *, is_open: bool = False) -> str:
    return f"<details{' open' if is_open else ''}><summary>{_safe(summary)}</summary>{content}</details>"


def _safe(text: str) -> str:
    return escape(printable(text))


def _style(rules: Iterable[tuple[str, str]]) -> str:
    # The class stands twice, to outweigh the rules that JupyterLab has for tables of its own.
    scope = ".course-verdict.course-verdict"
    return "<style>" + "".join(f"{scope} {selector}{{{rule}}}" for selector, rule in rules) + "</style>"


# JupyterLab's variables follow its theme; the values after them are for other places.
GOOD, BAD = "var(--jp-success-color1,#2e7d32)", "var(--jp-error-color1,#d32f2f)"
LINE, GROUND = "var(--jp-border-color2,#8885)", "var(--jp-layout-color2,#8882)"
STYLE = _style(
    [
        ("p", "margin:.3em 0"),
        (".head", "display:flex;justify-content:space-between;gap:1em;font-weight:600;max-width:64em"),
        (".bad", f"color:{BAD};font-weight:600"),
        (".next", "font-weight:600"),
        (".foot", "opacity:.7;font-size:.85em"),
        ("table", "width:100%;max-width:64em;border-collapse:collapse;margin:.4em 0;table-layout:fixed"),
        ("tbody tr", f"background:none;border-top:1px solid {LINE}"),
        ("td", "text-align:left;vertical-align:top;padding:.35em .5em;white-space:normal"),
        ("td:first-child", "width:1.2em;font-weight:700"),
        ("td:last-child", "width:4.5em;text-align:right;white-space:nowrap"),
        (".passed td:first-child", f"color:{GOOD}"),
        (".failed td:first-child", f"color:{BAD}"),
        (".skipped", "opacity:.7"),
        ("summary", "cursor:pointer;display:list-item"),
        ("ul", "margin:.3em 0;padding-left:1.2em"),
        ("dl", "display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.2em .8em;margin:.4em 0"),
        ("dt", "opacity:.7;font-weight:400;float:none;width:auto"),
        ("dd", "margin:0;float:none;width:auto"),
        ("pre", f"margin:0;padding:.2em .5em;background:{GROUND}"),
        ("pre", "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere"),
    ]
)
