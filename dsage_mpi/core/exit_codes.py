"""How a process of dsage_mpi ends: what launchers, job scripts and people go by."""

DONE = 0
#: The message says why; more of the same would fail again.
FAILED = 1
#: Unusable input or usage; nothing was run.
BAD_INPUT = 2
#: Stopped before the end, to be continued with ``--restart``.
RESUMABLE = 3
#: What a command was to print could not be written.
NO_OUTPUT = 4
#: Ended at once by Ctrl-C, as shells count it.
INTERRUPTED = 130
