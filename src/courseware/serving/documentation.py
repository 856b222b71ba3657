"""Swagger UI at /docs from files on this machine, where FastAPI's own page would load it from a public server."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from string import Template

from courseware.serving.asgi import Application, Receive, Scope, Send, respond
from courseware.serving.failure import HEADING, STYLE

PAGE = "/docs"
STARTED = f"{PAGE}/started"
# Kept by a package that follows Swagger UI's releases; nothing else of that package is used, so it is not imported.
ASSETS = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}


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
