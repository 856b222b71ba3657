"""The way of a student through step 5, in JupyterLab as it opens."""

from typing import Any

import pytest
from playwright.sync_api import expect

from courseware.base.tree import write_tree
from courseware.course.stages import finish

pytestmark = pytest.mark.browser

Student = Any  # of conftest.py, which no test module can import


@pytest.fixture
def number() -> int:
    return 5


@pytest.mark.long
def test_the_way_through_step_5(student: Student) -> None:
    """The example, its plot, a check on what is handed out, and all checks on the reference."""
    student.run_cell("from courseware.notebook import check")
    example = student.run_cell("%run -e lesson/examples/05_redis_caching.py")
    expect(example.locator(".jp-OutputArea-output").last).to_contain_text("SET NX is one command")
    student.look("step_5_1_example")
    plot = student.run_cell("from IPython.display import SVG")
    expect(plot.locator(".jp-RenderedSVG").last).to_be_visible()
    plot.locator(".jp-RenderedSVG").last.scroll_into_view_if_needed()
    student.look("step_5_2_plot")

    table = student.check("5.1")
    expect(table.locator("tr.passed")).to_have_count(0)
    expect(table.locator("tr.failed").first).to_contain_text("birthdays")
    student.look("step_5_3_failed")

    write_tree(finish(student.course, 5), student.folder)
    for task in student.step.tasks:
        table = student.check(task.id)
        expect(table.locator(".head")).to_contain_text("solved")
        expect(table.locator("tr:not(.passed)")).to_have_count(0)
    student.look("step_5_4_holds")
    errors = student.page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]')
    expect(errors).to_have_count(0)
    assert student.asked_elsewhere == []
