import pytest
import torch

from workshop_utils.settings import Settings, choose_device


def test_without_variables_everything_has_a_default():
    settings = Settings.from_environment({})
    assert settings.dataset == "auto"
    assert settings.profile.name == "full"
    assert (settings.profile.classifier_epochs, settings.profile.autoencoder_epochs) == (10, 48)
    assert settings.seed == 0
    assert not settings.offline
    assert settings.data_dir.is_absolute()


def test_variables_are_read(tmp_path):
    settings = Settings.from_environment(
        {
            "WORKSHOP_DATA": str(tmp_path),
            "WORKSHOP_DATASET": "standin",
            "WORKSHOP_PROFILE": "quick",
            "WORKSHOP_OFFLINE": "1",
            "WORKSHOP_SEED": "7",
        }
    )
    assert settings.data_dir == tmp_path
    assert (settings.dataset, settings.profile.name) == ("standin", "quick")
    assert settings.offline
    assert str(settings) == f"profile quick, device {settings.device}, seed 7"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WORKSHOP_DATASET", "mnist"),
        ("WORKSHOP_PROFILE", "fast"),
        ("WORKSHOP_DEVICE", "tpu"),
        ("WORKSHOP_OFFLINE", "yes"),
        ("WORKSHOP_SEED", "one"),
    ],
)
def test_an_unknown_value_is_refused_with_its_name(variable, value):
    with pytest.raises(ValueError, match=f"{variable} is '{value}', but it must be"):
        Settings.from_environment({variable: value})


def test_cuda_is_chosen_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == torch.device("cuda")


def test_the_cpu_is_chosen_where_there_is_no_cuda_even_with_mps(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("auto") == torch.device("cpu")
    assert choose_device("mps") == torch.device("mps")


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="no such device"):
        choose_device("cuda")
