"""Task 7.3, with a test file that cannot be imported."""

from courseware.checking import check
from courseware.checking.deployment import Workflow
from step_7_deployment.stand_ins import BROKEN, must_turn_red


@check(
    task="7.3",
    points=1,
    hints=(
        "pytest has more than one way to fail, and each has a status of its own.",
        "A file that cannot be imported ends pytest with the status 2, a red test with 1.",
        "Do not compare the status with a number. Let the step end with the status of pytest.",
    ),
    needs=("green_tests_make_green_jobs",),
)
def test_tests_that_cannot_be_imported_make_a_job_red(workflow: Workflow) -> None:
    """If a test file cannot be imported, a job that calls pytest fails. Nothing is deployed."""
    must_turn_red(workflow, "tests/integration/test_broken.py", BROKEN, "broken_test_file_goes_unnoticed")
