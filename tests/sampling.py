"""Some tests try a sample. With COURSE_TESTS=all they try everything, as the weekly run of CI does."""

import os

EVERYTHING = os.environ.get("COURSE_TESTS") == "all"
