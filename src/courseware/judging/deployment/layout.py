"""Where the files of an image are on a machine of the sandbox, and how its programs find them there."""

import posixpath
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from courseware.checking.deployment.dockerfile import filled
from courseware.checking.deployment.image import Image
from courseware.judging.sandbox import SandboxKind, bubblewrap

IMAGE = "{home}/image"


@dataclass(frozen=True)
class Layout:
    """How an image is laid out.

    Args:
        links: absolute paths at which programs find others, with `{home}` for the home of the machine.
        inner_links: the same below the image itself, by relative paths.
        folders: relative paths of the folders that exist without files.
        moved: for each absolute path of the image where it is, on a machine without links.
    """

    links: Mapping[str, str]
    inner_links: Mapping[str, str]
    folders: tuple[str, ...]
    moved: Mapping[str, str]

    def in_place(self, text: str, home: str) -> str:
        """A word of a command line, or a value of a variable, for a machine without links."""
        for path, target in sorted(self.moved.items(), key=lambda each: -len(each[0])):
            if text == path or text.startswith(f"{path}/"):
                return target.format(home=home) + text[len(path) :]
        return text


def layout_of(image: Image, kind: SandboxKind) -> Layout:
    """How this image is laid out in this kind of sandbox.

    A path that RUN made, such as a virtual environment, is that of the judge, which has the same libraries.
    """
    built = [path for path in image.built.built if path != "/"]
    folders = sorted({image.working_directory, *(f"/{posixpath.dirname(path)}" for path in image.files)} - {"/"})
    moved = {path: f"{IMAGE}{path}" for path in folders} | dict.fromkeys(built, sys.prefix)
    links = {}
    if kind == "bubblewrap":
        made, taken = bubblewrap.places_inside()
        for path in _free(built, made, taken):
            links[path] = sys.prefix
        for path in _free(_tops(folders, made), made, taken):
            if not any(each == path or path.startswith(f"{each}/") for each in links):
                links[path] = f"{IMAGE}{path}"
        for path in [each for each in links if any(each.startswith(f"{other}/") for other in links if other != each)]:
            del links[path]  # below a folder that is a link itself
    inner = {
        path.lstrip("/"): sys.prefix
        for path in built
        if path not in links and not any(f"/{each}".startswith(f"{path}/") for each in image.files)
    }
    return Layout(links, inner, tuple(path.lstrip("/") for path in folders if path.lstrip("/") not in inner), moved)


def variables_of(image: Image) -> dict[str, str]:
    """The variables of ENV, but for PATH, which the machine has its own of."""
    return {name: filled(text, {}) for name, text in image.environment.items() if name != "PATH"}


def program_folders(image: Image, root: str) -> list[str]:
    """The folders of PATH that the image fills itself."""
    paths = [*image.environment.get("PATH", "").split(":"), "/usr/local/bin", "/usr/bin", "/bin"]
    folders = {posixpath.dirname(f"/{path}") for path in image.files}
    return [f"{root}{path}" for path in paths if path in folders]


def _tops(folders: Iterable[str], made: Iterable[str]) -> list[str]:
    """The first folder of each path that is not there already."""
    tops = []
    for folder in folders:
        parts = folder.split("/")
        prefixes = ["/".join(parts[:length]) for length in range(2, len(parts) + 1)]
        tops += [next((prefix for prefix in prefixes if prefix not in made), folder)]
    return tops


def _free(paths: Iterable[str], made: Iterable[str], taken: Iterable[str]) -> list[str]:
    """The paths at which nothing of the machine is."""
    return [
        path
        for path in dict.fromkeys(paths)
        if path not in made and not any(path == each or path.startswith(f"{each}/") for each in taken)
    ]
