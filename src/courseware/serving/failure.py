"""Tells what went wrong in the student's own files, without the frames of the libraries around them."""

from pathlib import Path
from traceback import FrameSummary, StackSummary, TracebackException

HEADING = "The application did not start"
STYLE = """
.failure { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem }
.failure pre { padding: 1rem; border-left: 4px solid #d33; background: #8881; overflow-x: auto; white-space: pre-wrap }
"""
"""How pages show a failure: an element of the class `failure`, with the heading and, in a `pre`, what is described."""


def describe(error: BaseException, folder: Path) -> str:
    """The error and the frames that lie in `folder`, as a traceback with paths from `folder` on.

    Of the errors that led to it, those stay that passed through the folder.
    """
    report = TracebackException.from_exception(error)
    _keep_own(report, folder)
    return "".join(report.format()).replace(f"{folder}/", "").strip()


def _keep_own(report: TracebackException, folder: Path) -> None:
    own = [frame for frame in report.stack if _is_own(frame, folder)]
    # Without a stack the heading of the traceback is left out too.
    report.stack = StackSummary.from_list(own) if own else None  # type: ignore[assignment]
    for name in ("__cause__", "__context__"):
        earlier = getattr(report, name)
        if earlier is not None:
            _keep_own(earlier, folder)
            if earlier.stack is None:
                setattr(report, name, earlier.__cause__ or earlier.__context__)


def _is_own(frame: FrameSummary, folder: Path) -> bool:
    path = Path(frame.filename)
    return path.is_relative_to(folder) and "site-packages" not in path.parts
