"""The way of a student's picture in step 3: from Swagger UI to the gallery, and back to a browser."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from courseware.base.tree import write_tree
from courseware.course.stages import finish

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "ada@example.com", "a long password"
Student = Any  # of conftest.py, which no test module can import


@pytest.fixture
def number() -> int:
    return 3


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "me.png"
    Image.new("RGB", (600, 300), "teal").save(path)
    return path


@pytest.mark.long
def test_a_picture_goes_to_the_gallery_and_is_shown_as_a_square(student: Student, picture: Path) -> None:
    write_tree(finish(student.course, 3), student.folder)
    student.open("Swagger UI")
    expect(student.operation("post", "/users/me/avatar")).to_be_visible()
    student.register(EMAIL, PASSWORD)
    student.follow_link(student.launch("Mailbox", "mailbox")).close()

    student.open("Swagger UI")
    student.authorize(EMAIL, PASSWORD)
    upload = student.operation("post", "/users/me/avatar")
    upload.locator('input[type="file"]').set_input_files(picture)
    answer = student.execute(upload, "200", "c_fill,h_200,w_200")
    student.look("step_3_1_uploaded")
    words = answer.inner_text().split('"')
    address = words[words.index("avatar_url") + 2]

    gallery = student.launch("Image store", "image_store")
    expect(gallery.get_by_text("avatars/1")).to_be_visible()
    shown = gallery.locator("figure img")
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 200
    student.look("step_3_2_gallery")
    answered = student.page.request.get(address)
    assert Image.open(io.BytesIO(answered.body())).size == (200, 200)
    assert student.asked_elsewhere == []
