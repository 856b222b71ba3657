"""What the author of a check imports: marker, requests, answers, and how to say that something does not hold."""

from courseware.base.processes import wait_until
from courseware.checking.answer import Answer
from courseware.checking.application import Application, Clock, Sent
from courseware.checking.check import CheckFailed, check, expect
from courseware.checking.redis import Redis
from courseware.checking.request import File, Request
from courseware.checking.stand_ins import ImageStore, Mailbox
from courseware.services.servers import FaultMode

__all__ = [
    "Answer",
    "Application",
    "CheckFailed",
    "Clock",
    "FaultMode",
    "File",
    "ImageStore",
    "Mailbox",
    "Redis",
    "Request",
    "Sent",
    "check",
    "expect",
    "wait_until",
]
