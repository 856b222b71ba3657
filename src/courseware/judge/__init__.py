"""Judges a submission: its application runs in a sandbox, checks ask it from outside, the verdict is made here."""

from courseware.judge.catalogue import CheckEntry, catalogue
from courseware.judge.judging import judge

__all__ = ["CheckEntry", "catalogue", "judge"]
