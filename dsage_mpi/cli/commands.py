"""The subcommands, one line each; their modules are imported when they are asked for.

A subcommand is a module of this folder with two functions: ``configure(parser)`` adds its
description and arguments to a parser, ``main(arguments)`` runs it and returns the exit code.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A subcommand.

    Attributes:
        name: As it is typed.
        summary: What it does, for the list of commands.
        prints: Whether it is for what it prints that it is run; others work for hours, whether or
            not anybody sees what they print.
        on_all_ranks: Whether every rank runs it, as ``main_on_all_ranks(parse)``: ``parse()`` is
            for rank 0. Others, and this one where it only prints, are run by the first process.
    """

    name: str
    summary: str
    prints: bool = True
    on_all_ranks: bool = False


#: Subcommand -> what is known of it without its module.
COMMANDS = {
    command.name: command
    for command in (
        Command("run", "run INPUT.toml (the default)", prints=False, on_all_ranks=True),
        Command("sweep", "make the runs of a study: methods x seeds", False, on_all_ranks=True),
        Command("compare", "tables, tests and figures of a study, or of runs"),
        Command("reproduce", "the paper's main table, at any part of its cost", prints=False),
        Command("inspect", "what a run has found so far; --digest to compare two runs"),
        Command("verify", "are its checkpoints whole?"),
        Command("diff", "the first item in which two checkpoints differ"),
        Command("plot", "draw the figures of a run again"),
        Command("report", "one page about runs, to look at in a browser", prints=False),
        Command("render", "levels with what the agent did in them, as pictures and films"),
        Command("status", "how far runs are, one line each"),
        Command("cancel", "stop running runs cleanly"),
        Command("check-domain", "does a domain of your own do what the search relies on?"),
        Command("init", "copy inputs, studies and job scripts that come with the program"),
        Command("job", "write the batch script of a run, for Slurm, PBS or LSF"),
        Command("list", "inputs, domains, methods, ... that there are, one line each"),
        Command("doctor", "what this installation has, what is missing, how to get it"),
        Command("train-agent", "train a maze agent of your own", prints=False),
        Command("train-generator", "train a Mario level generator of your own", prints=False),
    )
}
