"""Sees to it that no start has to compile libraries again: applications write no byte code.

Python writes byte code beside a library's source when it is first imported, pip when it installs. uv does not, and
where PYTHONDONTWRITEBYTECODE is set nobody does: every start would take seconds. So the judge asks one application
which modules it had to compile, and has them compiled into their usual places.
"""

import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

MAXIMUM_FILES = 10_000


def compile_libraries(sources: Collection[str]) -> None:
    """Compiles these files in a process of its own, as far as they are Python's or an installed library's.

    What cannot be compiled or written is left as it is. Takes seconds.
    """
    libraries = [source for source in sources if _is_library(source)][:MAXIMUM_FILES]
    if libraries:
        command = [sys.executable, "-I", "-m", "compileall", "-q", "-i", "-"]
        subprocess.run(command, input="\n".join(libraries).encode(), capture_output=True, check=False)


def _is_library(source: str) -> bool:
    """Whether the path, which a submission may have made up, is that of a library's source file."""
    path = Path(source)
    return (
        path.suffix == ".py"
        and source == os.path.normpath(source)
        and any(path.is_relative_to(prefix) for prefix in (sys.prefix, sys.base_prefix))
        and path.is_file()
    )
