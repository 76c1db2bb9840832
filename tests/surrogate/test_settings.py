import pytest
from pydantic import ValidationError

from dsage_mpi.surrogate.settings import SurrogateSettings


def test_defaults_are_the_published_settings():
    settings = SurrogateSettings()
    assert (settings.epochs, settings.batch_size, settings.learning_rate) == (200, 64, 1e-3)
    assert (settings.recent_samples, settings.features, settings.residual_blocks) == (20_000, 64, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": 0},
        {"learning_rate": float("inf")},
        {"recent_samples": 0},
        {"occupancy_weight": -1},
        {"inputs": "bare"},
        {"device": "tpu"},
        {"threads": 0},
        {"predict_batch": 0},
        {"no_such_setting": 1},
    ],
)
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValidationError):
        SurrogateSettings(**wrong)


def test_every_setting_is_described():
    for name, field in SurrogateSettings.model_fields.items():
        assert field.description, name
