"""Whether the search's compiled code (``native/``) is there."""

from __future__ import annotations

from importlib import import_module

from dsage_mpi.core.domain import DomainError


def require_native_code() -> None:
    """Checks that it loads, which an older build of the package does not have.

    Raises:
        DomainError: It does not; says what to do.
    """
    try:
        import_module("dsage_mpi.search._native")
    except ImportError as error:
        raise DomainError(
            f"the search's compiled code does not load: {error}. Run `make setup` in the project's "
            "folder, or activate the environment that it made (docs/install.md)"
        ) from error
