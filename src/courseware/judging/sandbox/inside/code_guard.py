"""Keeps a test suite from looking at the code of the application, which would tell it a variant from another.

A trusted file beside the runner. The interpreter calls an audit hook before it hands out the code of a function, a
frame or all objects. The hook raises where a file of the suite asks for them, directly or through a library such as
`inspect`. A hook cannot be removed. It makes cheating laborious, not impossible: what a suite could compute from the
code is random, too (`courseware.judging.suites.compiling`).
"""

import sys
from _thread import get_ident
from pathlib import Path
from typing import Any

ATTRIBUTES = frozenset({"__code__", "f_code", "tb_frame", "gi_code", "cr_code", "ag_code"})
EVENTS = (
    "gc.get_objects",
    "gc.get_referents",
    "gc.get_referrers",
    "sys._current_frames",
    "sys._getframe",
    "sys.monitoring.register_callback",
    "sys.setprofile",
    "sys.settrace",
    "ctypes.dlopen",
    "ctypes.dlsym",
)
GETTING = "object.__getattr__"
HELPERS = ("copy.py", "copyreg.py", "dis.py", "inspect.py", "operator.py", "pickle.py", "traceback.py", "types.py")
"""Files of the standard library that hand out what their caller could not get by itself."""
PYTEST_HELPERS = "/_pytest/_code/"


def guard(application: str) -> None:
    """Guard the code from now on. `application` is how the file names of the application's code begin."""
    trusted = (sys.prefix, sys.base_prefix, sys.exec_prefix, application, str(Path(__file__).parent))
    helpers = tuple(f"/{name}" for name in HELPERS)
    guarded = frozenset((*EVENTS, GETTING))
    get_frame = sys._getframe
    inside: set[int] = set()

    def is_suites(file: str) -> bool | None:
        """Whether the file is the suite's; None for one that acts for its caller."""
        if file.startswith("<") or file.endswith(helpers) or PYTEST_HELPERS in file:
            return None
        return not file.startswith(trusted)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in guarded or (event == GETTING and arguments[1] not in ATTRIBUTES) or get_ident() in inside:
            return
        inside.add(get_ident())
        try:
            frame = get_frame(1)
            while frame is not None and (found := is_suites(frame.f_code.co_filename)) is None:
                frame = frame.f_back  # type: ignore[assignment]
        finally:
            inside.discard(get_ident())
        if frame is not None and found:
            raise PermissionError("A test cannot look at the code of the application. Test what the application does.")

    sys.addaudithook(hook)
