import os
import subprocess
import sys

import pytest
import torch

from dsage_mpi.surrogate import device
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.settings import SurrogateSettings


def test_auto_without_a_gpu_is_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device.choose_device("auto").type == "cpu"


def test_auto_with_a_gpu_is_the_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.choose_device("auto").type == "cuda"
    assert device.choose_device("cpu").type == "cpu"


def test_cuda_without_a_gpu_says_what_to_do(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SurrogateError, match=r'surrogate.device = "cuda".*device = "auto"'):
        device.choose_device("cuda")


def test_threads_that_are_set_are_used():
    assert device.resolve_threads(SurrogateSettings(threads=3)) == 3


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux only")
@pytest.mark.parametrize("threads", ["auto", 2])
def test_threads_undo_the_pinning_of_mpirun(threads):
    """Also where their number is given, as it is at every restart."""
    program = f"""
import os, threading
allowed = os.sched_getaffinity(0)
os.sched_setaffinity(0, {{min(allowed)}})        # as `mpirun -n 2` does
other = threading.Event(); seen = []
thread = threading.Thread(target=lambda: (other.wait(), seen.append(os.sched_getaffinity(0))))
thread.start()
from dsage_mpi.surrogate.device import resolve_threads
from dsage_mpi.surrogate.settings import SurrogateSettings
count = resolve_threads(SurrogateSettings(threads={threads!r}))
other.set(); thread.join()
assert os.sched_getaffinity(0) >= allowed and seen[0] >= allowed, (allowed, seen)
print(count, len(os.sched_getaffinity(0)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    count, allowed = map(int, done.stdout.split())
    assert count == (allowed if threads == "auto" else threads)


def test_cpu_allocation_failure_is_explained():
    with (
        pytest.raises(SurrogateError, match="reserving the data set"),
        device.explained_device_errors("reserving the data set", "Use less."),
    ):
        torch.empty(1 << 60, dtype=torch.int8)


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: uncorrectable ECC error encountered\nCompile with"),
        RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    ],
)
def test_failing_gpu_is_explained(error):
    with (
        pytest.raises(SurrogateError, match=r"GPU failed while predicting \(\w+ error: [^\n]+\)"),
        device.explained_device_errors("predicting", "Use less."),
    ):
        raise error


def test_other_runtime_errors_pass_through():
    with (
        pytest.raises(RuntimeError, match="something else"),
        device.explained_device_errors("working", "Use less."),
    ):
        raise RuntimeError("something else")


@pytest.mark.parametrize(("given", "expected"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_wait_without_spinning_unless_the_user_says_so(given, expected):
    environment = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    environment |= {} if given is None else {"OMP_WAIT_POLICY": given}
    program = (
        "import os, sys, dsage_mpi.config.schema;"  # what every run imports first
        "assert 'torch' not in sys.modules;"
        "print(os.environ['OMP_WAIT_POLICY'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == expected


def test_importing_settings_does_not_import_torch():
    program = (
        "import sys, dsage_mpi.surrogate.settings, dsage_mpi.surrogate.device;"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, 1),
        ({"SLURM_CPUS_PER_TASK": "6"}, 6),
        ({"SLURM_CPUS_PER_TASK_HET_GROUP_0": "4", "SLURM_CPUS_PER_TASK_HET_GROUP_1": "1"}, 4),
    ],
)
def test_threads_in_a_slurm_job_do_not_grow_with_its_ranks(monkeypatch, given, expected):
    for name in [name for name in os.environ if name.startswith("SLURM_")]:
        monkeypatch.delenv(name)
    for name, value in {"SLURM_JOB_ID": "1", **given}.items():
        monkeypatch.setenv(name, value)
    assert device.resolve_threads(SurrogateSettings()) == expected
    assert device.resolve_threads(SurrogateSettings(threads=3)) == 3


@pytest.mark.parametrize(
    ("cpuinfo", "slow"),
    [
        ("flags\t\t: fpu avx2 avx512f avx512_bf16\n", []),
        ("Features\t: fp asimd bf16 i8mm\n", []),
        ("flags\t\t: fpu avx2 fma\n", ["train_precision", "predict_precision"]),
        ("", []),  # nothing is known
    ],
)
def test_bfloat16_without_a_unit_for_it_is_told(cpuinfo, slow):
    wanted = {"train_precision": "bfloat16", "predict_precision": "bfloat16"}
    assert device.slow_precisions(SurrogateSettings(device="cpu", **wanted), cpuinfo) == slow
    assert device.slow_precisions(SurrogateSettings(device="cuda", **wanted), cpuinfo) == []
    assert device.slow_precisions(SurrogateSettings(device="cpu"), cpuinfo) == []
