import dataclasses
from collections import OrderedDict

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import workshop_utils as wu
from workshop_utils.files import read_tensors, write_tensors, written_whole
from workshop_utils.training import runs
from workshop_utils.training.runs import RunError


@pytest.fixture
def history():
    return wu.History(
        batch_loss=[2.0, 1.5],
        batch_accuracy=[0.25, 0.5],
        train_loss=[1.75],
        train_accuracy=[0.375],
        validation_loss=[1.6],
        validation_accuracy=[0.4],
        learning_rate=[0.01],
        seconds=[3.2],
    )


@pytest.fixture
def saved(history, data, settings, monkeypatch, tmp_path):
    """A saved run of a small network, and an empty folder of shipped runs."""
    monkeypatch.setattr(runs, "SHIPPED_RUNS", tmp_path / "shipped")
    model = wu.BasicConvNet(3, 4, 5)
    wu.save_run("cnn", history, data, settings, model=model)
    return model


def files(settings):
    return sorted(settings.runs_dir.iterdir())


def test_a_saved_run_comes_back_whole(saved, history, data, settings):
    run = wu.find_run("cnn", data, settings)
    model = wu.BasicConvNet(3, 4, 5)
    run.load_into(model=model)
    images = torch.rand(2, 3, 32, 32)
    assert torch.equal(model(images), saved(images))
    assert run.history == history
    assert not run.is_shipped
    assert repr(run) == "cnn: your own run, 1 epochs on stand-in, seed 0"


def test_a_run_is_labelled_with_data_settings_and_versions(saved, data, settings):
    about = wu.find_run("cnn", data, settings).about
    assert (about["dataset"], about["variant"]) == ("stand-in", "")
    assert (about["profile"], about["seed"]) == ("quick", 0)
    assert about["versions"]["torch"] == torch.__version__.split("+")[0]


def test_a_run_is_one_file_without_pickle(saved, settings):
    assert [file.name for file in files(settings)] == ["cnn-stand-in-quick.safetensors"]
    tensors, about = read_tensors(files(settings)[0])
    assert about["name"] == "cnn"
    assert "model.conv1.weight" in tensors


def test_several_networks_are_kept_in_one_run(history, data, settings):
    encoder, decoder = wu.ConvEncoder(2, 3, 4), wu.ConvDecoder(2, 3, 4)
    wu.save_run("autoencoder", history, data, settings, encoder=encoder, decoder=decoder)
    other = wu.ConvEncoder(2, 3, 4), wu.ConvDecoder(2, 3, 4)
    run = wu.find_run("autoencoder", data, settings)
    run.load_into(encoder=other[0], decoder=other[1])
    images = torch.rand(2, 3, 32, 32)
    assert torch.equal(wu.reconstruct(*other, images), wu.reconstruct(encoder, decoder, images))


def test_where_nothing_can_be_written_saving_says_so_in_one_line(history, data, settings, capsys):
    settings.runs_dir.parent.mkdir(exist_ok=True)
    settings.runs_dir.write_text("not a folder")
    wu.save_run("cnn", history, data, settings, model=wu.BasicConvNet(3, 4, 5))
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("cnn could not be saved for the other notebooks ([Errno")
    wu.Keep("cnn", data, settings).forget()
    assert wu.find_run("cnn", data, settings) is None


def test_what_is_no_network_or_no_history_is_not_saved_and_a_line_says_why(data, settings, capsys):
    model = wu.BasicConvNet(3, 4, 5)
    for history, models, words in (
        (wu.History(), {}, "no network was given"),
        (wu.History(), {"model": wu.BasicConvNet}, "the class BasicConvNet was given"),
        (wu.History(validation_loss=[len]), {"model": model}, "neither a number nor a text"),
    ):
        wu.save_run("cnn", history, data, settings, **models)
        assert words in capsys.readouterr().out
    assert not list(settings.runs_dir.rglob("*.safetensors"))


def test_numbers_of_numpy_and_pytorch_in_a_history_become_numbers(data, settings):
    history = wu.History(validation_loss=[np.float32(0.5), torch.tensor(0.25)])
    wu.save_run("cnn", history, data, settings, model=wu.BasicConvNet(3, 4, 5).double())
    assert wu.find_run("cnn", data, settings).history.validation_loss == [0.5, 0.25]


def test_a_run_that_cannot_be_read_leaves_the_shipped_one(
    saved, data, settings, monkeypatch, capsys
):
    runs.SHIPPED_RUNS.mkdir()
    [file] = files(settings)
    (runs.SHIPPED_RUNS / file.name).write_bytes(file.read_bytes())

    def denied(path):
        if path == file:
            raise PermissionError(13, "Permission denied", str(path))
        return read_tensors(path)

    monkeypatch.setattr(runs, "read_tensors", denied)
    capsys.readouterr()
    assert wu.find_run("cnn", data, settings).is_shipped
    assert "Your own run of 'cnn' cannot be read ([Errno 13]" in capsys.readouterr().out
    wu.open_test_set(wu.Keep("cnn", data, settings), saved)
    assert "nobody counts, since that cannot be noted ([Errno 13]" in capsys.readouterr().out


def test_an_unfinished_training_that_cannot_be_removed_is_named(
    data, settings, monkeypatch, capsys
):
    keep = wu.Keep("cnn", data, settings)
    keep.unfinished.parent.mkdir(parents=True)
    keep.unfinished.touch()

    def locked(_path):
        raise PermissionError(13, "The file is used by another program")

    monkeypatch.setattr("pathlib.Path.unlink", locked)
    keep.forget()
    assert "The unfinished training of 'cnn' cannot be removed ([Err" in capsys.readouterr().out


def test_no_run_is_found_where_none_was_saved(saved, data, settings):
    assert wu.find_run("mlp", data, settings) is None
    on_cifar10 = dataclasses.replace(data, name="CIFAR-10")
    assert wu.find_run("cnn", on_cifar10, settings) is None
    longer = dataclasses.replace(settings.profile, name="full")
    assert wu.find_run("cnn", data, dataclasses.replace(settings, profile=longer)) is None


def test_your_own_run_goes_before_the_shipped_one(saved, data, settings):
    own = settings.runs_dir
    settings = dataclasses.replace(settings, runs_dir=own.parent / "nothing here yet")
    runs.SHIPPED_RUNS.mkdir()
    for file in own.iterdir():
        (runs.SHIPPED_RUNS / file.name).write_bytes(file.read_bytes())
    assert wu.find_run("cnn", data, settings).is_shipped
    assert not wu.find_run("cnn", data, dataclasses.replace(settings, runs_dir=own)).is_shipped


def relabel(file, change):
    """Write a run anew with another label."""
    tensors, about = read_tensors(file)
    change(about)
    write_tensors(file, tensors, about)


def test_a_truncated_file_is_named_with_what_to_do(saved, data, settings):
    file = files(settings)[0]
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(RunError, match=r"cnn-stand-in-quick.safetensors is damaged. Remove it"):
        wu.find_run("cnn", data, settings)


def test_altered_weights_are_refused(saved, data, settings):
    file = files(settings)[0]
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(RunError, match="damaged"):
        wu.find_run("cnn", data, settings)


def test_a_run_of_another_version_is_named_as_such(saved, data, settings):
    relabel(files(settings)[0], lambda about: about.update(format=2))
    with pytest.raises(RunError, match="made by another version of the workbook"):
        wu.find_run("cnn", data, settings)


def test_a_label_without_a_history_is_refused(saved, data, settings):
    relabel(files(settings)[0], lambda about: about.pop("history"))
    with pytest.raises(RunError, match="damaged"):
        wu.find_run("cnn", data, settings)


def test_a_run_of_another_data_set_is_refused(saved, data, settings):
    relabel(files(settings)[0], lambda about: about.update(dataset="CIFAR-10"))
    with pytest.raises(RunError, match=r"trained on CIFAR-10, but this notebook works on stand-in"):
        wu.find_run("cnn", data, settings)


def test_a_run_of_another_architecture_is_refused(saved, data, settings):
    run = wu.find_run("cnn", data, settings)
    model = wu.BasicConvNet(8, 4, 5)
    before = model.conv1.weight.clone()
    with pytest.raises(RunError, match=r"another architecture: model\.conv1\.weight has shape"):
        run.load_into(model=model)
    assert torch.equal(model.conv1.weight, before)


class OwnEncoder(nn.Module):
    """As a student may write it: other names, another order."""

    def __init__(self):
        super().__init__()
        self.last = nn.Conv2d(16, 32, 4, 2, 1)
        self.first = nn.Sequential(nn.Conv2d(3, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 4, 2, 1))

    def forward(self, x):
        return self.last(torch.relu(self.first(x)))


def test_an_encoder_with_other_names_is_found_by_the_next_notebook(data, settings):
    own, reference = OwnEncoder(), wu.ConvEncoder(8, 16, 32)
    wu.save_run("autoencoder", wu.History(), data, settings, encoder=own)
    wu.find_run("autoencoder", data, settings).load_into(encoder=reference)
    images = torch.rand(2, 3, 32, 32)
    assert torch.equal(reference(images), own(images))


class HeightWidthFirst(nn.Module):
    """Keeps its weights as height×width×in×out, and counts its calls in a buffer."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))
        sizes = ((3, 8), (8, 16), (16, 32))
        self.weights = nn.ParameterList(0.1 * torch.randn(4, 4, n, m) for n, m in sizes)
        self.biases = nn.ParameterList(0.1 * torch.randn(m) for _, m in sizes)

    def forward(self, x):
        self.calls += 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = F.conv2d(torch.relu(x) if i else x, weight.permute(3, 2, 0, 1), bias, 2, 1)
        return x


class OfPatches(nn.Module):
    """Multiplies patches by matrices of fully connected layers."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(n, m) for n, m in ((48, 8), (128, 16), (256, 32)))

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            patches = F.unfold(torch.relu(x) if i else x, 4, stride=2, padding=1)
            side = x.shape[-1] // 2
            x = layer(patches.mT).mT.unflatten(2, (side, side))
        return x


@pytest.mark.parametrize(
    "make", [HeightWidthFirst, OfPatches, lambda: torch.jit.script(wu.ConvEncoder(8, 16, 32))]
)
@pytest.mark.filterwarnings("ignore:.*torch.jit.script")
def test_an_encoder_that_computes_the_same_in_another_way_is_found_too(make, data, settings):
    own, reference = make(), wu.ConvEncoder(8, 16, 32)
    wu.save_run("autoencoder", wu.History(), data, settings, encoder=own)
    wu.find_run("autoencoder", data, settings).load_into(encoder=reference)
    images = torch.rand(2, 3, 32, 32)
    assert torch.allclose(reference(images), own(images), atol=1e-5)


def test_an_encoder_that_computes_something_else_is_refused(data, settings):
    class WithoutReLU(HeightWidthFirst):
        def forward(self, x):
            for weight, bias in zip(self.weights, self.biases, strict=True):
                x = F.conv2d(x, weight.permute(3, 2, 0, 1), bias, 2, 1)
            return x

    wu.save_run("autoencoder", wu.History(), data, settings, encoder=WithoutReLU())
    reference = wu.ConvEncoder(8, 16, 32)
    before = reference.conv1.weight.clone()
    with pytest.raises(RunError, match="another architecture"):
        wu.find_run("autoencoder", data, settings).load_into(encoder=reference)
    assert torch.equal(reference.conv1.weight, before)


def test_names_are_not_guessed_where_two_layers_have_the_same_shape(data, settings):
    twins = nn.Sequential(nn.Flatten(), nn.Linear(3072, 4), nn.Linear(4, 4), nn.Linear(4, 4))
    wu.save_run("twins", wu.History(), data, settings, model=twins)
    layers = nn.Flatten(), nn.Linear(3072, 4), nn.Linear(4, 4), nn.Linear(4, 4)
    other = nn.Sequential(OrderedDict(zip("abcd", layers, strict=True)))
    with pytest.raises(RunError, match="another architecture"):
        wu.find_run("twins", data, settings).load_into(model=other)


def test_the_shipped_runs_fit_the_networks_of_the_notebooks(data, settings):
    on_cifar10 = dataclasses.replace(data, name="CIFAR-10")
    full = dataclasses.replace(settings.profile, name="full")
    settings = dataclasses.replace(settings, profile=full)
    models = {
        "mlp": {"model": wu.MultilayerPerceptronModel(3072, 10)},
        "cnn": {"model": wu.BasicConvNet(8, 16, 256)},
        "autoencoder": {"encoder": wu.ConvEncoder(8, 16, 32), "decoder": wu.ConvDecoder(8, 16, 32)},
    }
    for name, parts in models.items():
        run = wu.find_run(name, on_cifar10, settings)
        run.load_into(**parts)
        assert run.is_shipped
        assert len(run.history.validation_loss) == (48 if name == "autoencoder" else 10)


# --- files ---


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "file.txt"
    file.write_text("old")
    with pytest.raises(KeyboardInterrupt), written_whole(file) as part:
        part.write_text("half of the n")
        raise KeyboardInterrupt
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_appears_only_when_it_is_complete(tmp_path):
    file = tmp_path / "new folder" / "file.txt"
    with written_whole(file) as part:
        part.write_text("new")
        assert not file.exists()
    assert file.read_text() == "new"
    assert list(file.parent.iterdir()) == [file]
