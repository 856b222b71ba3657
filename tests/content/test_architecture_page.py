"""The picture of the engine on the architecture page is the one that the imports draw."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "src" / "courseware"
PAGE = (ROOT / "site" / "architecture.md").read_text(encoding="utf-8")
ENTRANCE = "__main__"
"""`python -m courseware`: no wing, it calls cli."""
PICTURE = re.search(r"^```mermaid\nflowchart TD\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

Arrow = tuple[str, str]


def wings() -> set[str]:
    """Every folder and module directly below the package."""
    folders = {path.parent.name for path in ENGINE.glob("*/__init__.py")}
    return (folders | {path.stem for path in ENGINE.glob("*.py")}) - {"__init__", ENTRANCE}


def drawn() -> set[Arrow]:
    assert PICTURE is not None
    return set(re.findall(r"^ +(\w+) --> (\w+)$", PICTURE[1], re.MULTILINE))


def imports() -> set[Arrow]:
    """Which wing imports which other one, also in functions and for type checkers alone."""
    arrows = set()
    for path in ENGINE.rglob("*.py"):
        importer = path.relative_to(ENGINE).parts[0].removesuffix(".py")
        arrows |= {(importer, imported) for imported in imported_wings(path) if imported != importer}
    return {(importer, imported) for importer, imported in arrows if importer != ENTRANCE}


def imported_wings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module == ENGINE.name:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (name.split(".")[1] for name in names if name.startswith(f"{ENGINE.name}."))


def reached(wing: str) -> set[str]:
    """Every wing below this one, by the arrows of the picture."""
    below = {to for start, to in drawn() if start == wing}
    return below.union(*(reached(next_one) for next_one in below))


def test_every_wing_is_drawn_and_described_twice() -> None:
    assert {wing for arrow in drawn() for wing in arrow} == wings()
    for wing in wings():
        assert len(re.findall(rf"^\| `{wing}/?` \| \S", PAGE, re.MULTILINE)) == 2, wing


def test_every_import_follows_the_arrows() -> None:
    assert [(importer, imported) for importer, imported in imports() if imported not in reached(importer)] == []


def test_every_arrow_stands_for_an_import_that_no_other_path_explains() -> None:
    assert drawn() - imports() == set()
    for start, to in drawn():
        others = {middle for begin, middle in drawn() if begin == start and middle != to}
        assert all(to not in reached(middle) for middle in others), f"{start} --> {to} is drawn twice over"


@pytest.mark.parametrize("wing", sorted(wings()))
def test_no_arrow_leads_back_up(wing: str) -> None:
    assert wing not in reached(wing)
