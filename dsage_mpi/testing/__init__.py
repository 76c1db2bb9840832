"""Conformance checks for domains by others; usable from pytest.

from dsage_mpi.testing import check_domain

def test_my_domain():
check_domain("my_module:MyDomain", size=8)
"""

from __future__ import annotations

from dsage_mpi.testing.check import check_domain, domain_problems
from dsage_mpi.testing.subject import Note

__all__ = ["Note", "check_domain", "domain_problems"]
