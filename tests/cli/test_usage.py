"""Help, usage errors and bad input through the real program: messages and exit codes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dsage_mpi import __version__
from dsage_mpi.__main__ import main
from dsage_mpi.cli.commands import COMMANDS
from dsage_mpi.config.components import EMITTERS, METHODS, SELECTION_RULES
from dsage_mpi.config.load import config_from_toml, load_config
from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains import DOMAINS
from tests.cli.conftest import Program
from tests.support import REPOSITORY, python

TINY = REPOSITORY / "inputs" / "maze_tiny.toml"
HEAVY = ("torch", "ribs", "matplotlib", "mpi4py.MPI", "h5py", "numba")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    out, err = capsys.readouterr()
    assert out.startswith("usage: dsage_mpi")
    assert command == "run" or f"dsage_mpi {command} " in out
    assert "exit codes" in out
    assert max(map(len, out.splitlines())) <= 100
    assert err == ""


def test_main_help_names_commands_components_examples_and_results(program: Program) -> None:
    done = program("--help")
    assert (done.returncode, done.stderr) == (0, "")
    usage, text = done.stdout.split("\n\n", 1)
    for name, command in COMMANDS.items():
        assert name in usage
        assert command.summary in text
    for key, registry in (
        ("domain.name", DOMAINS),
        ("algorithm.method", METHODS),
        ("emitters.kind", EMITTERS),
        ("selection.kind", SELECTION_RULES),
    ):
        (line,) = (line for line in text.splitlines() if line.strip().startswith(key))
        # Not what other tests have registered in this process.
        assert line.split(maxsplit=1)[1] == ", ".join(sorted(registry.own()))
    for word in ("mpirun -n", "--restart", "--seed", "runs/", "exit codes"):
        assert word in text


def test_a_misused_command_shows_its_own_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["inspect"], ["inspect", "x", "--nonsense"], ["diff", "x"]):
        with pytest.raises(SystemExit, match="2"):
            main(arguments)
        assert capsys.readouterr().err.startswith(f"usage: dsage_mpi {arguments[0]} ")


def test_version(program: Program) -> None:
    done = program("--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"dsage_mpi {__version__}")


MAP_ELITES = ["--set", "algorithm.method=map_elites"]


# With a surrogate a dry run asks the network itself what it costs, and so needs torch.
@pytest.mark.parametrize("arguments", [["--help"], [str(TINY), "--dry-run", *MAP_ELITES]])
def test_printing_commands_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from dsage_mpi.__main__ import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = python("-c", code)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to run"),
        (["inspekt", "x"], "did you mean inspect?"),
        (["no/such.toml"], "no/such.toml does not exist"),
        ([TINY, "--seed", "x"], "invalid int value"),
        ([TINY, "--nonsense"], "unrecognized arguments: --nonsense"),
        ([TINY, "--set", "surrogate.epoch=5"], "did you mean surrogate.epochs?"),
        ([TINY, "--set", "archive.dims=[31, 27]"], "does not divide archive.dims[0] = 31"),
        ([TINY, "--seed", "-1"], "seed = -1"),
        (["--restart", "nowhere"], "nowhere does not exist"),
        (["--restart", "x", TINY], "INPUT.toml cannot go with it"),
        (["--restart", "x", "--seed", "1"], "--seed cannot go with it"),
        ([TINY, "--time-limit", "soon"], "[from --time-limit]"),
        ([TINY, "--run-dir", ""], "--run-dir: is empty; expected a path"),
        (["--restart", ""], "--restart: is empty; expected a path"),
        (["train-agent", TINY, "--run-dir", ""], "--run-dir: is empty; expected a path"),
        (["/dev/zero"], "/dev/zero is no regular file"),
        (["inspect", "/dev/zero"], "/dev/zero is neither a folder nor a regular file"),
        (["inspect", "nowhere"], "nowhere does not exist"),
        (["inspect", TINY], "is no dsage_mpi checkpoint"),
        (["plot", "nowhere"], "nowhere does not exist"),
        (["train-agent", "no/such.toml"], "no/such.toml"),
        (["train-generator", "no/such.toml"], "no/such.toml"),
    ],
)
def test_bad_input_ends_with_2_and_no_traceback(
    program: Program, arguments: list[object], message: str
) -> None:
    done = program(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_bad_input_leaves_no_run_directory(program: Program, tmp_path: Path) -> None:
    assert program(TINY, "--set", "surrogate.epochs=0").returncode == 2
    assert list((tmp_path / "here").iterdir()) == []


def test_used_run_directory_is_refused(program: Program, tmp_path: Path) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "file").touch()
    done = program(TINY, "--run-dir", used)
    assert done.returncode == 2
    assert f"--restart {used}" in done.stderr


def test_dry_run_prints_a_loadable_input_and_an_estimate(program: Program) -> None:
    done = program(TINY, "--dry-run", "--seed", "5", "--set", "title='a dry run'")
    assert done.returncode == 0
    assert done.stderr == ""
    config = config_from_toml(done.stdout, "stdout")
    assert config == load_config(TINY, overrides=["title='a dry run'"], seed=5)
    for word in ("real evaluations", "outer iterations", "inner predictions", "memory", "wall"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=x", "seed"),
        ("domain.agent=/no/such", "/no/such does not exist; expected a maze agent's checkpoint"),
        ("domain.agent=/etc/passwd", "/etc/passwd: is no weights file"),
        ("surrogate.device=cuda", 'surrogate.device = "cuda"'),
    ],
)
def test_dry_run_refuses_what_the_run_would_refuse(
    override: str, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert main([str(TINY), "--dry-run", "--set", override]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert out == ""


def test_dry_run_looks_for_java(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> None:
        raise DomainError("no Java here")

    monkeypatch.setattr("dsage_mpi.domains.mario.jvm.start.find_jvm", nowhere)
    assert main([str(REPOSITORY / "inputs" / "mario_tiny.toml"), "--dry-run"]) == 2
    assert "no Java here" in capsys.readouterr().err


def test_dry_run_refuses_a_used_run_directory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main([str(TINY), "--dry-run", "--run-dir", str(tmp_path)]) == 2
    assert "exists and is not empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "inputs" / "paper" / "maze").glob("*.toml")), ids=lambda p: p.stem
)
def test_every_published_input_passes_a_dry_run(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(path), "--dry-run"]) == 0
    assert tomllib.loads(capsys.readouterr().out)["domain"]["name"] == "maze"


def test_under_mpirun_bad_input_is_reported_once(program: Program) -> None:
    done = program(TINY, "--set", "surrogate.epoch=5", ranks=2)
    assert done.returncode == 2
    assert done.stderr.count("did you mean surrogate.epochs?") == 1
    assert "Traceback" not in done.stderr


def test_under_mpirun_one_rank_prints(program: Program) -> None:
    done = program(TINY, "--dry-run", ranks=2)
    assert done.returncode == 0
    assert done.stdout.count("real evaluations") == 1
