"""Runs the application of a submission isolated: in bubblewrap, or as a plain process for your own code."""

from courseware.judging.sandbox.availability import Availability, available
from courseware.judging.sandbox.command import ApplicationCommand, Limits, SandboxKind, StartReport
from courseware.judging.sandbox.forking import expect_starts
from courseware.judging.sandbox.started_application import RunningApplication
from courseware.judging.sandbox.starting import start_application

__all__ = [
    "ApplicationCommand",
    "Availability",
    "Limits",
    "RunningApplication",
    "SandboxKind",
    "StartReport",
    "available",
    "expect_starts",
    "start_application",
]
