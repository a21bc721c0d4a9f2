import os
from pathlib import Path

import pytest
import torch

from workshop_utils.settings import (
    Settings,
    choose_device,
    is_graded,
    own_mirrors,
    progress_bars_wanted,
)


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


def test_one_line_says_what_ran():
    settings = Settings.from_environment({"WORKSHOP_DATASET": "standin", "WORKSHOP_SEED": "7"})
    said = str(settings)
    for part in (
        "profile full",
        "data standin",
        "device c",
        "seed 7",
        f"torch {torch.__version__}",
    ):
        assert part in said
    assert f"threads {torch.get_num_threads()}," in said
    assert "\n" not in said


ROOT = Path(__file__).parents[1]
MEANT = {  # a value of WORKSHOP_DATA: the folder that is meant
    "data": ROOT / "data",
    "./data/": ROOT / "data",
    "../data": ROOT.parent / "data",
    " data ": ROOT / "data",
    "'course data'": ROOT / "course data",
    '"course data/"': ROOT / "course data",
    "“data”": ROOT / "data",
    "students'": ROOT / "students'",
    "50% #1 ä": ROOT / "50% #1 ä",
    "~/course data": Path.home() / "course data",
    '"~"': Path.home(),
    "$ROOM/data": ROOT / "room 7" / "data",
    "${ROOM}": ROOT / "room 7",
    "a$b": ROOT / "a$b",
    '""': Settings.from_environment({}).data_dir,
    " ": Settings.from_environment({}).data_dir,
}


@pytest.mark.parametrize(("value", "folder"), MEANT.items())
def test_a_folder_is_the_one_that_is_meant_whatever_the_current_one(
    value, folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("ROOM", "room 7")
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({"WORKSHOP_DATA": value, "WORKSHOP_RUNS": value})
    assert settings.data_dir == folder
    assert settings.runs_dir == folder or not value.strip(' "')


@pytest.mark.skipif(os.name == "nt", reason="there, it divides folders")
def test_a_blank_may_be_written_as_a_terminal_completes_it():
    data_dir = Settings.from_environment({"WORKSHOP_DATA": r"~/course\ data"}).data_dir
    assert data_dir == Path.home() / "course data"


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("~nobody-of-this-name/data", "in the home folder of a user whom"),
        ("$NO_SUCH_VARIABLE/data", r"in a folder that \$NO_SUCH_VARIABLE names"),
        ("%NO_SUCH_VARIABLE%/data", "in a folder that %NO_SUCH_VARIABLE% names"),
        ("https://example.org/data", "an address"),
        ("file:///data", "an address"),
    ],
)
@pytest.mark.parametrize("variable", ["WORKSHOP_DATA", "WORKSHOP_RUNS"])
def test_what_names_no_folder_is_refused(variable, value, what):
    with pytest.raises(ValueError, match=f"^{variable} is .*{what}.* must be a folder such as"):
        Settings.from_environment({variable: value})


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("written", ["{}", " {} ", '"{}"', "' {} '"])
def test_blanks_and_quotes_around_a_value_are_not_part_of_it(written, monkeypatch):
    values = {"PROFILE": "Quick", "DATASET": "standin", "OFFLINE": "1", "SEED": "7", "THREADS": "1"}
    settings = Settings.from_environment(
        {f"WORKSHOP_{name}": written.format(value) for name, value in values.items()}
    )
    assert (settings.profile.name, settings.dataset) == ("quick", "standin")
    assert (settings.offline, settings.seed, settings.threads) == (True, 7, 1)
    monkeypatch.setenv("WORKSHOP_PROGRESS", written.format("0"))
    monkeypatch.setenv("WORKSHOP_GRADING", written.format("1"))
    assert (progress_bars_wanted(), is_graded()) == (False, True)
    mirrors = {"WORKSHOP_MIRRORS": written.format("http://here/ http://there/")}
    assert own_mirrors(mirrors) == ["http://here/", "http://there/"]


@pytest.fixture
def threads():
    """Puts PyTorch's number of threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_tutor_sets_the_number_of_threads(threads):
    assert Settings.from_environment({"WORKSHOP_THREADS": "1"}).threads == 1
    assert torch.get_num_threads() == 1


def test_a_container_gets_no_more_threads_than_it_may_use(threads, monkeypatch):
    torch.set_num_threads(2)
    monkeypatch.setattr("joblib.cpu_count", lambda only_physical_cores: 1)
    assert Settings.from_environment({}).threads == torch.get_num_threads() == 1


def test_fewer_threads_than_cores_stay_as_they_were_asked_for(threads, monkeypatch):
    torch.set_num_threads(1)  # as with OMP_NUM_THREADS=1
    monkeypatch.setattr("joblib.cpu_count", lambda only_physical_cores: 8)
    assert Settings.from_environment({}).threads == torch.get_num_threads() == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WORKSHOP_DATASET", "mnist"),
        ("WORKSHOP_PROFILE", "fast"),
        ("WORKSHOP_DEVICE", "tpu"),
        ("WORKSHOP_OFFLINE", "yes"),
        ("WORKSHOP_SEED", "one"),
        ("WORKSHOP_THREADS", "many"),
        ("WORKSHOP_THREADS", "0"),
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
