"""What `course doctor` found out, on a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from courseware.views.terminal.parts import columns, shown

if TYPE_CHECKING:
    from courseware.doctor import Finding

STATES = {"good": ("✔", "green"), "limited": ("~", "yellow"), "missing": ("✘", "red")}


def findings_view(findings: Iterable[Finding]) -> RenderableType:
    """What the doctor found: each with its meaning, and the way to get what is lacking."""
    table = columns()
    for finding in findings:
        said = [shown(finding.found), shown(finding.meaning, "dim")]
        if finding.remedy:
            said.append(shown(f"→ {finding.remedy}", "yellow"))
        table.add_row(Text(*STATES[finding.state]), shown(finding.name, "bold"), Group(*said))
    return table
