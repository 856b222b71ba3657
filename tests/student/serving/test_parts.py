"""The parts of the development server that need no server to be tested."""

import socket
from pathlib import Path

import pytest

from courseware.base.errors import UsageError
from courseware.services.servers import HOST, choose_port, free_port, is_free
from courseware.student.serving.documentation import describe


def test_the_usual_port_is_taken_when_it_is_free() -> None:
    usual = free_port()
    assert choose_port(None, usual) == usual


def test_another_port_is_found_when_the_usual_one_is_taken() -> None:
    with socket.create_server((HOST, 0)) as taken:
        usual = taken.getsockname()[1]
        chosen = choose_port(None, usual)
    assert chosen != usual
    assert is_free(chosen)


def test_a_port_that_was_asked_for_is_never_exchanged_for_another() -> None:
    with socket.create_server((HOST, 0)) as taken:
        wanted = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {wanted} is taken"):
            choose_port(wanted, free_port())


def failure_of(code: str, folder: Path) -> str:
    """What is told about `code`, which stands in `folder`."""
    path = folder / "module.py"
    path.write_text(code)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever the code raises
        exec(compile(code, str(path), "exec"), {})  # noqa: S102 - code of this test
    return describe(raised.value, folder)


def test_frames_of_libraries_are_left_out(tmp_path: Path) -> None:
    told = failure_of("import json\njson.loads('[')\n", tmp_path)
    assert 'File "module.py", line 2, in <module>' in told
    assert "json/decoder.py" not in told
    assert told.splitlines()[-1].startswith("json.decoder.JSONDecodeError")


def test_an_error_inside_a_library_that_led_to_it_is_left_out(tmp_path: Path) -> None:
    told = failure_of("from pathlib import Path\nimport json\njson.JSONDecoder().decode('x')\n", tmp_path)
    assert "StopIteration" not in told
    assert "JSONDecodeError" in told


def test_an_own_error_that_led_to_it_stays(tmp_path: Path) -> None:
    code = "try:\n    {}['key']\nexcept KeyError as error:\n    raise ValueError('no key') from error\n"
    told = failure_of(code, tmp_path)
    assert "KeyError: 'key'" in told
    assert "The above exception was the direct cause" in told
    assert told.endswith("ValueError: no key")


def test_a_file_of_a_virtual_environment_in_the_folder_is_not_the_students(tmp_path: Path) -> None:
    library = tmp_path / ".venv/lib/site-packages"
    library.mkdir(parents=True)
    error = ValueError("in a library")
    try:
        exec(compile("raise error", str(library / "library.py"), "exec"), {"error": error})  # noqa: S102
    except ValueError:
        assert describe(error, tmp_path) == "ValueError: in a library"
