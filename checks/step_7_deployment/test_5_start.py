"""Task 7.5: start, port and signal."""

import re
from pathlib import PurePosixPath

from courseware.checking import CheckFailed, check
from courseware.checking.deployment import Deployment, Image

STARTS = ("server_starts",)
OWN_VARIABLES = ("JWT_SECRET_KEY", "JWT_REFRESH_SECRET", "EMAIL_TOKEN_SECRET")
USUAL_PORT = 8000
SECONDS = 5.0
"""After SIGTERM."""
FOR_DEVELOPMENT = re.compile(r"--reload\b|\bfastapi\s+dev\b|reload\s*=\s*True")


@check(
    task="7.5",
    points=5,
    hints=(
        "Read the log below the message. Did the command end, or does it listen somewhere else?",
        "The port comes from the variable PORT, which only a shell replaces. The address is 0.0.0.0.",
        'exec uvicorn app.main:create_app --factory --host 0.0.0.0 --port "${PORT:-8000}".',
    ),
)
def test_server_starts(deployment: Deployment) -> None:
    """The start command listens on $PORT at all addresses, and GET /api/v1/health answers 200 within 30 s."""
    deployment.start().must_become_healthy()


@check(
    task="7.5",
    points=1,
    hints=(
        "Which port do you publish when you start the image yourself, and who sets PORT then?",
        "A host sets PORT. Without a host the image or the script has to say 8000.",
        'ENV PORT=8000 in the last stage, or --port "${PORT:-8000}" in the script.',
    ),
    needs=STARTS,
)
def test_server_has_a_usual_port(deployment: Deployment) -> None:
    """Without the variable PORT, the server listens on port 8000."""
    deployment.start(variables={"PORT": None}, port=USUAL_PORT).must_become_healthy()


@check(
    task="7.5",
    points=4,
    hints=(
        "Who is the first process of the container, and does it pass the signal on?",
        "A shell waits for its command and keeps the signal. One word makes it replace itself with the server.",
        "exec uvicorn …, as the last line of the script. In the Dockerfile: CMD with a list in brackets.",
    ),
    needs=STARTS,
)
def test_server_ends_on_sigterm(deployment: Deployment) -> None:
    """5 s after SIGTERM no process is left, and the exit code says that it ended as asked."""
    release = deployment.start()
    release.must_become_healthy()
    release.must_stop(within=SECONDS)


@check(
    task="7.5",
    points=3,
    hints=(
        "Somebody starts your image and forgets all variables. With which keys does it sign its tokens?",
        "The application refuses sample secrets unless ENVIRONMENT is local, which is its default.",
        "ENV ENVIRONMENT=production in the last stage of the Dockerfile.",
    ),
    needs=STARTS,
)
def test_sample_secrets_are_refused(deployment: Deployment) -> None:
    """Without ENVIRONMENT and secrets of the host, the command ends with an exit code other than 0. No server runs."""
    deployment.start(variables=dict.fromkeys(OWN_VARIABLES)).must_refuse_to_start()


@check(
    task="7.5",
    points=2,
    hints=(
        "Who changes files in a container, that the server should notice?",
        "Watching all files costs work, and a second process stands between the signal and the server.",
        "Leave out --reload, and use uvicorn in the place of fastapi dev.",
    ),
    needs=("image_is_described", "server_starts"),
)
def test_server_does_not_reload(image: Image) -> None:
    """The start command has no --reload."""
    words = () if image.command is None else image.command.words
    texts = [" ".join(words)]
    names = {PurePosixPath(part).name for word in words for part in re.split(r"[\s;&|]+", word)}
    texts += [
        content.decode(errors="replace") for path, content in image.files.items() if PurePosixPath(path).name in names
    ]
    for text in texts:
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        if found := FOR_DEVELOPMENT.search("\n".join(lines)):
            raise CheckFailed("reload", asked="the start command", expected="no automatic reload", got=found[0])
