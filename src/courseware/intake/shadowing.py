"""Finds files of a project whose names hide a module of Python or of an installed library from it."""

import sys
import sysconfig
from collections.abc import Collection, Iterator
from importlib.machinery import PathFinder


def shadowed_modules(paths: Collection[str]) -> Iterator[tuple[str, str]]:
    """Of a project's paths, those at its root that hide a module, each with the module's name.

    A folder without `__init__.py` hides nothing: Python prefers the library.
    """
    for path in paths:
        name, _, rest = path.partition("/")
        if not rest and name.endswith(".py"):
            module = name.removesuffix(".py")
        elif rest == "__init__.py":
            module = name
        else:
            continue
        if module in sys.stdlib_module_names or _is_installed(module):
            yield path, module


def _is_installed(module: str) -> bool:
    libraries = list({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    spec = PathFinder.find_spec(module, libraries)
    return spec is not None and spec.origin is not None
