"""What a class's verdicts say together: how often each check fails, the most common mistakes, the time it took."""

from courseware.classroom.report.figures import StepFigures, figures

__all__ = ["StepFigures", "figures"]
