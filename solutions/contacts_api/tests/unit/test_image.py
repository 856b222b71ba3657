"""What is in the image, and what runs in it."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from tests.servers import PROJECT


def instructions() -> Iterator[tuple[str, str]]:
    """The Dockerfile's instructions with what follows them, continued lines joined."""
    text = (PROJECT / "Dockerfile").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            yield name, rest.strip()


def test_the_image_holds_two_stages_and_the_second_does_not_run_as_root() -> None:
    names = [name for name, _ in instructions()]
    assert names.count("FROM") == 2
    last_stage = list(instructions())[names.index("FROM", 1) :]
    users = [rest for name, rest in last_stage if name == "USER"]
    assert users
    assert users[-1].partition(":")[0] not in {"root", "0"}


def test_the_start_command_is_the_server_in_the_end() -> None:
    commands = dict(instructions())
    assert commands["CMD"] == '["sh", "start.sh"]'
    script = (PROJECT / "start.sh").read_text().replace("\\\n", " ")
    lines = [line for line in script.splitlines() if line and not line.startswith("#")]
    assert lines[0].startswith("set -e")
    assert lines[-2] == "alembic upgrade head"
    assert lines[-1].startswith("exec uvicorn app.main:create_app --factory")
    assert "--reload" not in script
    assert "\r" not in script


def test_what_the_image_copies_is_there_and_is_not_kept_from_docker() -> None:
    kept = {
        line.removeprefix("!") for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = set()
    for name, rest in instructions():
        if name == "COPY" and not rest.startswith("--from"):
            copied.update(rest.split()[:-1])
    assert copied == kept
    assert all((PROJECT / path).exists() for path in copied)


def test_no_secret_and_no_database_is_sent_to_docker() -> None:
    lines = (PROJECT / ".dockerignore").read_text().splitlines()
    assert next(line for line in lines if not line.startswith("#")) == "*"
    sent = [line.removeprefix("!") for line in lines if line.startswith("!")]
    for path in (".env", ".git", "contacts.sqlite3", "tests"):
        assert not any(fnmatchcase(path, pattern) for pattern in sent)
