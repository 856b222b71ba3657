"""Print the help of every command as JSON, for the reference on the site: `python -m courseware.cli.reference`."""

import json
from contextlib import redirect_stdout
from io import StringIO

from courseware.cli.program import VERBS, run


def reference() -> list[dict[str, str]]:
    """Name, summary and help of each command, in the order of `course --help`."""
    return [{"name": verb, "summary": summary, "help": _help(verb)} for verb, summary in VERBS.items()]


def _help(verb: str) -> str:
    with redirect_stdout(StringIO()) as printed:
        run([verb, "--help"])
    return printed.getvalue()


if __name__ == "__main__":
    print(json.dumps(reference()))
