"""`course site`: builds the site and serves it on this machine, until Ctrl-C."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import busy, console
from courseware.course import find_course


def site(
    build: Annotated[
        Path | None, typer.Option("--build", metavar="DIR", help="Only build it, into this folder.")
    ] = None,
    sources: Annotated[
        Path | None, typer.Option("--sources", metavar="DIR", help="Only write its sources, for another builder.")
    ] = None,
    port: Annotated[int, typer.Option(min=1024, max=65535, help="The port of the site.")] = 8080,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser, or not.")] = True,
) -> None:
    """Build the site of the course, and serve it on this machine. It needs no network.

    A warning of the builder is an error: a broken link, a missing image, a page that the navigation does not name.
    """
    from courseware.website import build_site, serve, write_sources

    course = find_course()
    screen = console()
    if sources is not None:
        write_sources(course, sources)
        screen.print(f"The sources are in {sources}.", soft_wrap=True)
        return
    folder = build or course.root / "build" / "site"
    with busy("Building the site …"):
        build_site(course, folder)
    if build is not None:
        screen.print(f"The site is in {folder}.", soft_wrap=True)
        return
    try:
        server = serve(folder, port)
    except OSError as error:
        raise UsageError(f"Port {port} is taken. Choose another one with --port.") from error
    address = f"http://127.0.0.1:{port}/"
    screen.print(f"The site is at {address}. Ctrl-C ends it.", soft_wrap=True)
    if browser:
        webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass  # the way in which this is meant to end
    finally:
        server.server_close()
