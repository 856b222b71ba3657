"""What tests of the course's content share."""

from pathlib import Path

import pytest


@pytest.fixture
def own_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels that neither read nor change what the user has in their home."""
    folder = tmp_path / "jupyter"
    folder.mkdir()
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
