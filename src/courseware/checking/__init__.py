"""What the author of a check imports: marker, requests, answers, and how to say that something does not hold.

Whatever the application made is data: an answer, a message, a token, an upload. A check reads it by the methods of
`JsonData`, `read_address` and the stand-ins, which fail the check where the data is not as it should be. Any other
exception in a check counts as a fault of the course.

A check gets the rest as fixtures, such as `application`, `clock` and `random`; `courseware.judging.fixtures` has them.
Beside the usual start of the application a check can ask for:

- other variables: `@check(..., environment={"RATE_LIMIT_ENABLED": "true"})`;
- a start that no other check has used: `@check(..., fresh_start=True)`;
- rows in another order wherever a statement leaves it open: `@check(..., other_row_order=True)`;
- a second process with the same variables, database and services: the fixture `second_application`;
- requests from other clients: `Request(..., client="203.0.113.7")`. The fixture `new_client` gives an address that no
  other check uses.

The application is started again before such a check, and in its usual way afterwards. Every start begins with an empty
database and an empty Redis, so a check makes all that it needs. The fixture `restarts` tells starts apart.

In a step whose lesson.toml says `judges = "tests"` no application of the student is started. Its checks have the
fixture `suite`, which is a `Suite`: the student's tests, judged by the bugs that they catch.

In a step with `judges = "deployment"` checks start the application themselves, as a platform would. They have the
fixtures of `courseware.checking.deployment`.
"""

from courseware.base.processes import wait_until
from courseware.checking.address import Address, read_address
from courseware.checking.answer import Answer
from courseware.checking.application import Application, Clock, Sent
from courseware.checking.check import CheckFailed, check, expect
from courseware.checking.data import JsonData, read_json
from courseware.checking.database import Database, Row
from courseware.checking.redis import Redis
from courseware.checking.request import File, Request
from courseware.checking.sql import Recording, Statement
from courseware.checking.stand_ins import ImageStore, Mailbox
from courseware.checking.suite import Suite
from courseware.services.servers import FaultMode

__all__ = [
    "Address",
    "Answer",
    "Application",
    "CheckFailed",
    "Clock",
    "Database",
    "FaultMode",
    "File",
    "ImageStore",
    "JsonData",
    "Mailbox",
    "Recording",
    "Redis",
    "Request",
    "Row",
    "Sent",
    "Statement",
    "Suite",
    "check",
    "expect",
    "read_address",
    "read_json",
    "wait_until",
]
