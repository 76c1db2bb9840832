"""How much a training does, counted from its settings alone; no torch in here."""

from __future__ import annotations

from dsage_mpi.surrogate.settings import SurrogateSettings

#: Share of the newest batch that early stopping judges by, and that this training leaves out.
HELD_OUT_SHARE = 0.25


def held_out_rows(settings: SurrogateSettings, newest: int) -> int:
    """How many of the newest batch's evaluations a training leaves out."""
    if settings.patience is None or newest < 2:
        return 0
    return max(1, int(HELD_OUT_SHARE * newest))


def replayed_rows(settings: SurrogateSettings, older: int, newest: int) -> int:
    """How many of the older evaluations an epoch passes over."""
    return older if settings.replay is None else min(older, round(settings.replay * newest))


def rows_per_epoch(settings: SurrogateSettings, total: int, newest: int) -> int:
    """How many evaluations an epoch passes over.

    Args:
        settings: The table ``[surrogate]``.
        total: Evaluations in the training window.
        newest: Those of them that are of the newest batch.
    """
    replayed = replayed_rows(settings, total - newest, newest)
    return replayed + newest - held_out_rows(settings, newest)


def steps_of_epochs(settings: SurrogateSettings, samples: int, most: int | None) -> list[int]:
    """Optimizer steps of each epoch over ``samples`` evaluations; of the last one, maybe a part.

    Args:
        settings: The table ``[surrogate]``.
        samples: Evaluations per epoch.
        most: Steps altogether; None: as many as the epochs take.
    """
    whole = -(-samples // settings.batch_size)
    left = settings.epochs * whole
    if most is not None:
        left = min(left, most)
    return [min(whole, left - done) for done in range(0, left, whole)]
