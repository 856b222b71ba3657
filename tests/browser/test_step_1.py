"""The way of a student through step 1, in JupyterLab as it opens."""

from typing import Any

import pytest
from playwright.sync_api import expect

from courseware.base.tree import write_tree
from courseware.course.stages import finish

pytestmark = pytest.mark.browser

RENAMED = """

def create_app() -> FastAPI:
    application = _create_app()
    application.title = "Renamed by the student"
    return application
"""
BROKEN, BREAKS_OFF = "import a_module_that_is_nowhere\n", "No module named 'a_module_that_is_nowhere'"
Student = Any  # of conftest.py, which no test module can import


@pytest.mark.long
def test_the_way_through_step_1(student: Student) -> None:
    """In one lab: to open one takes as much of a processor as the rest of a part."""
    the_lab_is_laid_out_ready_to_work(student)
    swagger_ui_works_inside_the_lab(student)
    a_check_fails_on_the_start_and_holds_on_the_reference(student)
    swagger_ui_follows_every_save(student)  # last: it loads the page anew, which may then show other tabs in front


def the_lab_is_laid_out_ready_to_work(student: Student) -> None:
    page = student.page
    notebook = page.locator(".jp-NotebookPanel").bounding_box()
    editor = page.locator(".jp-FileEditor:visible").bounding_box()
    terminal = page.locator(".jp-Terminal").bounding_box()
    assert notebook["x"] + notebook["width"] <= editor["x"]
    assert notebook["y"] + notebook["height"] <= terminal["y"]
    tabs = page.locator("#jp-main-dock-panel .lm-TabBar-tabLabel")
    first_step = student.course.step(1)
    for name in (first_step.notebook.name, "README.md", "Swagger UI", "contacts.py", "page.py", "Terminal 1"):
        expect(tabs.get_by_text(name, exact=True).first).to_be_visible()  # some get their names a moment later
    expect(page.locator(".Toastify__toast")).to_have_count(0)
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    expect(page.get_by_text("Nbgrader")).to_have_count(0)
    student.look("1_opened")
    assert student.asked_elsewhere == []


def a_check_fails_on_the_start_and_holds_on_the_reference(student: Student) -> None:
    student.open(student.step.notebook.name)
    student.run_cell("from courseware.notebook import check")
    table = student.check("1.1")
    expect(table.locator("tr.failed").first).to_contain_text("POST /contacts")
    expect(table.locator("tr.passed")).to_have_count(0)
    expect(table.locator("details[open] dt").first).to_have_text("asked")
    expect(table.locator(".head")).to_contain_text("0 of")
    student.look("2_failed")

    write_tree(finish(student.course, 1), student.folder)
    table = student.check("1.1")
    expect(table.locator(".head")).to_contain_text("solved")
    expect(table.locator("tr:not(.passed)")).to_have_count(0)
    assert table.locator("tr.passed").count() > 3
    student.look("3_holds")
    for task in student.course.step(1).tasks[1:]:
        expect(student.check(task.id).locator(".head")).to_contain_text("solved")
    errors = student.page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]')
    expect(errors).to_have_count(0)
    assert student.asked_elsewhere == []


def swagger_ui_works_inside_the_lab(student: Student) -> None:
    student.open("Swagger UI")
    expect(student.swagger.locator(".opblock-summary-path", has_text="/api/v1/contacts").first).to_be_visible()
    student.look("4_swagger")
    student.register("ada@example.com", "a long password")
    student.authorize("ada@example.com", "a long password")
    student.execute(student.operation("get", "/users/me"), "200", "ada@example.com")
    student.look("5_signed_in")
    assert student.asked_elsewhere == []
    assert [address for address in student.asked_for if "/application/api/v1/users/me" in address]


def swagger_ui_follows_every_save(student: Student) -> None:
    page = student.page
    main = student.folder / "app/main.py"
    right = main.read_text()
    student.open("Swagger UI")
    expect(student.swagger.locator(".opblock").first).to_be_visible()
    # What a page that is loaded anew would forget. A load that meets an ending application could not be made good.
    student.swagger.locator("body").evaluate("body => { body.dataset.remembers = 'yes' }")
    main.write_text(BROKEN)
    expect(student.swagger.get_by_text(BREAKS_OFF)).to_be_visible()
    expect(student.swagger.locator(".opblock").first).to_be_hidden()
    student.look("6_mistake")
    main.write_text(right)
    expect(student.swagger.locator(".opblock").first).to_be_visible()
    expect(student.swagger.get_by_text("a_module_that_is_nowhere")).to_be_hidden()
    main.write_text(right.replace("def create_app", "def _create_app") + RENAMED)
    expect(student.swagger.get_by_text("Renamed by the student")).to_be_visible()
    expect(student.swagger.locator("body")).to_have_attribute("data-remembers", "yes")
    main.write_text(BROKEN)
    expect(student.swagger.get_by_text(BREAKS_OFF)).to_be_visible()
    page.reload()
    expect(student.swagger.get_by_text(BREAKS_OFF)).to_be_visible()
    main.write_text(right)
    expect(student.swagger.locator(".opblock").first).to_be_visible()
    assert student.asked_elsewhere == []
