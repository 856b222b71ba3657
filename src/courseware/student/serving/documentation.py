"""Swagger UI at /docs from files on this machine, and in its place the reason why an application does not start."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.util import find_spec
from pathlib import Path
from string import Template
from traceback import FrameSummary, StackSummary, TracebackException
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
HEADING = "The application did not start"
STYLE = """
.failure { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem }
.failure pre { padding: 1rem; border-left: 4px solid #d33; background: #8881; overflow-x: auto; white-space: pre-wrap }
"""
"""How pages show a failure: an element of the class `failure`, with the heading and, in a `pre`, what is described."""
PAGE = "/docs"
STARTED = f"{PAGE}/started"
# Kept by a package that follows Swagger UI's releases; nothing else of that package is used, so it is not imported.
ASSETS = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
PAGE_TEMPLATE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Swagger UI</title>
<link rel="icon" href="$folder/favicon-32x32.png">
<link rel="stylesheet" href="$folder/swagger-ui.css">
<style>$style</style>
</head>
<body>
<div class="failure" hidden><h1>$heading</h1><pre></pre></div>
<div id="swagger-ui"></div>
<script src="$folder/swagger-ui-bundle.js"></script>
<script>
const root = new URL(".", window.location);
const describe = () => SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    const address = new URL(request.url, root);
    if (address.origin === root.origin && !address.pathname.startsWith(root.pathname)) {
      address.pathname = root.pathname + address.pathname.slice(1);
    }
    request.url = address.href;
    return request;
  },
});
const failure = document.querySelector(".failure");
const description = document.querySelector("#swagger-ui");
let page, shown;
async function followSaves() {
  try {
    const answer = await fetch("$folder/started");
    const text = await answer.text();
    if (answer.ok && text !== shown) {
      shown = text;
      page ? page.specActions.download("openapi.json") : (page = describe());
    }
    if (answer.ok || answer.status === 503) {
      failure.querySelector("pre").textContent = text;
      failure.hidden = answer.ok;
      description.hidden = !answer.ok;
    }
  } catch {
    // Nobody answers between two starts.
  }
  setTimeout(followSaves, 1000);
}
followSaves();
</script>
</body>
</html>
""")


async def respond(send: Send, status: int, media_type: str, body: bytes) -> None:
    """A whole response that no cache keeps: what it shows may differ after the next save."""
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def live_without_application(receive: Receive, send: Send) -> None:
    """Goes through the rest of a server's life, where there is no application to pass its events to."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def header(scope: Scope, name: bytes) -> str:
    """The first header of this name (lower case), or an empty string."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


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


class LocalDocumentation:
    """Answers /docs and what belongs to that page; everything else goes to the application, which notices nothing.

    The page is there whether the application runs or not: it tells either from the answer to /docs/started, which the
    application gives itself while it does not run.
    """

    def __init__(self, application: Application, runs: Callable[[], bool]) -> None:
        self._application = application
        self._runs = runs
        self._started = str(time.time_ns()).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PAGE:
            await respond(send, 200, "text/html; charset=utf-8", page())
        elif scope["type"] == "http" and scope["path"] == STARTED and self._runs():
            await respond(send, 200, "text/plain", self._started)
        elif scope["type"] == "http" and (name := scope["path"].removeprefix(f"{PAGE}/")) in ASSETS:
            await respond(send, 200, ASSETS[name], (assets_folder() / name).read_bytes())
        else:
            await self._application(scope, receive, send)


def assets_folder() -> Path:
    """Where the installed package keeps Swagger UI."""
    package = find_spec("fastapi_swagger")
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError("The package fastapi-swagger, which holds Swagger UI, is not installed.")
    return Path(package.submodule_search_locations[0]) / "resources"


def page() -> bytes:
    """The page. All its addresses are relative, so it works at the root and behind a proxy's prefix alike.

    The interceptor gives the same to what Swagger UI sends: addresses in an OpenAPI document start at the
    application's root, and in the browser that root may be somewhere below the server's.

    Once a second it asks which start of the application answers now. After a save that is another one, whose
    description it fetches, or none, and it shows why. It never loads itself anew: where that meets an application which
    is just ending, a proxy shows an error of its own, and nothing on that page would ever ask again.
    """
    return PAGE_TEMPLATE.substitute(folder=PAGE.removeprefix("/"), heading=HEADING, style=STYLE).encode()
