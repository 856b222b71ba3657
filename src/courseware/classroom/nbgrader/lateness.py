"""What is taken from the points of a submission that came late."""

import math

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Float

SECONDS_PER_DAY = 24 * 60 * 60


class LatePenalty(LateSubmissionPlugin):
    """Takes a part of the points for each day that has begun since the step was due; nbgrader takes all or nothing."""

    percent_per_day = Float(0, min=0, max=100, help="Percent of the points, for each day begun.").tag(config=True)

    def late_submission_penalty(
        self,
        student_id: str,  # noqa: ARG002 - nbgrader gives the names
        score: float,
        total_seconds_late: float,
    ) -> float | None:
        """The points that are taken from `score`."""
        days = math.ceil(total_seconds_late / SECONDS_PER_DAY)
        return round(min(score, score * days * self.percent_per_day / 100), 6)
