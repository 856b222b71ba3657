"""What the author of a check imports: marker, requests, answers, and how to say that something does not hold."""

from courseware.checking.answer import Answer
from courseware.checking.application import Application, Clock, Sent
from courseware.checking.failure import CheckFailed, expect
from courseware.checking.image_store import ImageStore
from courseware.checking.mailbox import Mailbox
from courseware.checking.marker import check
from courseware.checking.request import File, Request
from courseware.checking.waiting import wait_until

__all__ = [
    "Answer",
    "Application",
    "CheckFailed",
    "Clock",
    "File",
    "ImageStore",
    "Mailbox",
    "Request",
    "Sent",
    "check",
    "expect",
    "wait_until",
]
