"""``check-domain`` of domains that do not let it come to an end."""

from __future__ import annotations

import pytest

from tests.support import python

DOMAIN = """
import os
import numpy as np
from dsage_mpi import DomainBase, Measure

class Ends(DomainBase):
    MEASURES = {{"ones": Measure(0, 16)}}

    def sample(self, rng):
        return rng.integers(2, size=(4, 4))

    def simulate(self, level, seed):
        {end}
        return {{"objective": 1.0, "ones": level.sum()}}
"""


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("os._exit(0)", "os._exit or an exception"),
        ("os.abort()", "signal 6"),
        ("raise GeneratorExit", ""),
    ],
)
def test_a_domain_that_ends_the_process_is_wrong(tmp_path, end, said):
    (tmp_path / "ends.py").write_text(DOMAIN.format(end=end))
    done = python("-m", "dsage_mpi", "check-domain", "ends:Ends", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "WRONG" in done.stdout
    assert said in done.stdout
    assert "Traceback" not in done.stderr
