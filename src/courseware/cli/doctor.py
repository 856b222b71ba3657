"""`course doctor`: what this machine has, what that means, and how to get the rest."""

from dataclasses import asdict

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import FAILED, JsonOption, busy, console, print_json


def doctor(as_json: JsonOption = False) -> None:
    """List what this machine has, what is missing and how to install it. Exits with 1 if the course cannot work."""
    from courseware.course import find_course
    from courseware.student.examination import State, examine

    try:
        course = find_course()
    except UsageError:
        course = None
    with busy("Examining this machine …"):
        findings = list(examine(course))
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        from courseware.views.terminal import findings_view

        console().print(findings_view(findings))
    if any(finding.state is State.MISSING for finding in findings):
        raise typer.Exit(FAILED)
