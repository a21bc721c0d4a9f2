import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
from itertools import chain

import numpy as np
import pytest
import torch
from making import Interrupted

import workshop_utils as wu
from workshop_utils.files import read_tensors
from workshop_utils.training import runs

N_EPOCHS = 4


class Classifier:
    """A training with dropout and momentum."""

    name = "mlp"

    def __init__(self, data, seed=0):
        torch.manual_seed(seed)
        self.networks = [wu.MultilayerPerceptronModel(3072, 10, 32, 16)]
        self.optimizer = torch.optim.SGD(self.networks[0].parameters(), lr=1e-2, momentum=0.9)
        self.loaders = data.loaders(batch_size=64)
        self.train_function = wu.train

    def train(self, keep=None, n_epochs=N_EPOCHS, interrupted_at=None):
        train_loader, validation_loader = self.loaders
        if interrupted_at:
            train_loader = Interrupted(train_loader, *interrupted_at)
        return self.train_function(
            *self.networks, train_loader, validation_loader, self.optimizer, n_epochs, keep=keep
        )

    def weights(self):
        return [w.detach().clone() for w in chain(*(n.parameters() for n in self.networks))]


class Autoencoder(Classifier):
    """A training with Adam, which counts its steps."""

    name = "autoencoder"
    encoder = wu.ConvEncoder

    def __init__(self, data, seed=0):
        super().__init__(data, seed)
        torch.manual_seed(seed)
        self.networks = [self.encoder(2, 3, 4), wu.ConvDecoder(2, 3, 4)]
        weights = chain(*(network.parameters() for network in self.networks))
        self.optimizer = torch.optim.Adam(weights, lr=1e-3)
        self.train_function = wu.train_autoencoder


def same(weights, others):
    return all(torch.equal(w, o) for w, o in zip(weights, others, strict=True))


def without_seconds(history):
    return dataclasses.replace(history, seconds=[])


class Variational(Autoencoder):
    """A training that draws random numbers in every step."""

    name = "variational"
    encoder = wu.VariationalEncoder

    def __init__(self, data, seed=0):
        super().__init__(data, seed)
        self.train_function = wu.train_variational


each = pytest.mark.parametrize("kind", [Classifier, Autoencoder, Variational])


@each
def test_the_same_seed_gives_the_same_weights_bit_for_bit(kind, data):
    first, second, other = kind(data), None, None
    history = first.train()
    second = kind(data)
    assert without_seconds(second.train()) == without_seconds(history)
    assert same(first.weights(), second.weights())
    other = kind(data, seed=1)
    other.train()
    assert not same(first.weights(), other.weights())


@each
@pytest.mark.parametrize("batch", [1, 3])
def test_after_an_interruption_training_goes_on_bit_for_bit(kind, batch, data, settings):
    whole = kind(data)
    expected = whole.train()
    keep = wu.Keep(kind.name, data, settings)
    kind(data).train(keep, interrupted_at=(3, batch))

    # As in a new kernel: everything is made anew, and random numbers stand elsewhere.
    torch.rand(100)
    again = kind(data, seed=5)
    history = again.train(keep)
    assert without_seconds(history) == without_seconds(expected)
    assert same(again.weights(), whole.weights())


@each
def test_going_on_twice_is_as_good_as_once(kind, data, settings):
    whole = kind(data)
    expected = whole.train()
    keep = wu.Keep(kind.name, data, settings)
    kind(data).train(keep, interrupted_at=(2, 2))
    kind(data).train(keep, interrupted_at=(2, 1))
    again = kind(data)
    assert without_seconds(again.train(keep)) == without_seconds(expected)
    assert same(again.weights(), whole.weights())


@each
def test_an_interruption_leaves_networks_and_history_of_the_last_epoch(kind, data, capsys):
    two_epochs = kind(data)
    expected = two_epochs.train(n_epochs=2)
    interrupted = kind(data)
    history = interrupted.train(interrupted_at=(3, 2))
    assert history.was_interrupted
    assert not expected.was_interrupted
    assert without_seconds(history) == without_seconds(expected)
    assert same(interrupted.weights(), two_epochs.weights())
    assert all(weight.grad is None for weight in interrupted.networks[0].parameters())
    said = capsys.readouterr().out
    assert "Interrupted. Network and history are as they were after epoch 2 of 4." in said
    assert "kept" not in said  # nothing was kept


def test_an_interrupted_student_reads_how_to_go_on(data, settings, capsys):
    Classifier(data).train(wu.Keep("mlp", data, settings), interrupted_at=(3, 2))
    said = capsys.readouterr().out
    assert "They are kept: run the same again, and it goes on from there." in said
    Classifier(data).train(wu.Keep("mlp", data, settings))
    said = capsys.readouterr().out
    assert said.startswith(
        "Going on after epoch 2 of 4; keep.forget() would begin anew.\nepoch  3/4"
    )


def test_an_unfinished_training_can_be_forgotten(data, settings, capsys):
    keep = wu.Keep("mlp", data, settings)
    Classifier(data).train(keep, interrupted_at=(3, 2))
    keep.forget()
    capsys.readouterr()
    Classifier(data).train(keep)
    assert capsys.readouterr().out.startswith("epoch  1/4")


def test_a_training_is_one_file_finished_or_not(data, settings):
    keep = wu.Keep("mlp", data, settings)
    Classifier(data).train(keep, interrupted_at=(3, 2))
    assert list(settings.runs_dir.rglob("*.safetensors")) == [keep.unfinished]
    assert wu.find_run("mlp", data, settings) is None
    again = Classifier(data)
    history = again.train(keep)
    [file] = settings.runs_dir.rglob("*.safetensors")
    run = wu.find_run("mlp", data, settings)
    assert file.parent == settings.runs_dir
    assert run.history == history
    copy = Classifier(data, seed=3)
    run.load_into(model=copy.networks[0])
    assert same(copy.weights(), again.weights())


def test_a_finished_training_is_trained_anew(data, settings, capsys):
    first, second = Classifier(data), Classifier(data, seed=1)
    for training in (first, second):
        capsys.readouterr()
        training.train(wu.Keep("mlp", data, settings))
        assert capsys.readouterr().out.startswith("epoch  1/4")
    copy = Classifier(data)
    wu.find_run("mlp", data, settings).load_into(model=copy.networks[0])
    assert same(copy.weights(), second.weights())


def test_a_finished_run_stays_until_the_next_one_is_finished(data, settings):
    first = Classifier(data)
    first.train(wu.Keep("mlp", data, settings))
    Classifier(data, seed=1).train(wu.Keep("mlp", data, settings), interrupted_at=(3, 2))
    copy = Classifier(data, seed=2)
    wu.find_run("mlp", data, settings).load_into(model=copy.networks[0])
    assert same(copy.weights(), first.weights())


def test_an_interruption_in_the_first_epoch_leaves_a_fresh_network(data, settings, capsys):
    fresh, interrupted = Classifier(data), Classifier(data)
    history = interrupted.train(wu.Keep("mlp", data, settings), interrupted_at=(1, 3))
    assert same(fresh.weights(), interrupted.weights())
    assert history == wu.History()
    assert "before the first epoch of 4" in capsys.readouterr().out


def test_the_cells_of_a_notebook_of_version_1_go_on(data, settings, capsys):
    training = Classifier(data)
    history = training.train(wu.Checkpoint("mlp", data, settings))
    wu.save_run("mlp", history, data, settings, model=training.networks[0])
    wu.report_result("mlp_test_accuracy", history.validation_accuracy[-1], data, settings)
    assert wu.find_run("mlp", data, settings).history == history
    assert "wu.Checkpoint is wu.Keep now. Leave out resume=True" in capsys.readouterr().out


def test_an_error_in_training_is_no_interruption(data, settings):
    training = Classifier(data)
    training.optimizer.param_groups[0]["lr"] = 1e30
    with pytest.raises(FloatingPointError):
        training.train(wu.Keep("mlp", data, settings))


@each
@pytest.mark.parametrize("was_training", [True, False])
def test_dropout_is_on_or_off_as_before(kind, was_training, data):
    training = kind(data)
    for network in training.networks:
        network.train(was_training)
    training.train(n_epochs=1)
    training.train(n_epochs=1, interrupted_at=(1, 1))
    assert all(network.training == was_training for network in training.networks)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: torch.optim.SGD(p, lr=np.float32(0.01), momentum=np.float64(0.9)),
        lambda p: torch.optim.SGD(p, lr=torch.tensor(0.01)),
        lambda p: torch.optim.Adam(p, lr=1e-3, betas=np.array([0.9, 0.99]), amsgrad=True),
        lambda p: torch.optim.SGD([{"params": list(p), "about": {1: (np.int64(2), None)}}], 0.01),
    ],
)
def test_numbers_of_numpy_and_pytorch_are_kept_as_numbers(make, data, settings):
    whole = with_optimizer(make)(data)
    expected = whole.train()
    keep = wu.Keep("mlp", data, settings)
    with_optimizer(make)(data).train(keep, interrupted_at=(3, 1))
    again = with_optimizer(make)(data)
    assert without_seconds(again.train(keep)) == without_seconds(expected)
    assert same(again.weights(), whole.weights())
    assert all(type(rate) is float for rate in wu.find_run("mlp", data, settings).history.seconds)


@pytest.mark.parametrize("odd", [{"a", "b"}, len, object()])
def test_what_cannot_be_kept_is_said_once_and_training_goes_on(odd, data, settings, capsys):
    keep = wu.Keep("mlp", data, settings)
    training = Classifier(data)
    training.optimizer.param_groups[0]["odd"] = odd
    history = training.train(keep, interrupted_at=(4, 1))
    assert len(history.validation_loss) == 3
    said = capsys.readouterr().out
    kind = type(odd).__name__
    assert said.count(f"not be kept (a {kind} is neither a number nor a text).") == 1
    assert "run the same again" not in said
    assert training.train(keep).validation_loss
    assert wu.find_run("mlp", data, settings)  # in which there is no optimizer


def test_a_schedule_cannot_be_kept(data, settings, capsys):
    keep = wu.Keep("mlp", data, settings)
    training = Classifier(data)
    schedule = torch.optim.lr_scheduler.StepLR(training.optimizer, step_size=1)
    training.optimizer.register_step_post_hook(lambda *_: schedule.step())
    training.train(keep, interrupted_at=(3, 1))
    said = capsys.readouterr().out
    assert said.count("its learning rate follows a schedule, which cannot be kept") == 1
    assert not keep.unfinished.exists()


def test_numbers_of_a_loop_of_ones_own_may_be_of_any_kind(data, settings, recwarn):
    training = Classifier(data)
    keep = wu.Keep("mlp", data, settings)
    model, (loader, validation_loader) = training.networks[0], training.loaders
    with wu.Log(2, training.optimizer, loader, validation_loader, keep, model=model) as log:
        for _epoch in log.epochs:
            for x, labels in loader:
                loss = torch.nn.functional.cross_entropy(model(x), labels)
                for value in (loss, np.float32(2), 2.0):
                    log.batch(value, x, accuracy=torch.tensor(0.5))
            log.epoch(torch.tensor(1.5), np.float32(0.5), divergence=loss)
    history = wu.find_run("mlp", data, settings).history
    assert history == log.history
    assert history.batch_loss[1:3] == [2, 2]
    assert (history.validation_loss, history.validation_accuracy) == ([1.5, 1.5], [0.5, 0.5])
    assert not recwarn.list


def test_plain_numbers_of_an_optimizer_are_kept_too(data, settings):
    keep = wu.Keep("mlp", data, settings)
    training = Classifier(data)
    first = training.networks[0].input_layer.weight
    training.optimizer.state[first]["n_steps"] = 7
    training.train(keep, interrupted_at=(2, 1))
    again = Classifier(data)
    again.train(keep)
    assert again.optimizer.state[again.networks[0].input_layer.weight]["n_steps"] == 7


def test_the_random_numbers_of_a_gpu_are_kept_too(data, settings, monkeypatch):
    state = torch.arange(16, dtype=torch.uint8)
    put_back = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda: state)
    monkeypatch.setattr(torch.cuda, "set_rng_state", put_back.append)
    keep = wu.Keep("mlp", data, settings)
    Classifier(data).train(keep, interrupted_at=(2, 1))
    put_back.clear()
    Classifier(data).train(keep)
    assert torch.equal(put_back[0], state)


# --- what does not fit begins anew, and says so ---


def larger(data):
    """A training of a network with one more unit."""
    training = Classifier(data)
    training.networks[0] = wu.MultilayerPerceptronModel(3072, 10, 33, 16)
    training.optimizer = torch.optim.SGD(training.networks[0].parameters(), lr=1e-2, momentum=0.9)
    return training


def with_optimizer(make):
    def training(data):
        other = Classifier(data)
        other.optimizer = make(other.networks[0].parameters())
        return other

    return training


def with_sgd(**choices):
    return with_optimizer(lambda p: torch.optim.SGD(p, **{"lr": 0.01, "momentum": 0.9} | choices))


def with_loader(change):
    def training(data):
        other = Classifier(data)
        other.loaders = change(data), other.loaders[1]
        return other

    return training


def with_network(change):
    def training(data):
        other = Classifier(data)
        change(other.networks[0])
        return other

    return training


def images(data, order=slice(None), batch_size=64, seed=0):
    return wu.Loader(
        data.train_images[order], data.train_labels[order], batch_size, shuffle=True, seed=seed
    )


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (larger, "another network (model.input_layer.weight has shape (32, 3072) there"),
        (with_optimizer(lambda p: torch.optim.SGD(p, 0.1, 0.9)), "rate 0.01, this one with 0.1"),
        (with_optimizer(lambda p: torch.optim.SGD(p, 0.01)), "momentum 0.9, this one with 0"),
        (with_optimizer(lambda p: torch.optim.Adam(p, 0.01)), "optimizer SGD, this one with Adam"),
        (with_sgd(weight_decay=0.1), "weight_decay 0, this one with 0.1"),
        (with_sgd(nesterov=True), "nesterov False, this one with True"),
        (with_sgd(dampening=np.float32(0.5)), "dampening 0, this one with 0.5"),
        (with_optimizer(lambda p: torch.optim.SGD(list(p)[::-1], 0.01, 0.9)), "in another order"),
        (
            with_optimizer(lambda p: torch.optim.SGD([{"params": [w]} for w in p], 0.01, 0.9)),
            "parameter groups 1, this one with 6",
        ),
        (with_loader(lambda data: images(data, batch_size=60)), "batch size 64, this one with 60"),
        (with_loader(lambda data: images(data, seed=1)), "seed of the mixing 0, this one with 1"),
        (with_loader(lambda data: images(data, range(199, -1, -1))), "it saw other images"),
        (with_network(lambda net: setattr(net.dropout, "p", 0.1)), "its network had other layers"),
        (
            with_network(lambda net: net.input_layer.weight.requires_grad_(False)),
            "held other weights",
        ),
    ],
)
def test_another_training_under_the_same_name_begins_anew(other, words, data, settings, capsys):
    keep = wu.Keep("mlp", data, settings)
    Classifier(data).train(keep, interrupted_at=(3, 1))
    alone = other(data)
    expected = alone.train()
    capsys.readouterr()
    kept = other(data)
    history = kept.train(keep)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("The unfinished training of 'mlp' is not gone on with:")
    assert words in said[0]
    assert said[1].startswith("epoch  1/4")
    assert without_seconds(history) == without_seconds(expected)
    assert same(kept.weights(), alone.weights())


def test_other_numbers_of_adam_begin_anew(data, settings, capsys):
    def training(**choices):
        made = Autoencoder(data)
        weights = chain(*(network.parameters() for network in made.networks))
        made.optimizer = torch.optim.Adam(weights, **{"lr": 1e-3} | choices)
        return made

    keep = wu.Keep("autoencoder", data, settings)
    for choices, words in (
        ({"betas": (0.8, 0.999)}, "betas [0.9, 0.999], this one with [0.8, 0.999]"),
        ({"eps": 1e-6}, "eps 1e-08, this one with 1e-06"),
        ({"lr": torch.tensor(0.1)}, "learning rate 0.001, this one with 0.1"),
    ):
        training().train(keep, interrupted_at=(2, 1))
        capsys.readouterr()
        training(**choices).train(keep, interrupted_at=(1, 1))
        assert words in capsys.readouterr().out
        keep.forget()


def test_what_cannot_be_put_back_changes_nothing(data, settings, monkeypatch, capsys):
    keep = wu.Keep("mlp", data, settings)
    Classifier(data).train(keep, interrupted_at=(3, 1))
    alone = Classifier(data)
    expected = alone.train()
    real, n_calls = torch.set_rng_state, []

    def of_another_version(state):
        n_calls.append(1)
        if len(n_calls) == 1:  # the last thing that is put back
            raise RuntimeError("RNG state is wrong size")
        real(state)

    monkeypatch.setattr(torch, "set_rng_state", of_another_version)
    again = Classifier(data)
    history = again.train(keep)
    assert "it cannot be put back (RNG state is wrong size)" in capsys.readouterr().out
    assert without_seconds(history) == without_seconds(expected)
    assert same(again.weights(), alone.weights())


def test_the_same_optimizer_goes_on_though_its_rate_was_changed_on_the_way(data, settings, capsys):
    class Slower:
        def __init__(self, training):
            self.loader, self.generator = training.loaders[0], training.loaders[0].generator
            self.optimizer = training.optimizer

        def __len__(self):
            return len(self.loader)

        def __iter__(self):
            self.optimizer.param_groups[0]["lr"] *= 0.5
            yield from self.loader

    whole = Classifier(data)
    whole.loaders = Slower(whole), whole.loaders[1]
    history = whole.train()
    assert history.learning_rate == [0.005, 0.0025, 0.00125, 0.000625]
    keep = wu.Keep("mlp", data, settings)
    training = Classifier(data)
    training.loaders = Slower(training), training.loaders[1]
    training.train(keep, interrupted_at=(3, 1))
    assert without_seconds(training.train(keep)) == without_seconds(history)
    assert same(training.weights(), whole.weights())


def begins_anew(data, keep, words, capsys, n_epochs=N_EPOCHS):
    capsys.readouterr()
    Classifier(data).train(keep, n_epochs)
    said = capsys.readouterr().out.splitlines()
    return words in said[0] and said[1].startswith(f"epoch  1/{n_epochs}")


def test_a_damaged_file_begins_anew(data, settings, capsys):
    keep = wu.Keep("mlp", data, settings)
    Classifier(data).train(keep, interrupted_at=(3, 1))
    keep.unfinished.write_bytes(keep.unfinished.read_bytes()[:-9])
    assert begins_anew(data, keep, "damaged", capsys)


def test_fewer_epochs_than_are_kept_begin_anew(data, settings, capsys):
    keep = wu.Keep("mlp", data, settings)
    Classifier(data).train(keep, interrupted_at=(3, 1))
    assert begins_anew(data, keep, "it has 2 epochs already", capsys, n_epochs=2)


def test_other_images_begin_anew(data, settings, capsys):
    Classifier(data).train(wu.Keep("mlp", data, settings), interrupted_at=(3, 1))
    fewer = dataclasses.replace(
        data, train_images=data.train_images[:100], train_labels=data.train_labels[:100]
    )
    assert begins_anew(fewer, wu.Keep("mlp", fewer, settings), "it saw stand-in: 200", capsys)


def test_seeds_are_kept_apart(data, settings, capsys):
    Classifier(data).train(wu.Keep("mlp", data, settings), interrupted_at=(3, 1))
    capsys.readouterr()
    Classifier(data).train(wu.Keep("mlp", data, dataclasses.replace(settings, seed=1)))
    assert capsys.readouterr().out.startswith("epoch  1/4")


# --- two notebooks, full disks ---


def test_two_notebooks_do_not_mix_their_epochs(data, settings, capsys):
    first = wu.Keep("mlp", data, settings)
    assert first.take()  # a notebook is training
    Classifier(data).train(wu.Keep("mlp", data, settings), interrupted_at=(3, 1))
    assert "Another notebook is training 'mlp' now" in capsys.readouterr().out
    assert not first.unfinished.exists()
    first.release()
    Classifier(data).train(wu.Keep("mlp", data, settings), interrupted_at=(3, 1))
    assert first.unfinished.exists()


def test_after_a_training_the_next_notebook_may_go(data, settings):
    keep = wu.Keep("mlp", data, settings)
    Classifier(data).train(keep, interrupted_at=(2, 1))
    Classifier(data).train(keep)
    with pytest.raises(ValueError, match="optimizer does not hold"):
        wu.train(*Classifier(data).networks, *data.loaders(64), Classifier(data).optimizer, 1, keep)
    assert wu.Keep("mlp", data, settings).take()


def test_a_folder_that_cannot_be_written_does_not_stop_a_training(data, settings, capsys):
    settings.runs_dir.parent.mkdir(exist_ok=True)
    settings.runs_dir.write_text("not a folder")
    history = Classifier(data).train(wu.Keep("mlp", data, settings))
    assert len(history.validation_loss) == N_EPOCHS
    assert "The epochs of this training cannot be kept" in capsys.readouterr().out


def test_a_full_disk_does_not_stop_a_training(data, settings, capsys, monkeypatch):
    def no_room(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("workshop_utils.training.runs.write_tensors", no_room)
    history = Classifier(data).train(wu.Keep("mlp", data, settings))
    assert len(history.validation_loss) == N_EPOCHS
    said = capsys.readouterr().out
    assert said.count("This epoch could not be kept ([Errno 28] No space left on device).") == 1
    assert "mlp could not be saved for the other notebooks ([Errno 28]" in said


def test_where_nothing_was_kept_nothing_is_promised(data, settings, capsys, monkeypatch):
    n_written, write = [], runs.write_tensors

    def room_for_one(*what):
        n_written.append(1)
        if len(n_written) > 1:
            raise PermissionError(13, "The file is used by another program")  # as Windows says it
        write(*what)

    monkeypatch.setattr(runs, "write_tensors", room_for_one)
    keep = wu.Keep("mlp", data, settings)
    Classifier(data).train(keep, interrupted_at=(4, 1))
    said = capsys.readouterr().out
    assert "after epoch 3 of 4.\nKept is epoch 1: run the same again" in said
    again = Classifier(data)
    again.train(keep)
    assert "Going on after epoch 1 of 4" in capsys.readouterr().out


# --- killed kernels ---

KILLED = """
import os, signal, sys
import torch
import workshop_utils as wu
sys.path.insert(0, {tests!r})
from making import noise
from test_resuming import Classifier
from workshop_utils import files
import dataclasses
from pathlib import Path

settings = dataclasses.replace(wu.Settings.from_environment(), runs_dir=Path({runs!r}))
data = noise()
keep = wu.Keep("mlp", data, settings)
when = {when!r}
replace, n_written = os.replace, 0

def replacing(*names):
    global n_written
    n_written += 1
    if n_written == 3 and when == "before the file has its name":
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*names)
    if n_written == 3 and when == "after the file has its name":
        os.kill(os.getpid(), signal.SIGKILL)

class Killed:
    def __init__(self, loader):
        self.loader, self.generator, self.n = loader, loader.generator, 0
    def __len__(self):
        return len(self.loader)
    def __iter__(self):
        self.n += 1
        for number, batch in enumerate(self.loader):
            if (self.n, number) == (3, 2) and when == "in the middle of an epoch":
                os.kill(os.getpid(), signal.SIGKILL)
            yield batch

files.os.replace = replacing
training = Classifier(data)
training.loaders = Killed(training.loaders[0]), training.loaders[1]
training.train(keep)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no such signal")
@pytest.mark.parametrize(
    ("when", "n_kept"),
    [
        ("in the middle of an epoch", 2),
        pytest.param("before the file has its name", 2, marks=pytest.mark.long),
        pytest.param("after the file has its name", 3, marks=pytest.mark.long),
    ],
)
def test_a_killed_kernel_loses_one_epoch_at_most(when, n_kept, data, settings):
    program = KILLED.format(tests=os.path.dirname(__file__), runs=str(settings.runs_dir), when=when)
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], timeout=120)
    assert killed.returncode == -signal.SIGKILL
    keep = wu.Keep("mlp", data, settings)
    _, about = read_tensors(keep.unfinished)
    assert len(about["history"]["validation_loss"]) == n_kept

    # And another kernel went through the same numbers as this one would have.
    whole, again = Classifier(data), Classifier(data)
    expected = whole.train()
    assert without_seconds(again.train(keep)) == without_seconds(expected)
    assert same(again.weights(), whole.weights())
