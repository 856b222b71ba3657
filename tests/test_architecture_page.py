"""The picture of the engine on the architecture page is the one that the imports draw."""

import re
import tomllib
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
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


@cache
def imports() -> set[Arrow]:
    """Which wing imports which other one, also in functions and for type checkers alone."""
    graph = grimp.build_graph(ENGINE.name, cache_dir=None)
    arrows = {
        (importer.split(".")[1], imported.split(".")[1])
        for importer in graph.modules - {ENGINE.name}
        for imported in graph.find_modules_directly_imported_by(importer) - {ENGINE.name}
    }
    return {(importer, imported) for importer, imported in arrows if importer not in (imported, ENTRANCE)}


def contract() -> list[set[str]]:
    """The layers that `lint-imports` holds, from top to bottom."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    [layers] = [each["layers"] for each in settings["contracts"] if each["containers"] == [ENGINE.name]]
    return [set(re.findall(r"\w+", layer)) for layer in layers if layer != ENTRANCE]


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


def test_the_layers_named_are_those_of_the_contract() -> None:
    rows = re.findall(r"^\d+\. ((?:`\w+`(?:, )?)+)$", PAGE, re.MULTILINE)
    assert [set(re.findall(r"\w+", row)) for row in rows] == contract()


def test_every_arrow_points_to_a_lower_layer() -> None:
    floor = {wing: number for number, layer in enumerate(contract()) for wing in layer}
    assert [(start, to) for start, to in drawn() if floor[start] >= floor[to]] == []
