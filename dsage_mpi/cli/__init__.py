"""The command line: one module per subcommand, each with ``main(argv) -> exit code``.

``entry.py`` picks the subcommand. Heavy packages (torch, ribs, matplotlib, MPI) are imported only
by the subcommand that needs them, after its arguments have been understood.
"""
