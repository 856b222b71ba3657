"""Writes what a class was given in the formats of others: Canvas, Moodle, Gradescope, and whatever reads JUnit's XML.

A submission that an instructor must look at has no points in any of them, and never 0.
"""

from courseware.classroom.export.graded_class import GradedStep, graded_steps

__all__ = ["GradedStep", "graded_steps"]
