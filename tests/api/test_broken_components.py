"""Components from elsewhere that break where nothing of theirs is called, or end the program."""

import numpy as np
import pytest

import dsage_mpi as dm


class Sums(dm.DomainBase):
    MEASURES = {"ones": dm.Measure(0, 16), "first": dm.Measure(0, 4)}

    def sample(self, rng):
        return rng.integers(2, size=(4, 4))

    def simulate(self, level, seed):
        return {"objective": 1.0, "ones": level.sum(), "first": level[0].sum()}


class Good(dm.MethodBase):
    def propose(self, iteration):
        rng = np.random.default_rng(iteration)
        return dm.Proposal(self.context.domain.initial_solutions(rng, 4))


class Nothing(Good):
    def propose(self, iteration):
        return None


class Exits(Good):
    def propose(self, iteration):
        raise SystemExit(0)


class Narrow(Good):
    def propose(self, iteration):
        return dm.Proposal(np.zeros((4, 3), int))


class Outside(Good):
    def propose(self, iteration):
        return dm.Proposal(np.full((4, 16), 9))


class Costly(Good):
    def propose(self, iteration):
        return dm.Proposal(super().propose(iteration).solutions, cost=np.ones(3))


class Orphans(Good):
    def propose(self, iteration):
        return dm.Proposal(super().propose(iteration).solutions, parents=np.ones(4))


class Notes(Good):
    def propose(self, iteration):
        return dm.Proposal(super().propose(iteration).solutions, notes={"odd": 1})


class KeepsCode(Good):
    def state(self):
        return {"search": {"code": print}}


def config(method):
    dm.register_domain("sums", Sums)
    dm.register_method("tried", method)
    return dm.Config(
        algorithm={"method": "tried", "max_evaluations": 8, "initial_solutions": 4},
        domain={"name": "sums"},
        archive={"measures": ("ones", "first"), "dims": (4, 4), "ranges": ((0, 16), (0, 4))},
        report={"figures": False},
    )


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (Nothing, "propose() returned a NoneType: expected dsage_mpi.Proposal"),
        (Exits, "propose() failed: SystemExit: 0"),
        (Narrow, "of shape (4, 3): expected uint8 of shape (n, 16)"),
        (Outside, "position 0 of solution 0 is 9: expected a whole number from 0 to 1"),
        (Costly, "cost of shape (3,)"),
        (Orphans, "parents = array([1., 1., 1., 1.]): expected 4 integers"),
        (Notes, 'notes["odd"]: expected names of COLUMNS'),
        (KeepsCode, 'algorithm.method = "tried". All calls'),
    ],
)
def test_a_run_says_what_a_method_did(method, words, tmp_path):
    with pytest.raises(dm.RunError) as caught:
        dm.illuminate(config(method), run_dir=tmp_path / "run", quiet=True)
    assert words in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_what_a_callback_raises_comes_back_as_it_was(tmp_path):
    def raises(step):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        dm.illuminate(config(Good), run_dir=tmp_path / "run", callbacks=[raises], quiet=True)


class Repeats(Good):
    COLUMNS = {"share": "of all", "qd_score": "mine", "ones_below": "mine"}


def test_a_method_s_column_that_is_there_already_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(dm.ConfigError, match=r"COLUMNS names qd_score, ones_below: metrics\.csv"):
        dm.illuminate(config(Repeats), run_dir=tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


class Listed(Sums):
    PARAMETERS = [("slope", dm.Real(-1, 1))]


def test_parameters_that_are_no_mapping_are_told(tmp_path):
    dm.register_domain("listed", Listed)
    with pytest.raises(
        dm.ConfigError, match=r"PARAMETERS is \[\('slope'.*names -> what each can be"
    ):
        dm.Config(
            domain={"name": "listed"},
            archive={"measures": ("ones", "first"), "dims": (4, 4), "ranges": ((0, 16), (0, 4))},
        )
