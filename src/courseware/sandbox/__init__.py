"""Runs a submission's application apart from the judge: in bubblewrap, or as a plain process for one's own code."""

from courseware.sandbox.availability import Availability, available
from courseware.sandbox.command import ApplicationCommand, SandboxKind, StartReport
from courseware.sandbox.forking import expect_starts
from courseware.sandbox.limits import Limits
from courseware.sandbox.running import RunningApplication
from courseware.sandbox.starting import start_application

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
