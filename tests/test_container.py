"""The container definition and the script that builds it, as far as they go without Apptainer.

The shell sections are run for real, in a folder that stands for the image.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEFINITION = ROOT / "apptainer.def"
SCRIPT = ROOT / "scripts" / "container.sh"
IMAGE_FOLDER = "/opt/dsage_mpi"

#: All that Apptainer knows.
KNOWN_SECTIONS = {
    *("arguments", "environment", "files", "help", "labels", "post", "pre", "runscript"),
    *("setup", "startscript", "test"),
}
NEEDED_SECTIONS = KNOWN_SECTIONS - {"pre", "setup", "startscript"}
SHELL_SECTIONS = ("post", "environment", "runscript", "test")


def parse(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Returns a definition's header and its sections, (name, text) in the order of the file."""
    head, *rest = re.split(r"^%(.*)\n", text, flags=re.M)
    header = dict(re.findall(r"^([A-Za-z]+): *(.+)$", head, re.M))
    return header, list(zip(rest[::2], rest[1::2], strict=True))


HEADER, SECTIONS = parse(DEFINITION.read_text(encoding="utf-8"))
BODY = dict(SECTIONS)
ARGUMENTS = dict(re.findall(r"^ +([A-Z_]+)=(.*)$", BODY["arguments"], re.M))
FILES = [line.split() for line in BODY["files"].splitlines() if line.strip()]


def filled_in(text: str, **arguments: str) -> str:
    """``text`` with its {{ ARGUMENT }}s replaced as Apptainer does it before anything else."""
    values = {**ARGUMENTS, **arguments}
    return re.sub(r"\{\{ *(\w+) *\}\}", lambda found: values[found[1]], text)


def shell(code: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Runs ``code`` in the plain sh that Apptainer uses."""
    return subprocess.run(
        ["sh", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,  # type: ignore[call-overload]
    )


class TestDefinition:
    def test_sections_are_known_complete_and_written_once(self) -> None:
        names = [name for name, _ in SECTIONS]
        assert set(names) <= KNOWN_SECTIONS
        assert set(names) >= NEEDED_SECTIONS
        assert len(names) == len(set(names))
        assert [name for name, body in SECTIONS if not body.strip()] == []

    def test_base_is_an_argument(self) -> None:
        assert HEADER == {"Bootstrap": "{{ BOOTSTRAP }}", "From": "{{ FROM }}"}
        assert ARGUMENTS["BOOTSTRAP"] == "docker"
        assert ARGUMENTS["FROM"].startswith("debian:")

    def test_every_argument_has_a_default_and_is_used(self) -> None:
        used = set(re.findall(r"\{\{ *(\w+) *\}\}", DEFINITION.read_text(encoding="utf-8")))
        assert used == set(ARGUMENTS)
        # Without a default, `apptainer build` stops where nothing is given.
        assert [name for name, default in ARGUMENTS.items() if not default] == []

    def test_versions_are_pinned_in_pyproject_only(self) -> None:
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        groups = [
            settings["project"]["dependencies"],
            settings["build-system"]["requires"],
            *settings["project"]["optional-dependencies"].values(),
            *settings["dependency-groups"].values(),
        ]
        names = {re.split(r"[^\w.-]", line)[0] for group in groups for line in group}
        assert {"torch", "h5py", "mpi4py", "ninja"} <= names
        text = DEFINITION.read_text(encoding="utf-8") + SCRIPT.read_text(encoding="utf-8")
        pins = rf"\b({'|'.join(map(re.escape, names))})(\[\w+\])? *([=<>~!]=|[<>]) *\d"
        assert re.search(pins, text, re.I) is None
        assert re.search(r"\bpip3? |apt(-get)? +install", BODY["post"]) is None

    @pytest.mark.parametrize("section", SHELL_SECTIONS)
    def test_shell_syntax(self, section: str) -> None:
        checked = shell(f"set -n\n{filled_in(BODY[section])}")
        assert (checked.returncode, checked.stderr) == (0, "")


class TestFiles:
    def test_sources_exist_and_keep_their_places(self) -> None:
        for source, destination in FILES:
            assert (ROOT / source).exists(), source
            assert destination == f"{IMAGE_FOLDER}/{source}"

    def test_all_that_an_installation_needs_is_copied(self) -> None:
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        needed = {
            "pyproject.toml",
            "CMakeLists.txt",
            "scripts",  # setup.sh, and run.sh for %test
            "inputs",  # %runscript and %test name them
            settings["project"]["readme"],
            *settings["project"]["license-files"],
            *settings["tool"]["scikit-build"]["wheel"]["packages"],
        }
        assert {source for source, _ in FILES} >= needed

    def test_no_folder_of_tests_documents_or_build_products_is(self) -> None:
        unwanted = {".", ".git", ".venv", "tests", "docs", "benchmarks", "build", "dist", "runs"}
        assert {source.rstrip("/") for source, _ in FILES} & unwanted == set()


class TestPost:
    """The choice of torch; the rest of %post needs a bare machine."""

    def choose(self, torch: str) -> subprocess.CompletedProcess[str]:
        choice = re.search(r"^ +case .*?^ +esac$", BODY["post"], re.M | re.S)
        assert choice is not None
        code = f'{filled_in(choice[0], TORCH=torch)}\necho "${{TORCH_INDEX_URL-pip}}"'
        return shell(code, env={"PATH": os.environ["PATH"], "TORCH_INDEX_URL": "the host's"})

    @pytest.mark.parametrize(
        ("torch", "index"),
        [
            (ARGUMENTS["TORCH"], "https://download.pytorch.org/whl/cpu"),
            ("cuda", "pip"),
            ("https://index.example/cu126", "https://index.example/cu126"),
        ],
    )
    def test_torch(self, torch: str, index: str) -> None:
        assert self.choose(torch).stdout == f"{index}\n"

    def test_another_word_is_refused(self) -> None:
        refused = self.choose("gpu")
        assert refused.returncode == 1
        assert "TORCH=gpu: expected cpu, cuda or the address" in refused.stderr

    def test_installs_by_the_same_script_without_the_tools_for_tests(self) -> None:
        assert f"bash {IMAGE_FOLDER}/scripts/setup.sh" in BODY["post"]
        assert re.search(r"\bDEV=no\b", BODY["post"])

    @pytest.mark.parametrize(("dev", "tools"), [("no", False), ("", True)])
    def test_dev(self, dev: str, tools: bool) -> None:
        listed = subprocess.run(
            ["bash", "-c", ". scripts/lib/install.sh; package_list"],
            cwd=ROOT,
            env={**os.environ, "DEV": dev, "VENV": "/nowhere"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert "torch==" in listed
        assert ("pytest>=" in listed) is tools


class TestEnvironment:
    """Apptainer runs the section with HOME and PATH alone; the host's variables join later."""

    def environment(self, home: str, path: str = os.environ["PATH"]) -> dict[str, str]:
        done = shell(f"set -eu\n{BODY['environment']}\nenv -0", env={"PATH": path, "HOME": home})
        assert done.returncode == 0, done.stderr
        return dict(entry.split("=", 1) for entry in done.stdout.split("\0") if entry)

    def test_the_images_python_comes_first(self, tmp_path: Path) -> None:
        found = self.environment(str(tmp_path))
        assert found["PATH"].split(":")[0] == f"{IMAGE_FOLDER}/.venv/bin"
        assert found["PYTHONSAFEPATH"] == "1"

    def test_folders_of_the_host_are_forgotten(self, tmp_path: Path) -> None:
        found = self.environment(str(tmp_path))
        for name in ("PYTHONPATH", "PYTHONHOME", "JAVA_HOME", "OPAL_PREFIX"):
            assert found[name] == ""  # Apptainer then removes the host's
        assert found["TMPDIR"] == "/tmp"

    def test_uses_nothing_that_has_no_effect(self) -> None:
        code = re.sub(r"^ *#.*\n", "", BODY["environment"], flags=re.M)
        assert re.search(r"\bunset\b", code) is None
        assert set(re.findall(r"\$\{?(\w+)", code)) == {"PATH", "HOME", "cache"}

    def caches(self, found: dict[str, str]) -> Path:
        """The folder of all caches."""
        folders = {Path(found[name]).parent for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR")}
        assert found["PYTHONDONTWRITEBYTECODE"] == "1"
        (folder,) = folders
        return folder

    def test_caches_are_in_the_home_folder(self, tmp_path: Path) -> None:
        folder = self.caches(self.environment(str(tmp_path)))
        assert folder == tmp_path / ".cache" / "dsage_mpi"
        assert folder.is_dir()

    def test_without_a_home_folder_they_are_in_a_private_one(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        user = tmp_path / "id"  # a user that nobody is, so that the folder is not there
        user.write_text(f"#!/bin/sh\necho test-{os.getpid()}\n")
        user.chmod(0o755)
        path = f"{tmp_path}:{os.environ['PATH']}"
        wanted = Path(f"/tmp/dsage_mpi-test-{os.getpid()}")
        try:
            for _ in range(2):  # made, then found
                folder = self.caches(self.environment(str(tmp_path / "file" / "home"), path))
                assert folder == wanted
                assert folder.stat().st_mode & 0o777 == 0o700
        finally:
            wanted.rmdir()


class TestRunscript:
    @pytest.fixture
    def image(self, tmp_path: Path) -> Path:
        """A folder in the place of the image's, with one input and a python that tells its work."""
        folder = tmp_path / "the image"
        (folder / "inputs" / "paper").mkdir(parents=True)
        (folder / "inputs" / "paper" / "maze.toml").write_text("")
        (folder / "bin").mkdir()
        python = folder / "bin" / "python"
        python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
        python.chmod(0o755)
        (tmp_path / "cwd").mkdir()
        return folder

    def run(self, image: Path, *arguments: str) -> list[str]:
        script = image / "runscript"
        script.write_text(f"#!/bin/sh\n{BODY['runscript']}".replace(IMAGE_FOLDER, "$IMAGE"))
        done = subprocess.run(
            ["sh", script, *arguments],
            cwd=image.parent / "cwd",
            env={"PATH": f"{image / 'bin'}:{os.environ['PATH']}", "IMAGE": str(image)},
            capture_output=True,
            text=True,
            check=True,
        )
        head, module, *rest = done.stdout.splitlines()
        assert (head, module) == ("-m", "dsage_mpi")
        return rest

    def test_an_input_of_the_image(self, image: Path) -> None:
        given = ("inputs/paper/maze.toml", "--run-dir", "a b")
        assert self.run(image, *given) == [f"{image}/inputs/paper/maze.toml", "--run-dir", "a b"]

    def test_the_current_folders_input_wins(self, image: Path) -> None:
        mine = image.parent / "cwd" / "inputs" / "paper"
        mine.mkdir(parents=True)
        (mine / "maze.toml").write_text("")
        assert self.run(image, "inputs/paper/maze.toml") == ["inputs/paper/maze.toml"]

    @pytest.mark.parametrize(
        "arguments", [(), ("--help",), ("inputs/none.toml",), ("inspect", "my run")]
    )
    def test_everything_else_is_passed_on(self, image: Path, arguments: tuple[str, ...]) -> None:
        assert self.run(image, *arguments) == list(arguments)


class TestScript:
    """``make container`` with an apptainer of a few lines."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        for tool in (
            "bash",
            "cat",
            "cut",
            "dirname",
            "du",
            "git",
            "mktemp",
            "mv",
            "realpath",
            "rm",
        ):
            location = shutil.which(tool)
            assert location is not None
            (folder / tool).symlink_to(location)
        return folder

    def add_apptainer(self, path: Path, body: str, name: str = "apptainer") -> None:
        (path / name).write_text(f"#!/bin/bash\n{body}\n")
        (path / name).chmod(0o755)

    def build(self, path: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", SCRIPT, *arguments],
            cwd=path.parent,
            env={"PATH": str(path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @pytest.mark.parametrize("name", ["apptainer", "singularity"])
    def test_builds_beside_and_renames(self, path: Path, name: str) -> None:
        body = 'pwd >"$5.log"; printf "%s\\n" "$@" >>"$5.log"; echo built >"$5"; mv "$5.log" log'
        self.add_apptainer(path, body.replace(" log", f" '{path.parent}/log'"), name)
        (path.parent / "my.sif").write_text("old")
        done = self.build(path, "my.sif", "--sandbox")
        assert done.returncode == 0, done.stderr
        assert (path.parent / "my.sif").read_text() == "built\n"
        folder, *words = (path.parent / "log").read_text().splitlines()
        assert folder == str(ROOT)  # %files are relative to it
        assert words[:2] == ["build", "--build-arg"]
        assert re.fullmatch(r"COMMIT=([0-9a-f]{40}(-dirty)?|unknown)", words[2])
        assert words[3] == "--sandbox"
        assert words[4].startswith(f"{path.parent}/my.sif.")
        assert words[5:] == ["apptainer.def"]

    def test_a_failed_build_leaves_the_old_image(self, path: Path) -> None:
        self.add_apptainer(path, 'echo half >"$4"; exit 7')
        (path.parent / "my.sif").write_text("old")
        assert self.build(path, "my.sif").returncode == 7
        assert (path.parent / "my.sif").read_text() == "old"
        assert [file.name for file in path.parent.glob("my.sif*")] == ["my.sif"]

    def test_a_folder_is_not_overwritten(self, path: Path) -> None:
        self.add_apptainer(path, 'touch "$4"')
        (path.parent / "runs").mkdir()
        done = self.build(path, "runs")
        assert done.returncode == 2
        assert "runs is a folder" in done.stderr
        assert list((path.parent / "runs").iterdir()) == []

    def test_without_apptainer_says_how_to_get_it(self, path: Path) -> None:
        done = self.build(path, "my.sif")
        assert done.returncode == 1
        assert "there is no apptainer here" in done.stderr
        assert "module load apptainer" in done.stderr

    def test_make_passes_its_variables(self) -> None:
        environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
        words = ["-n", "container", "IMAGE=/a b/x.sif", "ARGS=--build-arg TORCH=cuda"]
        shown = subprocess.run(
            ["make", "-C", ROOT, "--no-print-directory", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert shown == 'bash scripts/container.sh "/a b/x.sif" --build-arg TORCH=cuda\n'
