"""An evaluation that is under way while rank 0 does something else."""

from __future__ import annotations

from collections.abc import Callable

from dsage_mpi.farm.account import EvaluationAccount
from dsage_mpi.farm.backoff import Backoff
from dsage_mpi.farm.interface import OnProgress
from dsage_mpi.farm.outcome import Outcome


class PolledEvaluation:
    """One that goes on on other ranks whenever it is polled.

    Args:
        advance: Takes in one answer and deals out tasks; returns whether there was an answer.
        account: What is done.
        longest_sleep: Between two looks for answers, in seconds.
    """

    def __init__(
        self, advance: Callable[[], bool], account: EvaluationAccount, longest_sleep: float
    ) -> None:
        self._advance, self._account = advance, account
        self._longest_sleep = longest_sleep

    def poll(self) -> None:
        """See ``RunningEvaluation.poll``."""
        while not self._account.complete and self._advance():
            pass

    def finish(self, on_progress: OnProgress | None = None) -> Outcome:
        """See ``RunningEvaluation.finish``."""
        self._account.report_to(on_progress)
        backoff = Backoff(self._longest_sleep)
        while not self._account.complete:
            if self._advance():
                backoff.reset()
            else:
                backoff.pause()
            self._account.report()
        return self._account.finish()


class DeferredEvaluation:
    """One that has nobody to do it meanwhile: all of it happens at its end.

    Args:
        evaluate: Does it, and calls a progress hook meanwhile.
    """

    def __init__(self, evaluate: Callable[[OnProgress | None], Outcome]) -> None:
        self._evaluate = evaluate

    def poll(self) -> None:
        """Nothing goes on."""

    def finish(self, on_progress: OnProgress | None = None) -> Outcome:
        """See ``RunningEvaluation.finish``."""
        return self._evaluate(on_progress)
