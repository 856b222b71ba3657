"""What the command shows on a terminal: verdicts, progress, findings. Every text in it goes through `shown`."""

from courseware.views.terminal.overview import failed_checks_view, findings_view, hint_view, laid_out_view, status_view
from courseware.views.terminal.verdict import checks_view, points, shown, verdict_view

__all__ = [
    "checks_view",
    "failed_checks_view",
    "findings_view",
    "hint_view",
    "laid_out_view",
    "points",
    "shown",
    "status_view",
    "verdict_view",
]
