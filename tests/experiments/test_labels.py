"""Learning from few labels: who sees which images, and which labels."""

import dataclasses
import functools

import pytest
import torch
from making import noise
from torch import nn

import workshop_utils as wu
from workshop_utils.experiments import labels
from workshop_utils.experiments.sweeps import Sweep


@functools.cache
def directions_of_noise():
    return wu.principal_directions(noise().train_images)


@pytest.fixture
def settings(settings, monkeypatch):
    """With a CNN that is trained for a moment, and PCA, which takes seconds, computed once."""
    monkeypatch.setattr(labels, "CNN_EPOCH", 200)
    monkeypatch.setattr(labels, "principal_directions", lambda _images: directions_of_noise())
    return settings


def accuracies(data, settings, features):
    return wu.try_labels(data, settings, features)[0].validation_accuracy


def mixed(values):
    return values[torch.randperm(len(values), generator=torch.Generator().manual_seed(3))]


def test_labels_are_drawn_equally_often_from_each_class_and_anew_with_each_seed():
    of_all = mixed(torch.arange(5_000) % 10)
    draws = {seed: labels.draw_labelled(of_all, 100, seed) for seed in (0, 1)}
    for drawn in draws.values():
        assert of_all[drawn].bincount().tolist() == [10] * 10
        assert len(drawn.unique()) == 100
    assert len(set(draws[0].tolist()) & set(draws[1].tolist())) < 20
    assert set(draws[0].tolist()) < set(labels.draw_labelled(of_all, 500, 0).tolist())


@pytest.mark.parametrize("features", [*labels.FEATURES, "CNN"])
def test_all_features_learn_from_the_same_labels_and_no_others(
    data, settings, features, monkeypatch
):
    seen = []
    learners = {name: getattr(labels, name) for name in ("fit_linear", "train_cnn")}
    for name in learners:

        def watched(*given, name=name):
            seen.append([each for each in given if isinstance(each, wu.Loader)])
            return learners[name](*given)

        monkeypatch.setattr(labels, name, watched)
    plain = accuracies(data, settings, features)
    [[labelled, choosing]] = seen  # 200 images are enough for 100 labels, and for no more
    drawn = labels.draw_labelled(data.train_labels, 100, settings.seed)
    assert torch.equal(labelled.images, data.train_images[drawn])
    assert torch.equal(labelled.labels, data.train_labels[drawn])
    assert torch.equal(choosing.images, data.validation_images[:45])
    hidden = data.train_labels.clone()
    hidden[~torch.isin(torch.arange(200), drawn)] = 0
    monkeypatch.setattr(labels, "draw_labelled", lambda *_: drawn)
    others = dataclasses.replace(data, train_labels=hidden)
    monkeypatch.setattr(labels, "N_LABELS", (0,))
    assert accuracies(others, settings, features) == plain


@pytest.mark.parametrize("features", ["pixels", "CNN"])
def test_what_is_chosen_does_not_depend_on_the_half_that_is_reported(
    data, settings, features, monkeypatch
):
    chosen = []
    monkeypatch.setattr(
        labels, "evaluate", lambda model, *_: chosen.append(model.state_dict()) or (0, 0)
    )
    changed = data.validation_labels.clone()
    changed[45:] = 0
    for each in (data, dataclasses.replace(data, validation_labels=changed)):
        wu.try_labels(each, settings, features)
    one, other = (list(weights.values()) for weights in chosen)
    assert all(map(torch.equal, one, other))


def test_the_reported_accuracy_is_that_of_the_second_half(data, settings):
    wrong = data.validation_labels.clone()
    wrong[45:] = 10 - 1 - wrong[45:]
    others = dataclasses.replace(data, validation_labels=wrong)
    [right], [reversed_] = (accuracies(each, settings, "pixels") for each in (data, others))
    assert right > 0.5
    assert reversed_ < 0.2


def test_the_weight_decay_is_the_best_for_the_images_to_choose_by(data, settings, monkeypatch):
    encoders = labels.scaled(labels.learn_encoder("untrained", data, settings), data)
    labelled, choosing = data.loaders()[1], wu.Loader(data.train_images, data.train_labels)
    accuracies = iter([*[0.2] * 10, 0.3, 0.1, 0.2, 0.2, 0.2, 0.2])
    monkeypatch.setattr(labels, "accuracy", lambda *_: next(accuracies))
    encoder, layer = labels.fit_linear(encoders, labelled, choosing)
    x = encoders[1](labelled.images / 255)
    assert encoder is encoders[1]
    best = labels._logistic_regression(x, labelled.labels, labels.DECAYS[2])
    assert torch.equal(layer.weight, best.weight)


def test_logistic_regression_finds_the_least_loss(data):
    x = torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    layer = labels._logistic_regression(x, data.train_labels, 0.1)
    loss = nn.functional.cross_entropy(layer(x), data.train_labels)
    (loss + 0.05 * layer.weight.square().sum()).backward()
    assert layer.weight.grad.abs().max() < 2e-4


def test_the_untrained_encoder_is_untrained_and_the_others_are_not(data, settings):
    torch.manual_seed(settings.seed)
    first = wu.ConvEncoder(8, 16, 32).state_dict()
    for features, same in (("untrained", True), ("autoencoder", False)):
        found = labels.learn_encoder(features, data, settings)[0].state_dict()
        assert all(map(torch.equal, found.values(), first.values())) == same


@pytest.mark.parametrize("features", labels.FEATURES)
def test_encoders_learn_without_labels(data, settings, features):
    x = data.validation_images / 255
    others = dataclasses.replace(data, train_labels=mixed(data.train_labels))
    codes = [labels.learn_encoder(features, each, settings).eval()(x) for each in (data, others)]
    assert torch.equal(*codes)
    assert codes[0].shape == (90, 3072 if features == "pixels" else 512)
    assert not codes[0].requires_grad


def test_features_have_mean_0_and_deviation_1_each_alone_or_in_all(data, settings):
    encoder = labels.learn_encoder("untrained", data, settings)
    before = encoder(data.train_images / 255)
    each, in_all = (part(data.train_images / 255) for part in labels.scaled(encoder, data))
    for codes in (each, in_all):
        assert codes.mean(dim=0).abs().max() < 1e-3
        assert codes.square().mean().item() == pytest.approx(1, abs=0.01)
    assert torch.allclose(each.std(dim=0), torch.ones(512), atol=1e-3)
    ratios = in_all.std(dim=0) / before.std(dim=0)
    assert torch.allclose(ratios, ratios[0].expand(512), rtol=1e-3)


def test_the_cnn_is_as_it_was_after_its_best_epoch(data, settings, monkeypatch):
    accuracies = [0.1, 0.5, 0.3, 0.5]

    def train(model, *_, n_epochs):
        nn.init.constant_(model.logits.bias, len(accuracies))
        return wu.History(validation_accuracy=[accuracies.pop(0)])

    monkeypatch.setattr(labels, "train", train)
    model = labels.train_cnn(*data.loaders(), settings)
    assert not accuracies
    assert model.logits.bias.tolist() == [3.0] * 10  # when three were left: the second epoch


@pytest.mark.parametrize("n_labels", [50, 200])
def test_however_few_labels_the_cnn_has_as_many_steps(data, settings, monkeypatch, n_labels):
    seen = []

    def train(_model, loader, *_, n_epochs):
        seen.append(loader)
        return wu.History(validation_accuracy=[0.5])

    monkeypatch.setattr(labels, "train", train)
    labelled = wu.Loader(data.train_images[:n_labels], data.train_labels[:n_labels])
    labels.train_cnn(labelled, data.loaders()[1], settings)
    assert len(seen) == 4 * settings.profile.sweep_epochs
    assert len(seen[0].labels) == labels.CNN_EPOCH
    assert torch.equal(seen[0].images[-n_labels:], labelled.images)


def test_other_features_are_refused(data, settings):
    with pytest.raises(ValueError, match="There are: pixels, .*, CNN; not 'codes'"):
        wu.try_labels(data, settings, "codes")


def test_table_and_figure_say_what_each_number_of_labels_gave(data, settings, capsys):
    sweep = wu.sweep(wu.try_labels, data, settings, features=("untrained",), seeds=(0, 1))
    [trial] = sweep.trials
    assert trial.n_parameters == 5_130
    assert labels.by_labels(sweep) == {"untrained": {100: trial.history.validation_accuracy}}
    capsys.readouterr()
    wu.show_labels(Sweep("here", [trial, trial]))
    heads, row = capsys.readouterr().out.splitlines()
    mean = f"{100 * trial.result:.1f}"
    assert heads.split() == ["accuracy", "in", "%", "parameters", "100", "labels"]
    assert row.split() == ["untrained", "5,130", mean, f"({mean}-{mean})"]
    wu.plot_labels(sweep, "Few labels")
