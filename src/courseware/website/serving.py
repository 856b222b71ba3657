"""Serves the built site on this machine."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from courseware.services.servers import HOST


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line in the terminal for each request."""

    extensions_map: ClassVar[dict[str, str]] = {  # type: ignore[misc]
        **SimpleHTTPRequestHandler.extensions_map,
        ".md": "text/markdown; charset=utf-8",
        ".txt": "text/plain; charset=utf-8",
    }

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the library uses
        pass


def serve(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server for the files in the folder, reachable from this machine alone; port 0 stands for any free one.

    Call `serve_forever()` on it. Raises OSError where the port is taken.
    """
    return ThreadingHTTPServer((HOST, port), partial(_Quiet, directory=str(folder)))
