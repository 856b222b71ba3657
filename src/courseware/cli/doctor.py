"""`course doctor`: what this machine has, what that means, and how to get the rest."""

from dataclasses import asdict

import typer

from courseware.cli.common import JsonOption, busy, console, print_json
from courseware.cli.exit_codes import FAILED
from courseware.errors import UsageError


def doctor(as_json: JsonOption = False) -> None:
    """Say what this machine has, what that means, and how to get the rest. Ends with 1 if the course cannot work."""
    from courseware.course import find_course
    from courseware.doctor import State, examine

    try:
        course = find_course()
    except UsageError:
        course = None
    with busy("Looking at this machine …"):
        findings = list(examine(course))
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        from courseware.views.terminal import findings_view

        console().print(findings_view(findings))
    if any(finding.state is State.MISSING for finding in findings):
        raise typer.Exit(FAILED)
