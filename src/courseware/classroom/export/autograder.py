"""The zip file that Gradescope makes an autograder of, for one step.

It holds the engine, the step's checks (the hidden ones too: it is for instructors alone), and the two scripts that
Gradescope asks for (gradescope-autograders.readthedocs.io/en/latest/specs). With AUTOGRADER set to a folder they work
there, and not in /autograder: that is how to try them elsewhere.
"""

import io
import platform
import zipfile
from importlib.resources import files

from courseware.base.tree import read_tree
from courseware.classroom.export.on_gradescope import COURSE, SETTINGS, Settings
from courseware.classroom.kit.engine import engine_files, engine_folder, pins_of, requirements_of
from courseware.course import Course, Step
from courseware.course.stages import finish

SCRIPTS = ("setup.sh", "run_autograder")
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the same files make the same zip file
PROGRAM, PLAIN_FILE = 0o100755 << 16, 0o100644 << 16
UNIX = 3


def autograder_zip(course: Course, step: Step, *, plain: bool) -> bytes:
    """The zip file. `plain`: judge without a sandbox where Gradescope's machine does not allow one."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for path, content in sorted(_contents(course, step, plain=plain).items()):
            entry = zipfile.ZipInfo(path, EARLIEST)
            entry.create_system = UNIX
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = PROGRAM if path in SCRIPTS else PLAIN_FILE
            file.writestr(entry, content)
    return made.getvalue()


def _contents(course: Course, step: Step, *, plain: bool) -> dict[str, bytes]:
    lock = course.root / "requirements.lock"
    pins = pins_of(lock.read_bytes()) if lock.exists() else []
    settings = Settings(step=step.number, plain=plain)
    python = ".".join(platform.python_version_tuple()[:2])  # the one with which it was tried here
    scripts = files("courseware.classroom.export") / "autograder_scripts"
    engine = {
        **engine_files(requirements_of(finish(course, step.number)), pins),
        **{f"src/courseware/{path}": content for path, content in read_tree(engine_folder()).items()},
    }
    return {
        **{name: (scripts / name).read_bytes() for name in SCRIPTS},
        SETTINGS: settings.model_dump_json(indent=2).encode(),
        "python_version": f"{python}\n".encode(),
        **{f"engine/{path}": content for path, content in engine.items()},
        **{f"{COURSE}/{path}": content for path, content in _judging(course, step).items()},
    }


def _judging(course: Course, step: Step) -> dict[str, bytes]:
    """The course's files that judging the step takes."""
    checks = (step.checks_folder.parent, step.checks_folder, step.hidden_checks_folder)
    found = [*course.root.glob("lessons/**/*.toml"), *(path for folder in checks for path in folder.glob("*.py"))]
    return {path.relative_to(course.root).as_posix(): path.read_bytes() for path in found}
