"""Byte code of libraries: compiled where it is missing, whatever a submission claims."""

import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from courseware.judging.sandbox import ApplicationCommand, start_application
from courseware.judging.sandbox.launching import compile_libraries


def test_only_libraries_are_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "prefix" / "site-packages"
    site.mkdir(parents=True)
    library, broken, mine = site / "library.py", site / "broken.py", tmp_path / "mine.py"
    for file in (library, mine):
        file.write_text("value = 1\n")
    broken.write_text("value =\n")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    claimed = [
        str(library),
        str(broken),
        str(mine),
        f"{site}/../../mine.py",
        str(site / "missing.py"),
        "",
        "\0",
        "/etc",
    ]
    compile_libraries(claimed)
    assert Path(cache_from_source(str(library))).exists()
    assert not Path(cache_from_source(str(broken))).exists()
    assert not (tmp_path / "__pycache__").exists()


def test_an_application_tells_what_it_compiled() -> None:
    """Modules of the project itself are never on the disk as byte code."""
    tree = {
        "main.py": b"import other\nfrom served import served\ncreate_app = served(lambda path: 1)\n",
        "other.py": b"",
        "served.py": (Path(__file__).parent / "attacks" / "served.py").read_bytes(),
    }
    with start_application(tree, ApplicationCommand("main:create_app"), kind="plain") as running:
        assert running.wait_ready(30).phase == "ready"
        modules = running.uncompiled_modules()
    assert {Path(module).name for module in modules if "/project/" in module} == {"main.py", "other.py", "served.py"}
