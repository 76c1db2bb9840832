"""Requirements as the scripts read them."""

from __future__ import annotations

import re
import tomllib

import pyproject
import pytest

from tests.scripts.shell import SCRIPTS
from tests.support import REPOSITORY


class TestRequirements:
    def test_every_group_that_the_scripts_ask_for_exists(self) -> None:
        settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
        asked = re.findall(
            r"requirement_list ([a-z -]+)", (SCRIPTS / "lib" / "install.sh").read_text()
        ) + re.findall(r"requirement_list ([a-z -]+)", (SCRIPTS / "setup.sh").read_text())
        groups = {group for words in asked for group in words.split()}
        assert {"build", "runtime", "dev", "mpich"} <= groups
        for group in groups:
            assert pyproject.requirements(settings, group)

    def test_an_unknown_group_is_named_with_those_there_are(self) -> None:
        with pytest.raises(SystemExit, match=r"no requirement group 'devel'; it has: .*\bdev\b"):
            pyproject.requirements(pyproject.read_pyproject(), "devel")
