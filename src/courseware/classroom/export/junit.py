"""A submission's verdict as JUnit's XML, for its instructor: a suite for every task, a case for every check.

The format is the one that Jenkins' xUnit plugin checks (junit-10.xsd), which pytest writes and most tools read.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from courseware.base.text import printable
from courseware.classroom.export.graded_class import GradedStep
from courseware.classroom.grading.grading import SubmissionResult
from courseware.course import Step
from courseware.verdict import CheckResult, Outcome, TaskResult, Verdict
from courseware.views.wording import STARTS, failure_text, start_text, why_skipped


def junit_files(steps: Sequence[GradedStep]) -> Iterator[tuple[str, bytes]]:
    """An XML file for every submission: the path STEP/STUDENT.xml, and the content."""
    for graded in steps:
        for result in graded.results:
            yield f"{graded.step.slug}/{result.student}.xml", junit_xml(graded.step, result)


def junit_xml(step: Step, result: SubmissionResult) -> bytes:
    """The file's content. A submission without a verdict is one case that ended in an error, and no failure."""
    root = Element("testsuites", name=printable(f"{result.student}: {step.slug}"))
    if result.verdict is None:
        suite = _suite(root, step.slug, seconds=0)
        case = SubElement(suite, "testcase", name="judged", classname=step.slug, time="0.000")
        SubElement(case, "error", type="needs_look", message=printable(result.remark))
    else:
        _start(root, step, result.verdict)
        for task in result.verdict.tasks:
            checks = [check for check in result.verdict.checks if check.task == task.id]
            _task(root, step, task, checks)
    for suite in root:
        _count(suite)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    indent(root)
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _start(root: Element, step: Step, verdict: Verdict) -> None:
    """Whether the application starts. Where it does not, all checks are skipped, and no reader minds that."""
    apart_from_checks = verdict.seconds - sum(check.seconds for check in verdict.checks)
    suite = _suite(root, step.slug, seconds=max(apart_from_checks, 0))
    suite.set("timestamp", f"{verdict.judged_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}")
    _properties(
        suite,
        submission=verdict.submission,
        checks_version=verdict.checks_version,
        judged_by=verdict.judged_by,
        seed=verdict.seed,
        points=f"{verdict.points:g}",
        points_possible=f"{verdict.points_possible:g}",
    )
    if verdict.suite is not None and not verdict.application.started:
        return  # tests were judged, and no application was started
    case = SubElement(suite, "testcase", name=STARTS, classname=step.slug, time="0.000")
    if verdict.application.failure is not None:
        kind = f"no_start_{verdict.application.failure.phase}"
        text = start_text(verdict)
        SubElement(case, "failure", type=kind, message=text.partition("\n")[0]).text = text


def _task(root: Element, step: Step, task: TaskResult, checks: Sequence[CheckResult]) -> None:
    place = f"{step.slug}.task_{task.id.replace('.', '_')}"
    suite = _suite(root, place, seconds=sum(check.seconds for check in checks))
    _properties(suite, title=task.title, points=f"{task.points:g}", points_possible=f"{task.points_possible:g}")
    for check in checks:
        folder = place if check.visible else f"{place}.hidden"
        case = SubElement(suite, "testcase", name=check.id, classname=folder, time=f"{check.seconds:.3f}")
        _outcome(case, check)


def _outcome(case: Element, check: CheckResult) -> None:
    if check.outcome is Outcome.FAILED:
        kind = check.failure.key if check.failure is not None else "failed"
        SubElement(case, "failure", type=kind, message=printable(check.sentence)).text = failure_text(check)
    elif check.outcome is Outcome.ERROR:
        SubElement(case, "error", type="course_fault", message=printable(check.sentence)).text = failure_text(check)
    elif check.outcome is Outcome.SKIPPED:
        SubElement(case, "skipped", message=why_skipped(check))


def _suite(root: Element, name: str, *, seconds: float) -> Element:
    return SubElement(root, "testsuite", name=name, time=f"{seconds:.3f}")


def _properties(suite: Element, **values: object) -> None:
    properties = SubElement(suite, "properties")
    for name, value in values.items():
        SubElement(properties, "property", name=name, value=printable(str(value)))


def _count(suite: Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
