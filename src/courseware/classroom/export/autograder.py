"""The zip file that Gradescope makes an autograder of, for one step.

It holds the engine, the step's checks (the hidden ones too: it is for instructors alone), and the two scripts that
Gradescope asks for (gradescope-autograders.readthedocs.io/en/latest/specs). With AUTOGRADER set to a folder they work
there, and not in /autograder: that is how to try them elsewhere.
"""

import platform
from importlib.resources import files

from courseware.base.tree import archive, read_tree
from courseware.classroom.export.gradescope import COURSE, SETTINGS, Settings
from courseware.classroom.kit.engine import engine_files, engine_folder, pins_of, requirements_of
from courseware.course import Course, Step, check_files
from courseware.course.stages import finish

SCRIPTS = ("setup.sh", "run_autograder")


def autograder_zip(course: Course, step: Step, *, plain: bool) -> bytes:
    """The zip file. `plain`: judge without a sandbox where Gradescope's machine does not allow one."""
    return archive(_contents(course, step, plain=plain), programs=SCRIPTS)


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
    found = [*course.root.glob("lessons/**/*.toml"), *check_files(course, step, hidden=True)]
    return {path.relative_to(course.root).as_posix(): path.read_bytes() for path in found}
