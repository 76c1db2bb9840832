"""The command line: one module per subcommand (``commands.py`` lists them).

``entry.py`` picks the subcommand, ``program.py`` parses its arguments. Heavy packages (torch, ribs,
matplotlib, MPI) are imported only by the subcommand that needs them, after its arguments have been
understood.
"""
