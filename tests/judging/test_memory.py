"""What a submission sends to the services takes a bounded memory of the judge, which the next submission has again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from courseware.course import Course

SERVICES = """
[application.services.image_store]
CLOUDINARY_CLOUD_NAME = "{cloud_name}"
CLOUDINARY_API_KEY = "{api_key}"
CLOUDINARY_API_SECRET = "{api_secret}"
CLOUDINARY_UPLOAD_PREFIX = "{address}"

[application.services.mailbox]
MAIL_PORT = "{port}"

[application.services.redis]
REDIS_PORT = "{port}"
"""
FLOOD = '''"""Sends all services much more than they should keep, then serves as usual."""

import io
import os
import smtplib
import socket
import sys

import cloudinary.uploader
from PIL import Image

made = io.BytesIO()
Image.new("RGB", (8, 8)).save(made, "JPEG")
for number in range(40):
    cloudinary.uploader.upload(
        made.getvalue() + bytes(9_900_000),
        public_id=f"flood/{number}",
        cloud_name=os.environ["CLOUDINARY_CLOUD_NAME"],
        api_key=os.environ["CLOUDINARY_API_KEY"],
        api_secret=os.environ["CLOUDINARY_API_SECRET"],
        upload_prefix=os.environ["CLOUDINARY_UPLOAD_PREFIX"],
    )
with smtplib.SMTP("127.0.0.1", int(os.environ["MAIL_PORT"])) as client:
    for _ in range(60):
        client.sendmail("a@example.com", ["b@example.com"], b"x" * 900 + b"\\r\\n" + (b"x" * 900 + b"\\r\\n") * 1800)
with socket.create_connection(("127.0.0.1", int(os.environ["REDIS_PORT"]))) as client:
    for number in range(60):
        client.sendall(b"*3\\r\\n$3\\r\\nSET\\r\\n$2\\r\\n%02d\\r\\n" % number)
        client.sendall(b"$4000000\\r\\n%s\\r\\n" % bytes(4_000_000))
        client.recv(1000)
for _ in range(100):
    print("x" * 60_000, flush=True)
'''
PROGRAM = """
import gc, json, resource, sys, tracemalloc
from pathlib import Path
from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge

def present():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 2**20

course = load_course(Path(sys.argv[1]))
reference = finish(course, 1)
flood = {**reference, "app/main.py": Path(sys.argv[2]).read_bytes() + b"\\n" + reference["app/main.py"]}
judge(course, course.step(1), reference, sandbox="plain")
before = present()
valid = judge(course, course.step(1), flood, sandbox="plain").valid
after = present()
# What Python allocates: how much memory the process has depends on the allocator and on other processes.
tracemalloc.start()
valid = judge(course, course.step(1), flood, sandbox="plain").valid and valid
_, most = tracemalloc.get_traced_memory()
print(json.dumps({"valid": valid, "most": most // 2**20, "after": after - before}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_a_flood_is_bounded_and_leaves_nothing_behind(course: Course, tmp_path: Path) -> None:
    about, lesson = course.root / "lessons/course.toml", course.root / "lessons/step_1_greeting/lesson.toml"
    about.write_text(about.read_text() + SERVICES)
    lesson.write_text('needs = ["mailbox", "image_store", "redis"]\n' + lesson.read_text())
    (tmp_path / "flood.py").write_text(FLOOD)
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, str(course.root), str(tmp_path / "flood.py")],
        env=os.environ,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    # 400 MB of pictures, 100 MB of messages and 240 MB of values were sent.
    assert told["valid"]
    assert told["most"] < 450, told
    assert told["after"] < 100, told
