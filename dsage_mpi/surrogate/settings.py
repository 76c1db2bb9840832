"""What a user can set about the surrogate (TOML table ``[surrogate]``); no torch in here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from dsage_mpi.core.component_settings import ComponentSettings
from dsage_mpi.surrogate.registry import NETWORKS, checked_network

#: Upper bounds are there to catch slips of the finger.
PositiveInt = Annotated[int, Field(ge=1, le=10**9)]
BatchSize = Annotated[int, Field(ge=1, le=10**6)]
NetworkKind = Annotated[str, AfterValidator(checked_network), NETWORKS]
Threads = Annotated[int, Field(ge=1, le=4096)]


class SurrogateSettings(ComponentSettings):
    """Networks, training and devices of the surrogate; defaults are the paper's where it has one.

    The paper's own behaviour (Bhatt et al. 2022) is ``normalise_targets = false``,
    ``exact_statistics = false``, ``known_measures = false``, ``known_objective = false`` and
    ``inputs = "published"``.
    """

    REGISTRY = NETWORKS

    kind: NetworkKind = Field(
        "convolutional",
        description="The network: convolutional, the published pair, for levels that are images; "
        "compact, a small one that sees the whole image at once, without occupancy; mlp, a "
        "multilayer perceptron, for levels that are vectors (and the default there).",
    )
    ancillary: bool = Field(
        True,
        description="Predict the occupancy grid and feed it to the predictor as one more channel; "
        "unset: whether network and domain have occupancy.",
    )
    planes: bool = Field(
        False,
        description="Show the network what the domain computes from a level's tiles beside them "
        "(mazes: steps from the start and to the goal, the shortest paths and their length).",
    )
    members: Annotated[int, Field(ge=1, le=100)] = Field(
        1,
        description="Networks that are trained, from different weights and in different orders, "
        "and predict together: how far they disagree says how much is known.",
    )
    epochs: PositiveInt = Field(200, description="Passes over the training window per training.")
    max_steps: PositiveInt | Literal["balanced"] | None = Field(
        None,
        description="A training ends after so many optimizer steps, if its epochs take more: so "
        "that its cost does not grow with the data; balanced: as many as [balance] says.",
    )
    patience: PositiveInt | None = Field(
        None,
        description="A training ends when so many epochs in a row have not lessened the error on a "
        "quarter of the newest batch, which that training leaves out; unset: all its epochs.",
    )
    replay: Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)] | None = Field(
        None,
        description="An epoch passes over the newest batch and over so many times as many of the "
        "older evaluations, drawn anew for every epoch; unset: over the whole training window.",
    )
    batch_size: BatchSize = Field(64, description="Levels per optimizer step.")
    learning_rate: float = Field(1e-3, gt=0, allow_inf_nan=False, description="Adam step size.")
    recent_samples: PositiveInt | Literal["all"] = Field(
        20_000,
        description="Train on this many most recent evaluations, or on all.",
    )
    occupancy_weight: float = Field(
        10.0,
        ge=0,
        le=10**9,
        allow_inf_nan=False,
        description="Factor of the occupancy grid's mean squared error in the loss.",
    )
    normalise_targets: bool = Field(
        True,
        description="Train on targets of equal mean and spread; false = raw units, as published.",
    )
    exact_statistics: bool = Field(
        True,
        description=(
            "After training, average batch-norm statistics over the whole window; false = as "
            "published, what the last few batches left, which makes predictions jump about."
        ),
    )
    inputs: Literal["consistent", "published"] = Field(
        "consistent",
        description=(
            "Levels shown at prediction: as in training, or as published (mazes without start and "
            "goal marks, which training has). Applied by whoever calls the surrogate."
        ),
    )
    known_measures: bool = Field(
        True,
        description=(
            "Measures that a level tells by itself (walls, sky tiles) are counted; false = as "
            "published, predicted like the others. Applied by whoever calls the surrogate."
        ),
    )
    known_objective: bool = Field(
        True,
        description=(
            "An objective that a level tells by itself (whether a maze can be played) is not "
            "predicted either; false = as published. Applied by whoever calls the surrogate."
        ),
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where networks and data set live; auto = the GPU if there is one."
    )
    threads: Threads | Literal["auto"] = Field(
        "auto",
        description=(
            "CPU threads; auto = all CPUs that this process may use (in a Slurm job those of one "
            "task, --cpus-per-task, if they are more than one, else what the job script names: "
            "surrogate_threads), fixed when the run starts. "
            "Another number gives slightly different (equally good) networks."
        ),
    )
    deterministic: bool = Field(
        True, description="The same run gives the same bits (on a GPU: no TF32, slower kernels)."
    )
    cuda_graphs: bool = Field(
        False,
        description="On a GPU: the kernels of a training step, and of inner iterations with "
        'inner_loop.archive = "tensors", are recorded once and replayed, which takes the host '
        "less time than queueing them one by one.",
    )
    train_precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description=(
            "bfloat16 (mixed: weights and sums stay float32) trains about 1.6 times as fast on "
            "CPUs that have it (AVX512_BF16, AMX) and much faster on GPUs."
        ),
    )
    predict_batch: BatchSize | Literal["auto"] = Field(
        "auto",
        description="Levels per prediction pass (a short pass is padded); auto: those of an inner "
        "iteration, but at least 30, and at most 150 (convolutional on a CPU: 30).",
    )
    predict_precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="bfloat16 predicts about twice as fast on CPUs that have it; 2-3 digits.",
    )
    features: Annotated[int, Field(ge=1, le=10**7)] = Field(
        64, description="convolutional, compact: channels of the first layers."
    )
    residual_blocks: Annotated[int, Field(ge=0, le=1000)] = Field(
        2, description="convolutional: residual blocks of the occupancy network."
    )
    settings: dict[str, Any] | None = Field(
        None, description="Of a kind that has keys of its own (docs/extending.md)."
    )
