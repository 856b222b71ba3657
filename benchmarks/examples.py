"""How long a student waits for each standalone example: `python benchmarks/examples.py [RUNS]`, alone on the machine.

The exit code is 1 if one of them takes ten seconds or more, which is what they may take at most.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LESSONS = Path(__file__).parent.parent / "lessons"
LONGEST = 10.0
"""Seconds."""


def seconds(example: Path) -> float:
    """For how long it runs, in an empty folder. Raises CalledProcessError where a claim of its does not hold."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        subprocess.run([sys.executable, example], cwd=folder, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - began


def main(runs: int) -> int:
    """Prints a line for each example, and returns the exit code."""
    code = 0
    for example in sorted(LESSONS.glob("*/examples/*.py")):
        usual = statistics.median(seconds(example) for _ in range(runs))
        print(f"{usual:5.1f} s  {example.relative_to(LESSONS)}")
        code |= usual >= LONGEST
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
