"""A solution of step 2 whose tokens have more claims than the contract demands, such as an audience, loses nothing."""

from pathlib import Path

from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.verdict import Outcome

SECURITY = "app/core/security.py"
EDITS = {
    '        "purpose": purpose,\n': '        "purpose": purpose,\n        "aud": "contacts",\n',
    'options={"require": DEMANDED_CLAIMS': 'audience="contacts", options={"require": DEMANDED_CLAIMS',
}


def test_tokens_may_have_more_claims() -> None:
    course = load_course(Path(__file__).parents[2])
    tree = finish(course, 2)
    code = tree[SECURITY].decode()
    for old, new in EDITS.items():
        assert code.count(old) == 1
        code = code.replace(old, new)
    verdict = judge(course, course.step(2), {**tree, SECURITY: code.encode()}, hidden=True)
    assert verdict.valid
    assert [check.failure for check in verdict.checks if check.outcome is not Outcome.PASSED] == []
