"""Task 7.4: an image for production."""

import re
from pathlib import PurePosixPath

from courseware.checking import CheckFailed, check
from courseware.checking.deployment import Image

READ = ("image_is_described",)
HEALTH = "/api/v1/health"
NEEDED = ("alembic.ini", "app/main.py", "migrations/env.py")
SECRET = re.compile(r"JWT_SECRET_KEY|JWT_REFRESH_SECRET|EMAIL_TOKEN_SECRET|\w*PASSWORD|CLOUDINARY_API_SECRET")
BUILT_IN = {"[", "cd", "echo", "exit", "export", "false", "fi", "if", "set", "test", "then", "true"}
"""Words of a shell that are no programs of their own."""
LEFT_OVERS = (".env", ".env.production", "contacts.sqlite3", ".git/config")
"""Files that lie about in a project, and that no image may have."""


@check(
    task="7.4",
    points=2,
    hints=(
        "Which line does the message name, and which file does COPY look for there?",
        "COPY takes files from the folder of the Dockerfile, without those that .dockerignore leaves out.",
        "A stage begins with FROM. A COPY --from names an earlier stage by the name behind AS.",
    ),
)
def test_image_is_described(image: Image) -> None:
    """Docker accepts the Dockerfile, and each COPY finds what it names."""
    image.must_be_read()


@check(
    task="7.4",
    points=2,
    hints=(
        "Build the image today and in a year. Is it the same Python?",
        "A name without a tag means latest, which changes.",
        "FROM python:3.13-slim-bookworm, in each stage.",
    ),
    needs=READ,
)
def test_base_images_are_pinned(image: Image) -> None:
    """Each base image has a tag with a version, or a digest."""
    image.must_be_pinned()


@check(
    task="7.4",
    points=1,
    hints=(
        "What does pip need to install, that the application does not need to run?",
        "Install in a first stage, for example into a virtual environment. Copy only that into the last stage.",
        "COPY --from=installed /venv /venv, where the first stage is called AS installed.",
    ),
    needs=READ,
)
def test_image_has_two_stages(image: Image) -> None:
    """The image has at least two stages. The last one copies from another one and installs no packages of Python."""
    copies = [each for each in image.last.instructions if each.name == "COPY" and "from" in each.options]
    if len(image.stages) < 2 or not copies:
        got = f"{len(image.stages)} of them, {len(copies)} of these"
        raise CheckFailed(
            "one_stage", asked="the stages, and COPY --from in the last one", expected="two stages", got=got
        )
    for line in image.runs_in_last_stage:
        if re.search(r"\bpip3?\s+install|\buv\s+(sync|pip)", line):
            raise CheckFailed("installs_in_the_last_stage", asked="the last stage", expected="no pip", got=line)


@check(
    task="7.4",
    points=3,
    hints=(
        "Who is the application in the container, if nothing says so?",
        "Without USER it is root. Create a user, and change to it before the command that starts the server.",
        "RUN useradd --system --uid 10001 contacts, and later USER 10001.",
    ),
    needs=READ,
)
def test_server_is_not_root(image: Image) -> None:
    """The last stage ends with a user that is not root."""
    if image.is_root:
        raise CheckFailed(
            "runs_as_root",
            asked="USER in the last stage",
            expected="a user without rights",
            got=image.user or "no USER",
        )


@check(
    task="7.4",
    points=2,
    hints=(
        "Which files does `alembic upgrade head` read, and which does the server?",
        "The last stage has only what it copies. Compare its COPY lines with the files of the project.",
        "COPY alembic.ini start.sh ./ and COPY migrations migrations and COPY app app.",
    ),
    needs=READ,
)
def test_image_has_all_files_of_the_application(image: Image) -> None:
    """app, migrations and alembic.ini are in the working directory of the last stage."""
    missing = [path for path in NEEDED if path not in image.project_files]
    if missing:
        raise CheckFailed(
            "file_missing", asked=f"the files in {image.working_directory}", expected=", ".join(NEEDED),
            got=f"no {missing[0]}",
        )  # fmt: skip


@check(
    task="7.4",
    points=3,
    hints=(
        "Which files lie beside your Dockerfile on your own machine, and which of them does COPY take?",
        "`COPY . .` takes all that .dockerignore does not leave out. A value in ENV or ARG stays in the image.",
        "In .dockerignore: .env, .env.*, **/.env, *.sqlite3 and .git. Or * leaves out all, and !app and others let in.",
    ),
    needs=READ,
)
def test_no_secret_is_in_the_image(image: Image) -> None:
    """The image has no .env, no database file and no .git of the project. ENV and ARG give no value to a secret."""
    for path in LEFT_OVERS:
        if image.takes(path):
            raise CheckFailed(
                "secret_file_in_the_image",
                asked=f"{path} beside the Dockerfile",
                expected="it stays out of the image",
                got="it is copied",
            )
    for name, value in {**image.arguments, **image.environment}.items():
        if value and SECRET.fullmatch(name):
            raise CheckFailed(
                "secret_in_the_image", asked="ENV and ARG", expected=f"no value for {name}", got="a value"
            )


@check(
    task="7.4",
    points=2,
    hints=(
        "In which file system does the command of HEALTHCHECK run, and which programs are there?",
        "A slim image has no curl and no wget, but it has Python.",
        'CMD ["python", "-c", "import urllib.request as r; r.urlopen(...)"], with the path /api/v1/health.',
    ),
    needs=READ,
)
def test_health_check_works_in_the_image(image: Image) -> None:
    """HEALTHCHECK asks /api/v1/health, by a program that the image has."""
    command = image.healthcheck
    if command is None:
        raise CheckFailed("no_health_check", asked="HEALTHCHECK", expected="a command", got="none")
    text = " ".join(command.words)
    asked = f"HEALTHCHECK: {text}"
    scripts = [
        content.decode(errors="replace") for path, content in image.files.items() if PurePosixPath(path).name in text
    ]
    if f"{HEALTH}/ready" in text:
        raise CheckFailed("asks_the_database", asked=asked, expected=f"a request to {HEALTH}", got=f"{HEALTH}/ready")
    if HEALTH not in text and not any(HEALTH in script for script in scripts):
        raise CheckFailed("another_path", asked=asked, expected=f"a request to {HEALTH}", got="another one")
    for program in command.programs:
        if program not in BUILT_IN and not image.has_program(program):
            raise CheckFailed("program_missing", asked=asked, expected="a program of the image", got=program)
