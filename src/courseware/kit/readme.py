"""The kit's README: how a student installs what is needed, works, and hands in."""

from courseware.course import Course, Step

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


def readme(course: Course, steps: tuple[Step, ...], python: str) -> bytes:
    """The README of a kit with these steps, of which the last one is to be solved; `python` says which Python."""
    last = steps[-1]
    handed_out = f"To solve: step {last.number}, **{last.title}**, about {last.lesson.minutes} minutes."
    if len(steps) > 1:
        handed_out += f"\n{BEFORE}"
    text = README.format(title=course.title, handed_out=handed_out, number=last.number, slug=last.slug, python=python)
    return text.encode()
