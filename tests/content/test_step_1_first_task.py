"""The first task of step 1 is done with six lines: its checks hold before there is a table, a service or a route."""

from pathlib import Path

from courseware.course import load_course
from courseware.course.stages import start
from courseware.judging.judgement import judge

COURSE = load_course(Path(__file__).parents[2])
SCHEMA = "app/schemas/contact.py"
FIELDS = '''
class ContactCreate(RequestModel):
    """A new contact. Its owner comes from the token, never from the body."""

    first_name: Name
    last_name: Name
    email: Email
    phone: Phone
    birthday: Birthday | None = None
    notes: Notes | None = None
'''


def test_six_fields_make_the_first_task_green() -> None:
    tree = start(COURSE, 1)
    before, found, rest = tree[SCHEMA].decode().partition("\nclass ContactCreate(BaseModel):\n")
    assert found
    after = rest[rest.index("\n\nclass ContactUpdate") :]
    code = before.replace(
        "\nfrom pydantic import", "\nfrom app.schemas.base import Email, RequestModel\nfrom pydantic import"
    )
    verdict = judge(COURSE, COURSE.step(1), {**tree, SCHEMA: (code + FIELDS + after).encode()}, hidden=True)
    assert verdict.valid
    assert {task.id for task in verdict.tasks if task.held} == {"1.0"}
