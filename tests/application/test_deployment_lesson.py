"""What the lesson of step 7 shows: its workflow is valid, its databases differ as it says, and S3 can keep avatars."""

import asyncio
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image

from courseware.base.tree import write_tree
from courseware.course import load_course
from courseware.course.stages import finish

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "lessons/step_7_deployment"
EXAMPLES = LESSON / "examples"
BUCKET = "avatars-of-the-course"
UPLOAD = """
import asyncio, pathlib
from app.services.avatars import upload_avatar
print(asyncio.run(upload_avatar(7, pathlib.Path("picture.png").read_bytes())))
"""
REFUSED = """
import asyncio, pathlib
from app.core.errors import BadGateway
from app.services.avatars import upload_avatar
try:
    asyncio.run(upload_avatar(7, pathlib.Path("picture.png").read_bytes()))
except BadGateway as error:
    print(error.code)
"""

Run = Callable[..., str]


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    """What the example prints without an argument, as a file."""
    command = [sys.executable, str(EXAMPLES / "07_github_actions_explained.py")]
    path = tmp_path / "ci.yml"
    path.write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    return path


@pytest.mark.parametrize(
    "command",
    [
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
        ("check-jsonschema", "--builtin-schema", "custom.github-workflows-require-timeout"),
        ("zizmor", "--offline", "--no-progress"),
    ],
    ids=" ".join,
)
def test_the_workflow_that_the_example_prints_is_valid(workflow: Path, command: tuple[str, ...]) -> None:
    program, *arguments = command
    ended = subprocess.run(
        [str(Path(sys.executable).parent / program), *arguments, str(workflow)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def table_of_differences() -> dict[str, tuple[str, str]]:
    """What the lesson says that SQLite and PostgreSQL answer, by statement."""
    rows = re.findall(r"^\| `(.+?)` \| `(.+?)` \| `(.+?)` \|", (LESSON / "README.md").read_text(), re.MULTILINE)
    return {statement: (sqlite, postgresql) for statement, sqlite, postgresql in rows}


def test_the_databases_differ_as_the_lesson_says(postgres_server: str) -> None:
    compare = runpy.run_path(str(EXAMPLES / "databases/differences.py"))["compare"]
    sqlite = asyncio.run(compare("sqlite+aiosqlite://"))
    postgresql = asyncio.run(compare(postgres_server.replace("postgres://", "postgresql+asyncpg://")))
    assert table_of_differences() == {each: (sqlite[each], postgresql[each]) for each in sqlite}


@pytest.fixture
def s3() -> Iterator[str]:
    """The address of a server that speaks the protocol of S3, with an empty bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=address, **keys)
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_policy(Bucket=BUCKET, Policy=(EXAMPLES / "s3/policy.json").read_text().replace("BUCKET", BUCKET))
    yield address
    server.stop()


@pytest.fixture
def application_with_s3(tmp_path: Path) -> Path:
    """The path's application with the file of the lesson, and with the one changed line."""
    tree = finish(load_course(ROOT), 7)
    avatars = "app/services/avatars.py"
    before, after = (
        f"from app.services.{module} import upload_avatar\n" for module in ("cloudinary_service", "s3_service")
    )
    text = tree[avatars].decode()
    assert text.count(before) == 1
    picture = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(picture, "PNG")
    service = (EXAMPLES / "s3/s3_service.py").read_bytes()
    added = {"app/services/s3_service.py": service, "picture.png": picture.getvalue()}
    write_tree(tree | added | {avatars: text.replace(before, after).encode()}, tmp_path)
    return tmp_path


def test_avatars_are_kept_in_s3(application_with_s3: Path, s3: str, run: Run) -> None:
    [url] = run(application_with_s3, "-c", UPLOAD, **variables(s3)).split()
    assert url.startswith(f"{s3}/{BUCKET}/avatars/7.webp?v=")
    answer = httpx.get(url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert Image.open(BytesIO(answer.content)).size == (200, 200)


def test_an_upload_that_s3_refuses_is_a_bad_gateway(application_with_s3: Path, s3: str, run: Run) -> None:
    printed = run(application_with_s3, "-c", REFUSED, **variables(s3) | {"S3_BUCKET": "no-such-bucket"})
    assert printed.splitlines()[-1] == "upload_failed"


def variables(address: str) -> dict[str, str]:
    return {
        "S3_BUCKET": BUCKET,
        "S3_PUBLIC_URL": f"{address}/{BUCKET}",
        "AWS_ENDPOINT_URL_S3": address,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
