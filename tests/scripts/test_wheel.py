"""What a wheel must hold."""

from __future__ import annotations

import zipfile
from pathlib import Path

import check_wheel
import pytest


class TestCheckWheel:
    def test_names_what_a_wheel_lacks(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        wheel = tmp_path / "dsage_mpi-0.1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("dsage_mpi/__main__.py", "")
        assert check_wheel.main([wheel]) == 1
        errors = capsys.readouterr().err
        assert "dsage_mpi/py.typed" in errors
        assert "_native*.so" in errors
        assert "__main__" not in errors
