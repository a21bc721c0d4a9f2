import copy
import functools
import math
from itertools import chain

import numpy as np
import pytest
import torch
import tqdm
from torch import nn

import workshop_utils as wu
from workshop_utils.training.loops import evaluate


def sgd(model, lr=1e-2):
    return torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)


def autoencoder():
    torch.manual_seed(0)
    encoder, decoder = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    optimizer = torch.optim.Adam(chain(encoder.parameters(), decoder.parameters()), lr=1e-3)
    return encoder, decoder, optimizer


def test_training_learns(loaders):
    torch.manual_seed(0)
    model = wu.MultilayerPerceptronModel(3072, 10)
    history = wu.train(model, *loaders, sgd(model), n_epochs=15)
    assert history.train_loss[-1] < 0.8 * history.train_loss[0]
    assert history.validation_accuracy[-1] > 0.5  # chance is 0.1


def test_the_history_unpacks_into_losses_and_accuracies_of_every_batch(loaders):
    model = wu.BasicConvNet(8, 16, 32)
    loss, accuracy = wu.train(model, *loaders, sgd(model), n_epochs=2)
    assert len(loss) == len(accuracy) == 2 * 4  # 200 images in batches of 64
    assert all(math.isfinite(value) for value in loss)
    assert all(0 <= value <= 1 for value in accuracy)


def test_the_history_holds_every_epoch(loaders):
    model = wu.BasicConvNet(8, 16, 32)
    history = wu.train(model, *loaders, sgd(model, lr=0.02), n_epochs=3)
    for values in (history.train_loss, history.train_accuracy, history.validation_loss):
        assert len(values) == 3
    assert history.learning_rate == [0.02] * 3
    assert all(seconds > 0 for seconds in history.seconds)
    assert "3 epochs" in repr(history)


def test_the_losses_of_an_epoch_weight_every_image_alike(loaders):
    train_loader, validation_loader = loaders
    model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))
    history = wu.train(model, train_loader, validation_loader, sgd(model), n_epochs=1)
    sizes = [64, 64, 64, 8]
    weighted = sum(n * loss for n, loss in zip(sizes, history.batch_loss, strict=True)) / 200
    assert history.train_loss[0] == pytest.approx(weighted)


def test_evaluation_switches_dropout_off_and_on_again(loaders):
    # Worksheet defect 1: without model.eval(), every evaluation gives another number.
    model = wu.MultilayerPerceptronModel(3072, 10)
    model.train()
    first = evaluate(model, nn.CrossEntropyLoss(), loaders[1])
    assert first == evaluate(model, nn.CrossEntropyLoss(), loaders[1])
    assert model.training
    model.eval()
    assert first == evaluate(model, nn.CrossEntropyLoss(), loaders[1])
    assert not model.training


def test_evaluation_weights_every_image_alike(data):
    # Worksheet defect 3: a mean of batch means favours the images of the smaller last batch.
    model = wu.BasicConvNet(8, 16, 32)
    results = [
        evaluate(model, nn.CrossEntropyLoss(), data.loaders(batch_size)[1])
        for batch_size in (1, 7, 64, 90)
    ]
    for loss, accuracy in results[1:]:
        assert loss == pytest.approx(results[0][0], rel=1e-5)
        assert accuracy == results[0][1]


def test_evaluation_changes_no_weight_and_makes_no_gradient(loaders):
    model = wu.BasicConvNet(8, 16, 32)
    before = copy.deepcopy(model.state_dict())
    evaluate(model, nn.CrossEntropyLoss(), loaders[1])
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())


def test_the_autoencoder_learns_and_reports_its_training(loaders):
    encoder, decoder, optimizer = autoencoder()
    history = wu.train_autoencoder(encoder, decoder, *loaders, optimizer, n_epochs=8)
    assert history.validation_loss[-1] < history.validation_loss[0]
    assert len(history.batch_loss) == 8 * 4
    assert history.batch_accuracy == history.validation_accuracy == []


def test_the_autoencoders_test_loss_does_not_depend_on_batch_sizes(data):
    # Worksheet defect 2: test losses were divided by the size of the last training batch.
    encoder, decoder, _ = autoencoder()
    by_hand = 0.0
    for image in data.validation_images:
        x = image[None].float() / 255
        by_hand += ((wu.reconstruct(encoder, decoder, x) - x) ** 2).sum().item() / 90
    for batch_size in (1, 64, 90):
        loss = wu.evaluate_autoencoder(encoder, decoder, data.loaders(batch_size)[1])
        assert loss == pytest.approx(by_hand, rel=1e-4)


def test_training_and_test_loss_of_the_autoencoder_are_the_same_measure(data):
    encoder, decoder, _ = autoencoder()
    frozen = torch.optim.SGD(chain(encoder.parameters(), decoder.parameters()), lr=0.0)
    loader = wu.Loader(data.train_images, data.train_labels, batch_size=64)
    history = wu.train_autoencoder(encoder, decoder, loader, loader, frozen, n_epochs=1)
    assert history.train_loss[0] == pytest.approx(history.validation_loss[0], rel=1e-5)


def test_the_autoencoder_uses_no_labels(data):
    losses = []
    for labels in (data.train_labels, torch.zeros_like(data.train_labels)):
        encoder, decoder, optimizer = autoencoder()
        loader = wu.Loader(data.train_images, labels, batch_size=64)
        history = wu.train_autoencoder(encoder, decoder, loader, loader, optimizer, n_epochs=1)
        losses.append(history.validation_loss)
    assert losses[0] == losses[1]


def test_the_same_seed_gives_the_same_weights(data):
    def trained():
        torch.manual_seed(3)
        model = wu.MultilayerPerceptronModel(3072, 10)
        wu.train(model, *data.loaders(64), sgd(model), n_epochs=2)
        return model.state_dict()

    first, second = trained(), trained()
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_predictions_are_probabilities_in_the_loaders_order(data):
    model = wu.MultilayerPerceptronModel(3072, 10)
    probabilities, labels = wu.predict(model, data.loaders(64)[1])
    assert torch.allclose(probabilities.sum(dim=1), torch.ones(90))
    assert torch.equal(labels, data.validation_labels)
    assert model.training


def test_accuracy_counts_the_highest_score():
    logits = torch.tensor([[0.0, 2.0], [3.0, 1.0], [0.0, 0.1], [5.0, 4.0]])
    assert wu.accuracy(logits, torch.tensor([1, 0, 0, 1])) == 0.5


def test_a_loss_that_is_not_finite_stops_with_epoch_and_batch(loaders):
    model = wu.BasicConvNet(8, 16, 32)
    with pytest.raises(FloatingPointError, match=r"epoch \d+, batch \d+.*learning rate ten times"):
        wu.train(model, *loaders, sgd(model, lr=1e12), n_epochs=3)


def cnn():
    return wu.BasicConvNet(2, 3, 4)


class Changed:
    """A loader whose images or labels are of another form."""

    def __init__(self, loader, images=lambda x: x, labels=lambda y: y):
        self.loader, self.images, self.change = loader, images, labels

    def __len__(self):
        return len(self.loader)

    def __iter__(self):
        for x, labels in self.loader:
            yield self.images(x), self.change(labels)


class Singles(torch.utils.data.Dataset):
    def __len__(self):
        return 90

    def __getitem__(self, i):
        return torch.rand(3, 32, 32), i % 10


def one_hot(labels):
    return nn.functional.one_hot(labels, 10)


def lazily(loader):
    return (batch for batch in loader)


def torchs(shuffle):
    return torch.utils.data.DataLoader(Singles(), batch_size=30, shuffle=shuffle)


def made_in_inference_mode():
    with torch.inference_mode():
        return cnn()


# What is given otherwise than it should be: (model, optimizer, loaders, epochs), and the sentence.
ODD = {
    "no epoch": (dict(n_epochs=0), "at least one epoch"),
    "negative epochs": (dict(n_epochs=-3), "n_epochs is -3, but"),
    "half epochs": (dict(n_epochs=2.5), "n_epochs is 2.5, but it must be a whole number"),
    "epochs in words": (dict(n_epochs="2"), "n_epochs is '2', but it must be a whole number"),
    "a class": (dict(model=wu.BasicConvNet), r"the class BasicConvNet was given.*BasicConvNet\("),
    "the class of an optimizer": (dict(optimizer=torch.optim.SGD), "the class SGD was given"),
    "no optimizer": (dict(optimizer=cnn()), "kind BasicConvNet was given, but Optimizer is needed"),
    "frozen": (dict(model=cnn().requires_grad_(False)), "all weights are frozen"),
    "without weights": (dict(model=nn.Flatten(), optimizer=sgd(cnn())), "it has no weights"),
    "of inference": (dict(model=made_in_inference_mode()), "inside torch.inference_mode"),
    "of other numbers": (dict(model=cnn().double()), "weights are torch.float64, the images torch"),
    "half precision": (dict(model=cnn().half()), r"weights are torch.float16.*model.float\(\)"),
    "an autoencoder": (
        dict(model=nn.Sequential(wu.ConvEncoder(2, 3, 4), wu.ConvDecoder(2, 3, 4))),
        "Is it an autoencoder",
    ),
    "keep's class": (dict(keep=wu.Keep), "For keep, the class Keep was given"),
    "the other way round": (dict(loaders=lambda t, v: (v, t)), "Are the two exchanged"),
    "so with PyTorch's": (
        dict(loaders=lambda t, v: (torchs(shuffle=False), torchs(shuffle=True))),
        "Are the two exchanged",
    ),
    "single images": (dict(loaders=lambda t, v: (Singles(), v)), "a Singles, which gives single"),
    "single images to evaluate": (dict(loaders=lambda t, v: (t, Singles())), "DataLoader"),
    "both loaders in one": (dict(loaders=lambda t, v: ((t, v), v)), r"data.loaders\(\) makes"),
    "batches once": (dict(loaders=lambda t, v: (t, lazily(v))), "is of the kind generator"),
    "no labels": (dict(loaders=lambda t, v: (t, [torch.rand(3, 3, 32, 32)])), "pairs of tensors"),
    "one-hot": (dict(loaders=lambda t, v: (t, Changed(v, labels=one_hot))), "argmax"),
    "a column": (
        dict(loaders=lambda t, v: (t, Changed(v, labels=lambda y: y[:, None]))),
        "flatten",
    ),
    "decimal labels": (
        dict(loaders=lambda t, v: (t, Changed(v, labels=torch.Tensor.float))),
        r"hold torch.float32.*labels.long\(\)",
    ),
    "short labels": (dict(loaders=lambda t, v: (t, Changed(v, labels=torch.Tensor.int))), "int64"),
    "labels of NumPy": (
        dict(loaders=lambda t, v: (wu.Loader(t.images, t.labels.numpy(), shuffle=True), v)),
        "For the labels, something of the kind ndarray",
    ),
    "colours last": (
        dict(loaders=lambda t, v: (t, Changed(v, images=lambda x: x.permute(0, 2, 3, 1)))),
        r"x.permute\(0, 3, 1, 2\) puts them first",
    ),
    "bytes": (
        dict(loaders=lambda t, v: (t, Changed(v, images=lambda x: (255 * x).byte()))),
        r"x.float\(\) / 255",
    ),
}


@pytest.mark.parametrize("what", ODD)
def test_what_is_given_otherwise_than_it_should_be_is_named(what, loaders):
    given, words = ODD[what]
    model = given.get("model", cnn())
    optimizer = given.get("optimizer") or sgd(cnn() if isinstance(model, type) else model)
    loaders = given.get("loaders", lambda *both: both)(*loaders)
    with pytest.raises((ValueError, TypeError), match=words):
        wu.train(model, *loaders, optimizer, given.get("n_epochs", 1), given.get("keep"))


def test_whole_numbers_of_numpy_count_epochs(loaders):
    model = cnn()
    assert len(wu.train(model, *loaders, sgd(model), np.int64(2)).validation_loss) == 2


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (torch.no_grad, r"Gradients are switched off.*set_grad_enabled\(True\)"),
        (torch.inference_mode, "inside torch.inference_mode"),
        (lambda: torch.set_grad_enabled(mode=False), "Gradients are switched off"),
    ],
)
def test_without_gradients_nothing_can_be_learnt(mode, words, loaders):
    model = cnn()
    with mode(), pytest.raises(ValueError, match=words):
        wu.train(model, *loaders, sgd(model))


@pytest.mark.parametrize(
    "use",
    [
        wu.show_layers,
        wu.count_parameters,
        lambda model: wu.predict(model, wu.Loader(torch.zeros(1, 3, 32, 32), torch.zeros(1))),
        lambda model: wu.draw_network(model, "A title"),
        lambda model: wu.layer_outputs(model, torch.rand(1, 3, 32, 32)),
        lambda model: wu.reconstruct(model, model, torch.rand(1, 3, 32, 32)),
        lambda model: wu.latent_line(model, model, *torch.rand(2, 3, 32, 32)),
    ],
)
def test_a_class_in_place_of_a_network_is_named(use):
    with pytest.raises(ValueError, match="class BasicConvNet was given"):
        use(wu.BasicConvNet)


def test_an_empty_loader_is_refused():
    model = wu.BasicConvNet(8, 16, 32)
    with pytest.raises(ValueError, match="evaluation loader is empty"):
        evaluate(model, nn.CrossEntropyLoss(), [])
    with pytest.raises(ValueError, match="training loader is empty"):
        wu.train(model, [], [], sgd(model))
    with pytest.raises(ValueError, match="evaluation loader is empty"):
        wu.evaluate_autoencoder(wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32), [])


def test_an_optimizer_of_another_model_is_refused(loaders):
    old, new = wu.BasicConvNet(8, 16, 32), wu.BasicConvNet(8, 16, 32)
    with pytest.raises(ValueError, match="made anew after the optimizer"):
        wu.train(new, *loaders, sgd(old))


def test_an_optimizer_without_the_decoder_is_refused(loaders):
    encoder, decoder, _ = autoencoder()
    with pytest.raises(ValueError, match="of this ConvDecoder"):
        wu.train_autoencoder(encoder, decoder, *loaders, sgd(encoder))


def test_labels_without_an_output_are_refused(data):
    model = wu.BasicConvNet(8, 16, 32, n_classes=7)
    with pytest.raises(ValueError, match="labels run from 0 to 9, but the model has 7 outputs"):
        wu.train(model, *data.loaders(64), sgd(model))


def test_scores_of_the_wrong_shape_are_refused(loaders):
    model = nn.Conv2d(3, 10, 1)
    with pytest.raises(ValueError, match="one row of scores per image"):
        wu.train(model, *loaders, sgd(model))


def test_a_forgotten_return_is_named(loaders):
    class Forgetful(nn.Linear):
        def forward(self, x):
            super().forward(x.flatten(start_dim=1))

    model = Forgetful(3072, 10)
    with pytest.raises(TypeError, match="return statement missing"):
        wu.train(model, *loaders, sgd(model))


def test_a_decoder_that_returns_another_size_is_refused(loaders):
    encoder, _, _ = autoencoder()
    decoder = nn.Conv2d(32, 3, 1)
    optimizer = torch.optim.Adam(chain(encoder.parameters(), decoder.parameters()))
    with pytest.raises(ValueError, match="undo every stride"):
        wu.train_autoencoder(encoder, decoder, *loaders, optimizer)


def test_a_model_on_another_device_is_refused(loaders):
    model = wu.BasicConvNet(8, 16, 32).to("meta")
    with pytest.raises(ValueError, match="is on meta, but the images are on cpu"):
        wu.train(model, *loaders, sgd(model))


def test_an_epoch_prints_one_line(loaders, capsys):
    model = wu.BasicConvNet(8, 16, 32)
    wu.train(model, *loaders, sgd(model), n_epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("epoch  2/2 | train loss")
    assert "accuracy" in lines[1]


def test_a_long_training_prints_at_most_a_dozen_lines_and_the_last_epoch(data, capsys):
    encoder, decoder, optimizer = autoencoder()
    loader = wu.Loader(data.validation_images[:8], data.validation_labels[:8])
    wu.train_autoencoder(encoder, decoder, loader, loader, optimizer, n_epochs=48)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 13
    assert lines[-1].startswith("epoch 48/48")


def test_a_progress_bar_shows_loss_and_accuracy(loaders, monkeypatch, capsys):
    monkeypatch.setenv("WORKSHOP_PROGRESS", "1")
    at_once = functools.partial(tqdm.tqdm, mininterval=0)
    monkeypatch.setattr("workshop_utils.training.log.tqdm", at_once)
    model = wu.BasicConvNet(8, 16, 32)
    wu.train(model, *loaders, sgd(model), n_epochs=1)
    shown = capsys.readouterr().err
    assert "epoch 1/1" in shown
    assert "accuracy=" in shown


def test_no_progress_bar_where_none_is_wanted(loaders, capsys):
    model = wu.BasicConvNet(8, 16, 32)
    wu.train(model, *loaders, sgd(model), n_epochs=1)
    assert capsys.readouterr().err == ""


def test_names_of_version_1_still_evaluate(data):
    model, criterion = wu.MultilayerPerceptronModel(3072, 10), nn.CrossEntropyLoss()
    loader = data.test_loader()
    assert wu.test(model, criterion, loader) == wu.evaluate(model, criterion, loader)
    networks = wu.ConvEncoder(2, 3, 4), wu.ConvDecoder(2, 3, 4)
    assert wu.test_autoencoder(*networks, loader) == wu.evaluate_autoencoder(*networks, loader)
