"""The standalone examples run alone, on this machine alone, and notice when something that they claim is not so."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WIDEST = 84
"""Characters: so much fits beside an editor."""
HAS_NO_NETWORK = ("bwrap", "--bind", "/", "/", "--dev", "/dev", "--unshare-net")
# Runs a script, and ends it as soon as Python's sockets shall reach another machine, or look for one.
ON_THIS_MACHINE_ALONE = """
import os, runpy, sys

def forbid(event, arguments):
    wanted = {"socket.connect": arguments[1:2], "socket.sendto": arguments[1:2], "socket.getaddrinfo": arguments[:1]}
    for place in wanted.get(event, ()):
        host = place[0] if isinstance(place, tuple) else place
        if host not in ("127.0.0.1", "localhost", None):
            os.write(2, f"{event} {host}".encode())
            os._exit(99)

sys.addaudithook(forbid)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Broken:
    """A piece of an example, what breaks it, and the claim that does not hold then."""

    right: str
    wrong: str
    claim: str


# For each example what may be broken in it.
EXAMPLES: dict[str, dict[str, Broken]] = {
    "step_1_contacts_crud/examples/01_partial_updates.py": {
        "every field taken for sent": Broken(
            '("exclude_unset", ContactUpdate, True)',
            '("exclude_unset", CarelessUpdate, False)',
            "exclude_unset the notes stay",
        ),
        "null allowed": Broken("email: str | MISSING = MISSING", "email: str | None = None", "null is refused"),
        "no escaping": Broken(
            "icontains(query, autoescape=True) if", "icontains(query) if", "% finds the percent sign"
        ),
        "no Python lower": Broken(
            '("Python\'s str.lower", str.lower)', '("Python\'s str.lower", None)', "every alphabet works"
        ),
        "no id in the order": Broken(
            "(Contact.last_name, Contact.first_name, Contact.id)",
            "(Contact.last_name,)",
            "an order that ends in the id",
        ),
        "no owner": Broken('contact_id, Contact.owner == "boris")', "contact_id,)", "Boris reaches nothing"),
        "no constraint": Broken('(UniqueConstraint("owner", "email"),)', "()", "the constraint lets one through"),
    },
    "step_2_email_verification/examples/01_email_sending.py": {
        "the copy named": Broken(
            'message["To"] = address', 'message["To"] = f"{address}, copy@example.com"', "the envelope decides"
        ),
        "nothing awaited": Broken(
            "await aiosmtplib.send(make_message(), hostname=HOST, port=port)\n",
            "send_with_smtplib(port)\n",
            "the others do not notice",
        ),
        "not in the background": Broken(
            "tasks.add_task(send_with_fastapi_mail)", "await send_with_fastapi_mail()", "in the background nobody waits"
        ),
        "an outage awaited": Broken("tasks.add_task(send_or_log)", "await send()", "in the background: registered"),
        "before the commit": Broken(
            '("after the commit", False)', '("after the commit", True)', "as many messages as accounts"
        ),
        "a name pasted": Broken(
            "Environment(autoescape=True).from_string(greeting)",
            "Environment(autoescape=False).from_string(greeting)",
            "escaped, it stays text",
        ),
    },
    "step_2_email_verification/examples/02_email_verification_tokens.py": {
        "the signature not verified": Broken(
            "jwt.decode(token, KEY, algorithms=[ALGORITHM])\n    return said",
            'jwt.decode(token, options={"verify_signature": False})\n    return said',
            "only the genuine one is taken",
        ),
        "ids made by a clock": Broken('"uuid4": uuid.uuid4,', '"uuid4": lambda: uuid.uuid1(NODE, SEQUENCE),', "uuid4"),
        "no expiry": Broken('"exp": until}', '"exp": until + timedelta(days=999)}', "nothing works"),
        "no address": Broken(' or said["email"] != account.email', "", "nothing works"),
        "one key": Broken(
            'keys: ClassVar[dict[str, str]] = {"access": KEY, "verify": MAIL_KEY}',
            'keys: ClassVar[dict[str, str]] = {"access": MAIL_KEY, "verify": MAIL_KEY}',
            "nothing works",
        ),
        "a purpose that is not looked at": Broken(
            "return forgotten or not purpose or", "return True or", "both survive"
        ),
        "claims that are not required": Broken('({}, {"require": ["sub", "exp", "purpose"]})', "({}, {})", "require"),
        "a link that stays": Broken("        del self._links[token]\n", "", "gone after its first use"),
    },
    "step_3_file_upload/examples/03_cloudinary_upload.py": {
        "no limit": Broken("max_body_size=LIMIT)", "max_body_size=99 * LIMIT)", "while the body comes"),
        "any RIFF": Broken(' and content[8:12] == b"WEBP"', "", "a whole signature stops both"),
        "looked at, not drawn": Broken("opened(content).load()", "opened(content)", "only who draws it"),
        "a small bomb": Broken("bomb(13_350)", "bomb(1_000)", "wants a gigabyte"),
        "saved as it was": Broken(
            '"the pixels alone": saved(pixels, "JPEG")',
            '"the pixels alone": saved(image, "JPEG", exif=image.getexif())',
            "tells nothing",
        ),
        "caches not told": Broken("invalidate=invalidate)", "invalidate=False)", "caches go on"),
        "no thread": Broken(
            "await asyncio.to_thread(upload, await request.body())",
            "upload(await request.body())",
            "in a thread it may",
        ),
        "another picture": Broken('failure(partial(send), b"Not a picture at all.")', "failure(send)", "every failure"),
    },
}
EACH = [(example, broken) for example, parts in EXAMPLES.items() for broken in parts]


def run(
    script: Path, folder: Path, how: Sequence[str] = (), program: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Runs the script as a student does, in an empty folder; a warning is an error."""
    command = [*program, sys.executable, "-W", "error", *how, str(script)]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=False)


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest) -> Path:
    return ROOT / "lessons" / str(request.param)


def test_every_example_is_tested() -> None:
    there_are = {path.relative_to(ROOT / "lessons").as_posix() for path in ROOT.glob("lessons/*/examples/*.py")}
    assert there_are == set(EXAMPLES)


def test_it_shows_every_claim_as_true_and_connects_to_no_other_machine(example: Path, tmp_path: Path) -> None:
    result = run(example, tmp_path, how=["-c", ON_THIS_MACHINE_ALONE])
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count("✓") >= 15
    assert "✗" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= WIDEST
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - hidden files count too


@pytest.mark.bubblewrap
def test_it_needs_no_network(example: Path, tmp_path: Path) -> None:
    result = run(example, tmp_path, program=HAS_NO_NETWORK)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(("name", "broken"), EACH)
def test_it_says_so_when_a_claim_does_not_hold(tmp_path: Path, name: str, broken: str) -> None:
    part = EXAMPLES[name][broken]
    source = (ROOT / "lessons" / name).read_text(encoding="utf-8")
    assert source.count(part.right) == 1
    copy = tmp_path / "example.py"
    copy.write_text(source.replace(part.right, part.wrong), encoding="utf-8")
    result = run(copy, tmp_path)
    assert result.returncode == 1
    assert any("✗ NOT SO" in line and part.claim in line for line in result.stdout.splitlines()), result.stdout
