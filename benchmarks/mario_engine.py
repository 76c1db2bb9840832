"""Measures the Mario engine and its agent, per CPU second of one core.

    python -m benchmarks.mario_engine [--seconds 3] [--budgets 500 1000 1850 2500] [--levels FILE]

"flat" is ground alone, "authored" 24 levels of the package's author, "walled" cannot be won: the
agent searches with its whole budget for all of the 20 seconds. ``--levels`` adds those of a JSON
file (name -> text) as "given". Ticks are those of a blind agent; "copy" is a copy of a world and
two ticks in it, what the planner needs for a node; nodes and games are whole games of the agent
under a node budget. CPU time is that of the JVM's main thread after a warm-up, best of three, so
that other load on the machine shows little (it still shares caches and clock).

Compiles benchmarks/java with the JDK at hand and runs it against the jar of the package.
"""

from __future__ import annotations

import argparse
import json
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from dsage_mpi.domains.mario.jvm.jar import find_jar
from dsage_mpi.domains.mario.records import HEIGHT, WIDTH
from dsage_mpi.domains.mario.tiles import EMPTY, TILES, to_text
from dsage_mpi.training.mario_generator.author import write_levels

SOURCE = Path(__file__).parent / "java" / "MarioBench.java"
#: What the original does on the same kind of processor (mario.md section 13).
ORIGINAL = {"ticks": "118 000 - 135 000", "copy": "47 000 - 54 000", "nodes": "46 000"}


def flat() -> str:
    level = np.full((HEIGHT, WIDTH), EMPTY, np.int8)
    level[14:] = TILES.index("X")
    return to_text(level)


def walled() -> str:
    rows = [list(row) for row in flat().split("\n")]
    for row in rows[2:]:
        row[30] = "X"
    return "\n".join("".join(row) for row in rows)


def level_sets(given: str | None) -> dict[str, list[str]]:
    authored = [to_text(level) for level in write_levels(np.random.default_rng(0), 24)]
    sets = {"flat": [flat()], "authored": authored, "walled": [walled()]}
    if given:
        sets["given"] = list(json.loads(Path(given).read_text()).values())
    return sets


def encode(texts: list[str]) -> bytes:
    encoded = [text.encode() for text in texts]
    parts = [struct.pack(">H", len(text)) + text for text in encoded]
    return struct.pack(">i", len(parts)) + b"".join(parts)


def measure(texts: list[str], seconds: float, budgets: list[int], classes: str) -> dict[str, float]:
    """Rates per CPU second by name."""
    with tempfile.NamedTemporaryFile(suffix=".levels") as file:
        file.write(encode(texts))
        file.flush()
        command = ["java", "-Xshare:auto", "-XX:+UseSerialGC", "-XX:ActiveProcessorCount=1"]
        command += ["-Xmx256m", "-cp", classes, "dsage.mario.MarioBench", file.name, str(seconds)]
        command += map(str, budgets)
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = (line.split() for line in done.stdout.splitlines())
    return {name: float(value) for name, value in lines}


def print_table(rates: dict[str, dict[str, float]], budgets: list[int]) -> None:
    print(f"{'per CPU second':<22}" + "".join(f"{kind:>14}" for kind in rates) + "   original")
    rows = [("world ticks", "ticks"), ("copy + 2 ticks", "copy")]
    for budget in budgets:
        rows += [(f"nodes, N = {budget}", f"nodes_{budget}")]
        rows += [(f"games, N = {budget}", f"evaluations_{budget}")]
    for title, name in rows:
        digits = 1 if name.startswith("evaluations") else 0
        figures = "".join(f"{rate[name]:14,.{digits}f}" for rate in rates.values())
        print(f"{title:<22}{figures.replace(',', ' ')}   {ORIGINAL.get(name.split('_')[0], '')}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="CPU seconds per figure")
    parser.add_argument("--budgets", type=int, nargs="+", default=[500, 1000, 1850, 2500])
    parser.add_argument("--levels", help="JSON file of further levels: name -> text")
    options = parser.parse_args()
    javac = shutil.which("javac")
    if javac is None:
        sys.exit("mario_engine: needs a JDK (javac) on the PATH")
    jar = find_jar()
    with tempfile.TemporaryDirectory() as classes:
        subprocess.run([javac, "-cp", str(jar), "-d", classes, str(SOURCE)], check=True)
        rates = {
            kind: measure(texts, options.seconds, options.budgets, f"{jar}:{classes}")
            for kind, texts in level_sets(options.levels).items()
        }
    print_table(rates, options.budgets)


if __name__ == "__main__":
    main()
