"""Judges a student's tests: runs them against correct variants of an application and against variants with one bug."""

from courseware.judging.suites.judging import SuiteJudge, suite_judge

__all__ = ["SuiteJudge", "suite_judge"]
