"""examples/islands runs by the plain command line, and so do all commands on what it leaves."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.runs import finished
from tests.support import REPOSITORY, python

EXAMPLE = REPOSITORY / "examples" / "islands"
SCRIPT = Path(sys.executable).with_name("dsage_mpi")
SMALL = ["--set", "algorithm.max_evaluations=80", "--set", "report.figures=false"]
PAGE = REPOSITORY / "docs" / "extending.md"


def command(*arguments, cwd=EXAMPLE, **options):
    """Runs the script ``dsage_mpi``, which does not have the current folder on its path."""
    return python(SCRIPT, *arguments, cwd=cwd, timeout=120, **options)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    path = tmp_path_factory.mktemp("islands") / "run"
    finished(command("islands.toml", "--run-dir", path, *SMALL))
    return path


def digest_of(run_dir, cwd=EXAMPLE):
    done = command("inspect", run_dir, "--digest", cwd=cwd)
    finished(done)
    return done.stdout.split()[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect", "RUN"],
        ["plot", "RUN", "--output", "TMP/figures"],
        ["render", "RUN", "--best", "--output", "TMP/best.png"],
        ["status", "RUN"],
        ["verify", "RUN"],
        ["diff", "RUN", "RUN"],
        ["islands.toml", "--dry-run"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_commands_work_on_a_run_directory_of_a_foreign_domain(run_dir, tmp_path, arguments):
    places = {"RUN": str(run_dir), "TMP": str(tmp_path)}
    done = command(*(re.sub("RUN|TMP", lambda m: places[m[0]], a) for a in arguments))
    finished(done)
    assert "Traceback" not in done.stderr


def test_ranks_change_no_result(run_dir, tmp_path, mpirun):
    arguments = ("islands.toml", "--run-dir", tmp_path / "run", *SMALL)
    finished(mpirun(3, SCRIPT, *arguments, cwd=EXAMPLE))
    assert digest_of(tmp_path / "run") == digest_of(run_dir)


def test_a_continued_run_ends_as_one_that_was_not_stopped(run_dir, tmp_path):
    first = sorted((run_dir / "checkpoints").glob("*.h5"))[0]
    finished(command("--restart", first, "--run-dir", tmp_path / "run"))
    assert digest_of(tmp_path / "run") == digest_of(run_dir)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["inspect", "RUN"], 0, False),
        (["plot", "RUN", "--output", "figures"], 0, True),
        (["verify", "RUN"], 0, True),
        (["render", "RUN", "--best", "--output", "best.png"], 2, True),
        (["--restart", "RUN"], 2, True),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_where_the_module_is_missing_what_does_not_call_it_works(
    run_dir, tmp_path, arguments, code, told
):
    done = command(*(re.sub("RUN", str(run_dir), a) for a in arguments), cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert ("there is no module islands" in done.stdout + done.stderr) == told
    assert "Traceback" not in done.stderr
    if arguments[0] == "plot":
        assert (tmp_path / "figures" / "archive.png").exists()
    if arguments[0] == "inspect":
        assert done.stdout == command("inspect", run_dir).stdout


def test_tables_and_pictures_of_an_archive_need_no_module(run_dir, tmp_path):
    program = (
        f"import dsage_mpi as dm; run = dm.open_run({str(run_dir)!r}); print(len(run.elites()));"
        "html = run._repr_html_(); assert 'alt=\"archive\"' in html, html[:500];"
        "assert 'there is no module islands' in html"
    )
    done = python("-c", program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_module_on_pythonpath_is_found_from_anywhere(run_dir, tmp_path):
    finished(command("inspect", run_dir, cwd=tmp_path, env={"PYTHONPATH": str(EXAMPLE)}))


def test_the_page_s_smallest_domain_runs(tmp_path):
    page = PAGE.read_text().split("## The smallest domain")[1]
    python_code, toml = re.findall(r"```(?:python|toml)\n(.*?)```", page, re.DOTALL)[:2]
    (tmp_path / "islands.py").write_text(python_code)
    (tmp_path / "islands.toml").write_text(toml)
    finished(command("islands.toml", "--run-dir", "run", *SMALL, cwd=tmp_path))
