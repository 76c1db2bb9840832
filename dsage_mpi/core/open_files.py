"""How many files this process may have open: enough, or one sentence instead of an odd failure."""

from __future__ import annotations

import resource

#: What a run needs at one time: libraries, log, journal, checkpoint, the pipes of a child process.
ENOUGH = 32


def too_few_files() -> str:
    """Raises a limit that is too low as far as that is allowed; what to say if it is not enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= ENOUGH:
        return ""
    wanted = 256 if hard == resource.RLIM_INFINITY else min(256, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    if max(soft, wanted) >= ENOUGH:
        return ""
    return (
        f"only {hard} files may be open at a time here, and a run needs {ENOUGH}: raise the limit, "
        "ulimit -n 1024 in a new shell or LimitNOFILE of the service that starts this one"
    )
