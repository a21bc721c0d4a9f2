import json
import re
from unittest.mock import MagicMock

import pytest
import torch
from torch import nn

import workshop_utils as wu
from workshop_utils.images.dataset import CIFAR10, STANDIN
from workshop_utils.inside import page as pages
from workshop_utils.inside.examples import PER_CLASS, PHOTOGRAPHS, examples_for, first_of_each
from workshop_utils.inside.page import Subject, to_page
from workshop_utils.inside.trace import CannotShowError


@pytest.fixture
def displayed(monkeypatch):
    """What is displayed, in a notebook, with its words for screen readers."""
    found = []
    monkeypatch.setattr("IPython.get_ipython", MagicMock)
    monkeypatch.setattr("IPython.display.display", lambda x, **more: found.append((x, more)))
    return found


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page)[1])


def test_in_a_notebook_the_page_stands_in_a_frame_of_its_own(displayed, monkeypatch):
    monkeypatch.setenv("WORKSHOP_PROGRESS", "1")
    wu.look_inside(wu.BasicConvNet(8, 16, 256))
    [(data, _)] = displayed
    assert data["text/html"].startswith('<iframe srcdoc="&lt;!DOCTYPE html&gt;')
    assert 'sandbox="allow-scripts"' in data["text/html"]


def test_where_pages_do_not_run_there_is_a_picture(displayed):
    classifier = wu.BasicConvNet(8, 16, 256)
    coders = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    wu.look_inside(classifier)
    wu.look_inside(*coders)
    (cnn, words), (autoencoder, _) = displayed
    x = examples_for(CIFAR10).images[:1] / 255
    with torch.no_grad():
        scores, decoded = classifier(x)[0], coders[1](coders[0](x))[0]
    assert len(cnn.axes) == 1 + 4 + 1  # image, conv1 to pool2, scores
    assert len(autoencoder.axes) == 1 + 6 + 1
    heights = torch.tensor([float(bar.get_height()) for bar in cnn.axes[-1].patches])
    assert torch.allclose(heights, scores, atol=1e-5)
    picture = torch.tensor(autoencoder.axes[-1].images[0].get_array().tolist())
    assert torch.allclose(picture, decoded.permute(1, 2, 0), atol=1e-5)
    assert words["metadata"]["image/png"]["alt"] == (
        "Inside BasicConvNet: an image (airplane) and the maps of conv1, 8×28×28; pool1, 8×14×14; "
        "conv2, 16×10×10; pool2, 16×5×5."
    )


def test_a_file_is_written_whole_and_told(tmp_path, capsys):
    file = tmp_path / "new" / "inside.html"
    wu.look_inside(wu.BasicConvNet(2, 2, 8), file=file)
    assert capsys.readouterr().out == f"{file}: 0.2 MB, to be opened in a browser.\n"
    assert [each.name for each in file.parent.iterdir()] == ["inside.html"]
    assert file.read_text(encoding="utf-8").rstrip().endswith("</html>")


@pytest.mark.parametrize(
    ("networks", "said"),
    [
        ((nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh()),), "the page cannot compute tanh, after 0"),
        ((wu.MultilayerPerceptronModel(3072, 10),), "too large for the page, which would have 4.5"),
        ((nn.Conv2d(3, 8, 4), nn.ConvTranspose2d(8, 3, 3)), "The decoder makes 3×31×31 numbers"),
        ((nn.Conv2d(3, 8, 4), nn.Conv2d(3, 8, 4)), "Conv2d cannot be followed with an input of 8×"),
    ],
)
def test_what_cannot_be_shown_is_told_in_a_sentence(networks, said, displayed, capsys):
    wu.look_inside(*networks)
    assert said in capsys.readouterr().out
    assert displayed == []


def test_images_of_your_own_data_are_those_to_choose_from(data, tmp_path):
    file = tmp_path / "inside.html"
    wu.look_inside(wu.BasicConvNet(2, 2, 8), data=data, file=file)
    images = data_of(file.read_text(encoding="utf-8"))["network"]["images"]
    chosen = first_of_each(data.validation_labels)
    assert images["labels"] == data.validation_labels[chosen].tolist()
    assert images["pixels"] == pages._in_text(data.validation_images[chosen])


@pytest.mark.parametrize("dataset", [CIFAR10, STANDIN])
def test_there_are_images_of_every_class_without_a_data_set(dataset):
    examples = examples_for(dataset)
    assert examples.title.startswith(dataset)
    assert examples.images.shape == (10 * PER_CLASS, 3, 32, 32)
    assert examples.images.dtype == torch.uint8
    assert examples.labels.tolist() == [label for label in range(10) for _ in range(PER_CLASS)]
    assert len(examples.images.unique(dim=0)) == 10 * PER_CLASS
    assert PHOTOGRAPHS.stat().st_size < 100_000


def test_the_first_images_of_each_class_are_taken_class_after_class():
    assert first_of_each(torch.tensor([1, 0, 1, 1, 0, 2, 1])).tolist() == [1, 4, 0, 2, 3, 5]


def test_scores_have_names_if_there_are_as_many_as_classes():
    examples = examples_for(CIFAR10)
    for n, expected in ((10, [*examples.classes]), (3, ["0", "1", "2"])):
        model = wu.BasicConvNet(2, 2, 8, n_classes=n)
        assert data_of(to_page(Subject((model,), examples)))["network"]["classes"] == expected
    maps = data_of(to_page(Subject((nn.Conv2d(3, 2, 3),), examples)))
    assert maps["network"]["classes"] is None
    assert "autoencoder" not in maps


def test_the_deeper_network_of_the_workbook_can_be_looked_into():
    page = to_page(Subject((wu.DeeperConvNet(),), examples_for(CIFAR10)))
    names = [each["name"] for each in data_of(page)["network"]["network"]["operations"]]
    assert names[-3:] == ["relu4", "amax", "logits"]


def test_no_text_ends_the_page_early(monkeypatch):
    examples = examples_for(CIFAR10)
    classes = ("</script><b>", *examples.classes[1:])
    monkeypatch.setitem(vars(examples), "classes", classes)
    page = to_page(Subject((wu.BasicConvNet(2, 2, 8),), examples, "a < b"))
    assert data_of(page)["network"]["classes"][0] == "</script><b>"
    assert "a &lt; b" in page


def test_a_module_comes_after_those_that_it_imports():
    code = pages.joined("network")
    assert re.findall(r"^const \$(\w+) = ", code, flags=re.MULTILINE) == ["ops", "network"]
    assert not re.search(r"^(import|export) ", pages.joined("main"), flags=re.MULTILINE)


def test_only_networks_are_refused_not_the_call(tmp_path):
    with pytest.raises(CannotShowError):
        to_page(Subject((nn.Tanh(),), examples_for(CIFAR10)))
    assert list(tmp_path.iterdir()) == []
