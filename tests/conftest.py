"""What every test may rely on: tests that need a program are skipped without it, or fail where all must run."""

import os

import pytest

from courseware.sandbox import available


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Sees to the mark `bubblewrap`. With COURSE_REQUIRE_ALL=1 a test that cannot run is a failure."""
    if item.get_closest_marker("bubblewrap") is not None and not available().bubblewrap:
        reason = f"no bubblewrap: {available().reason}"
        if os.environ.get("COURSE_REQUIRE_ALL") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
