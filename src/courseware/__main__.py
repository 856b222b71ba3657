"""`python -m courseware` is the `course` command."""

import sys

if not sys.flags.safe_path:
    del sys.path[0]  # the current folder: the student's files must not stand in for modules of ours

from courseware.cli import main

sys.exit(main())
