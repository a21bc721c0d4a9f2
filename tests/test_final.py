"""The test set: opened by one call, which counts."""

import dataclasses

import pytest
import torch
from making import noise
from test_resuming import Classifier

import workshop_utils as wu
from workshop_utils.training.runs import times_tested


def trained(data, settings):
    """A finished training of a small classifier, and what it was kept by."""
    training, keep = Classifier(data), wu.Keep("mlp", data, settings)
    training.train(keep)
    return keep, *training.networks


def test_the_result_is_the_accuracy_on_the_test_images_alone(data, settings, capsys):
    keep, model = trained(data, settings)
    loader = wu.Loader(data.test_images, data.test_labels)
    _loss, accuracy = wu.evaluate(model, torch.nn.CrossEntropyLoss(), loader)
    assert wu.open_test_set(keep, model) == pytest.approx(accuracy)
    assert "(standard error of 70 images)" in capsys.readouterr().out


def test_for_an_autoencoder_it_is_the_squared_error(data, settings):
    keep, _model = trained(data, settings)
    networks = wu.ConvEncoder(2, 3, 4), wu.ConvDecoder(2, 3, 4)
    expected = wu.evaluate_autoencoder(*networks, data.test_loader())
    assert wu.open_test_set(keep, *networks) == pytest.approx(expected)


def test_every_look_is_counted_and_said_also_after_another_training(data, settings, capsys):
    keep, model = trained(data, settings)
    said = []
    for _ in range(2):
        capsys.readouterr()
        wu.open_test_set(keep, model)
        said.append(capsys.readouterr().out.splitlines()[-1])
    keep, model = trained(data, settings)
    wu.open_test_set(keep, model)
    said.append(capsys.readouterr().out.splitlines()[-1])
    assert said == [
        "It was opened for 'mlp' for the first time.",
        "It was opened for 'mlp' 2 times by now; the first is what counts.",
        "It was opened for 'mlp' 3 times by now; the first is what counts.",
    ]
    assert times_tested(keep.finished) == 3


def test_without_a_run_of_ones_own_nobody_counts(data, settings, capsys):
    keep = wu.Keep("cnn", data, settings)
    wu.open_test_set(keep, wu.BasicConvNet(2, 3, 4))
    assert "nobody counts" in capsys.readouterr().out


# --- the split ---


def test_every_tenth_image_of_each_class_is_kept_for_validation(settings):
    data = wu.load_data(settings)  # 10,000 training images of the stand-in
    assert len(data.train_images) + len(data.validation_images) == settings.profile.n_train
    counts = torch.bincount(data.validation_labels), torch.bincount(data.train_labels)
    assert all(abs(9 * few - many) < 10 for few, many in zip(*counts, strict=True))
    train_loader, validation_loader = data.loaders()
    assert train_loader.images is data.train_images and train_loader.shuffle
    assert validation_loader.images is data.validation_images and not validation_loader.shuffle


def test_no_image_is_in_two_parts(settings):
    data = wu.load_data(settings)
    parts = [data.train_images, data.validation_images, data.test_images]
    seen = [{image.numpy().tobytes() for image in part} for part in parts]
    assert len(set.union(*seen)) == sum(map(len, parts))


def test_a_training_never_sees_the_test_images(settings):
    data = noise()
    black = dataclasses.replace(data, test_images=data.test_images * 0)
    one, other = (Classifier(each).train().validation_loss for each in (data, black))
    assert one == other
