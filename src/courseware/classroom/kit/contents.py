"""What is in a kit: a course of its own, which the engine in it runs, without anything that is kept back.

It has no solutions/: its starter/ holds every step's whole project as the step begins, so that it starts without them.
"""

from pathlib import Path

from courseware.base.errors import UsageError
from courseware.base.tree import read_tree
from courseware.classroom.kit.engine import engine_files, engine_folder, pins_of, python_version, requirements_of
from courseware.course import Course, Step, check_files
from courseware.course.stages import start

README = """\
# {title}

{handed_out}

You need Linux or macOS (on Windows: WSL 2) and Python {python}. Installing needs the network once; working does not.

## Install and start

With [uv](https://docs.astral.sh/uv/), in this folder:

```sh
uv run course lab {number}
```

Without uv:

```sh
python3 -m venv .venv
. .venv/bin/activate
pip install -c constraints.txt .
course lab {number}
```

JupyterLab opens on the step: its notebook left, the files to edit right, a terminal below. In that terminal the
commands below work as they stand. Elsewhere say `uv run course ...`, or activate `.venv` first. `course doctor` says
what your machine has, and what that means.

## Work

| command | does |
|---|---|
| `course start {number}` | lays the step out in `workspace/`; never overwrites your work |
| `course lab {number}` | the same, and opens JupyterLab on it; Ctrl-C ends everything |
| `course check {number}` | judges your work: points, what failed, what was expected and what came, a hint |
| `course watch {number}` | the same on every save |
| `course run {number}` | serves your application and what it uses, again after every save, and prints where they are |
| `course hint CHECK` | the next hint for a check |
| `course status` | how far you are |

Your class may be graded by more checks than the ones that are here: they test nothing that the lesson does not say.
The solutions are not in this kit.

## Hand in

Your work is the folder `workspace/{slug}`. Hand in all of it, as a zip file or in the way your class uses.
"""

BEFORE = "The steps before it are here too, to read again; it starts from what solves them."
GITIGNORE = b"/workspace/\n.venv/\n__pycache__/\n.ipynb_checkpoints/\nuv.lock\n"


def readme(course: Course, steps: tuple[Step, ...], python: str) -> bytes:
    """The README of a kit with these steps, of which the last one is to be solved; `python` says which Python."""
    last = steps[-1]
    handed_out = f"To solve: step {last.number}, **{last.title}**, about {last.lesson.minutes} minutes."
    if len(steps) > 1:
        handed_out += f"\n{BEFORE}"
    text = README.format(title=course.title, handed_out=handed_out, number=last.number, slug=last.slug, python=python)
    return text.encode()


def steps_of(course: Course, count: int) -> tuple[Step, ...]:
    """The steps of a kit with the first `count` steps. Raises UsageError where the course has not as many."""
    if not 1 <= count <= len(course.steps):
        raise UsageError(f"This course has {len(course.steps)} steps, so a kit may have 1 to {len(course.steps)}.")
    return course.steps[:count]


def kit_files(course: Course, count: int) -> dict[str, bytes]:
    """Every file of the kit with the first `count` steps. Raises UsageError where a file is missing or is a link."""
    steps = steps_of(course, count)
    lock = course.root / "requirements.lock"
    pins = pins_of(_read(lock)) if lock.exists() else []
    files = {
        "README.md": readme(course, steps, python_version()),
        ".gitignore": GITIGNORE,
        **{path.name: _read(path) for path in course.root.glob("LICENSE*")},
        **({"site/glossary.md": _read(course.glossary)} if course.glossary.exists() else {}),
        "lessons/course.toml": _read(course.root / "lessons" / "course.toml"),
        **_lesson_files(course, steps[-1]),
        **_below("src/courseware", engine_folder()),
        **engine_files(requirements_of(start(course, steps[-1].number)), pins),
    }
    for step in steps:
        files |= _step_files(course, step)
    return dict(sorted(files.items()))


def _lesson_files(course: Course, last: Step) -> dict[str, bytes]:
    """Every lesson.toml up to the last step's: a planned step, too, brings services and variables."""
    stages = [step for step in course.stages if step.number <= last.number]
    return {f"lessons/{step.slug}/lesson.toml": _read(step.lesson_folder / "lesson.toml") for step in stages}


def _step_files(course: Course, step: Step) -> dict[str, bytes]:
    """A step's text, examples, notebook, visible checks with what they import, and its project as it begins."""
    for folder in (step.starter_folder, step.lesson_folder):
        _refuse_links(folder)
    return {
        f"lessons/{step.slug}/README.md": _read(step.lesson_folder / "README.md"),
        **_below(f"lessons/{step.slug}/examples", step.lesson_folder / "examples"),
        **{path.relative_to(course.root).as_posix(): _read(path) for path in check_files(course, step, hidden=False)},
        f"notebooks/{step.notebook.name}": _read(step.notebook),
        **{f"starter/{step.slug}/{path}": content for path, content in start(course, step.number).items()},
    }


def _below(place: str, folder: Path) -> dict[str, bytes]:
    """All written files of a folder, to stand in `place`."""
    _refuse_links(folder)
    return {f"{place}/{path}": content for path, content in read_tree(folder).items()}


def _refuse_links(folder: Path) -> None:
    """Refuse links, which could add files from outside the folder."""
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise UsageError(f"{path} is a link. A kit takes in files alone.")


def _read(path: Path) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise UsageError(f"The course is not whole: {path} is {'a link' if path.is_symlink() else 'missing'}.")
    return path.read_bytes()
