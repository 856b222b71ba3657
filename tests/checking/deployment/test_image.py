"""The image holds what the Dockerfile copies, and starts as it says."""

import pytest

from courseware.checking import CheckFailed
from courseware.checking.deployment.image import Image

PROJECT = {
    "app/main.py": b"main",
    "app/core/config.py": b"config",
    "alembic.ini": b"ini",
    "start.sh": b"start",
    "requirements.lock": b"lock",
    "tests/test_a.py": b"test",
}
MULTI_STAGE = """
# syntax=docker/dockerfile:1
ARG VERSION=3.13
FROM python:${VERSION}-slim AS built
WORKDIR /build
COPY requirements.lock .
RUN python -m venv /venv && \\
    # a comment between the lines
    /venv/bin/pip install -r requirements.lock

FROM python:${VERSION}-slim
ENV PATH="/venv/bin:$PATH" PORT=8000
RUN apt-get update && apt-get install -y --no-install-recommends curl=8.1 && rm -rf /var/lib/apt
WORKDIR /srv/app
COPY --from=built /venv /venv
COPY --chown=10001 alembic.ini start.sh ./
COPY app app
USER 10001:10001
HEALTHCHECK --interval=5s CMD curl -f http://127.0.0.1:$PORT/health || exit 1
ENTRYPOINT ["sh"]
CMD ["start.sh"]
"""


def image(dockerfile: str, **others: str) -> Image:
    files = {name.replace("_", "."): text.encode() for name, text in others.items()}
    return Image({**PROJECT, "Dockerfile": dockerfile.encode(), **files})


def test_the_last_stage() -> None:
    found = image(MULTI_STAGE)
    assert sorted(found.files) == [
        "srv/app/alembic.ini", "srv/app/app/core/config.py", "srv/app/app/main.py", "srv/app/start.sh"
    ]  # fmt: skip
    assert found.project_files["app/main.py"] == b"main"
    assert found.built.built == ("/venv",)
    assert (found.user, found.is_root, found.working_directory) == ("10001", False, "/srv/app")
    assert found.environment["PORT"] == "8000"
    assert found.command is not None
    assert found.command.words == ("sh", "start.sh")
    assert not found.command.is_shell_form
    assert found.healthcheck is not None
    assert found.healthcheck.programs == ("curl",)
    assert found.has_program("curl")
    assert not found.has_program("wget")
    found.must_be_pinned()


@pytest.mark.parametrize(
    ("copies", "files"),
    [
        ("COPY . .", sorted(["Dockerfile", *PROJECT])),
        ("COPY app/ /w/", ["core/config.py", "main.py"]),
        ("COPY app /w/app/", ["app/core/config.py", "app/main.py"]),
        ("COPY *.sh alembic.* /w/", ["alembic.ini", "start.sh"]),
        ("COPY start.sh /w/run.sh", ["run.sh"]),
        ("COPY start.sh /w", ["start.sh"]),
        ('COPY ["start.sh", "/w/"]', ["start.sh"]),
        ("COPY app/*.py ./", ["main.py"]),
    ],
)  # fmt: skip
def test_copies(copies: str, files: list[str]) -> None:
    assert sorted(image(f"FROM python:3.13\nWORKDIR /w\n{copies}\nCMD x").project_files) == files


@pytest.mark.parametrize(
    ("ignore", "taken"),
    [
        ("", True),
        (".env\n", False),
        ("*.env\n", False),
        ("**/.env\n", False),
        ("*\n!app\n!alembic.ini\n", False),
        (".env*\n!.env\n", True),
        ("# .env\n", True),
        ("/.env\n", False),
    ],
)
def test_dockerignore(ignore: str, taken: bool) -> None:
    found = image("FROM python:3.13\nCOPY . /w/\n", _dockerignore=ignore)
    assert found.takes(".env") is taken
    assert "w/app/core/config.py" in found.files


def test_a_folder_that_is_left_out_leaves_out_what_it_holds() -> None:
    found = image("FROM python:3.13\nCOPY . /w/\n", _dockerignore="tests\n**/core\n")
    assert not any("tests" in path or "core" in path for path in found.files)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ('CMD ["a", "b"]', ("a", "b")),
        ("CMD a b", ("/bin/sh", "-c", "a b")),
        ('ENTRYPOINT ["e"]\nCMD ["a"]', ("e", "a")),
        ("ENTRYPOINT e\nCMD a", ("/bin/sh", "-c", "e")),
        ("CMD ['a']", ("/bin/sh", "-c", "['a']")),
    ],
)
def test_what_it_starts(start: str, words: tuple[str, ...]) -> None:
    command = image(f"FROM python:3.13\n{start}\n").command
    assert command is not None
    assert command.words == words


@pytest.mark.parametrize(
    ("dockerfile", "key"),
    [
        ("FROM python:3.13\nCOPY nothing.txt .\n", "copy_finds_nothing"),
        ("FROM python:3.13\nCOPY ../secret .\n", "copy_finds_nothing"),
        ("FROM python:3.13 AS a\nFROM python:3.13\nCOPY --from=a /x /x\n", "copy_finds_nothing"),
        ("COPY a b\n", "not_a_dockerfile"),
        ("FROM a b\n", "not_a_dockerfile"),
        ("FROM python:3.13\nINSTALL x\n", "not_a_dockerfile"),
        ("# TODO\n", "not_a_dockerfile"),
        ("FROM python:3.13\n" + "RUN x\n" * 300, "not_a_dockerfile"),
        ('FROM python:3.13\nENV A="b\n', "not_a_dockerfile"),
        ("FROM x\n" + "#" * 70000, "not_a_dockerfile"),
    ],
)
def test_what_docker_refuses(dockerfile: str, key: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        image(dockerfile).must_be_read()
    assert caught.value.key == key


def test_no_dockerfile() -> None:
    with pytest.raises(CheckFailed) as caught:
        Image(PROJECT).must_be_read()
    assert caught.value.key == "no_dockerfile"


@pytest.mark.parametrize(
    ("base", "key"), [("python", "no_tag"), ("python:latest", "latest_tag"), ("host:5000/python", "no_tag")]
)
def test_versions(base: str, key: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        image(f"FROM {base} AS a\nFROM a\n").must_be_pinned()
    assert caught.value.key == key


def test_a_stage_of_another_one() -> None:
    found = image('FROM python:3.13-alpine AS base\nWORKDIR /w\nCOPY app app\nCMD x\nFROM base\nENTRYPOINT ["e"]\n')
    assert sorted(found.project_files) == ["app/core/config.py", "app/main.py"]
    assert found.command is not None
    assert found.command.words == ("e",)
    assert found.is_root
    assert found.has_program("wget")
    assert not found.has_program("bash")


def test_a_script_in_the_dockerfile() -> None:
    found = image("FROM python:3.13\nRUN <<EOF\napt-get install -y wget\nFROM nothing\nEOF\nCMD x\n")
    assert found.has_program("wget")
    assert len(found.stages) == 1


@pytest.mark.parametrize(
    ("stages", "copy", "found"),
    [
        ("FROM ghcr.io/astral-sh/uv:0.9.5 AS tools", "--from=tools /uv /uvx /bin/", True),
        ("FROM python:3.13-slim AS tools", "--from=tools /usr/local/bin/python /bin/", True),
        ("FROM python:3.13-slim AS tools", "--from=tools /venv /venv", False),
        ("FROM scratch AS tools", "--from=tools /uv /bin/", False),
        ("FROM python:3.13-slim AS tools", "--from=ghcr.io/astral-sh/uv:0.9.5 /uv /bin/", True),
    ],
)
def test_what_a_base_image_brings_along(stages: str, copy: str, found: bool) -> None:
    described = image(f"{stages}\nFROM python:3.13-slim\nCOPY {copy}\nCMD x")
    if found:
        described.must_be_read()
        assert described.files == {}
    else:
        with pytest.raises(CheckFailed) as caught:
            described.must_be_read()
        assert caught.value.key == "copy_finds_nothing"


@pytest.mark.parametrize(
    "run",
    [
        "uv venv && uv pip install -r requirements.lock",
        "python3.13 -m venv --copies .venv && .venv/bin/pip install -r requirements.lock",
        "virtualenv /w/.venv",
        "uv sync --frozen --no-dev",
        "UV=1 python -m venv $HERE",
    ],
)
def test_a_virtual_environment_inside_the_project_is_copied_with_it(run: str) -> None:
    first = f"FROM python:3.13 AS built\nENV HERE=/w/.venv\nWORKDIR /w\nCOPY . .\nRUN {run}\n"
    found = image(f"{first}FROM python:3.13-slim\nWORKDIR /w\nCOPY --from=built /w /w\nCMD x")
    assert found.built.built == ("/w/.venv",)
    assert found.project_files.keys() == {"Dockerfile", *PROJECT}
