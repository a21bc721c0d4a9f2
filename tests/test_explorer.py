import re

import torch

import workshop_utils as wu
from tools.pages import explorer


def test_the_page_needs_nothing_but_itself(data):
    page = explorer.to_page(wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32), data)
    assert re.findall(r"""(?:src|href)\s*=(?!"data:)|url\(|@import|https?:""", page) == []
    assert f"Choose two of {10 * explorer.PER_CLASS} validation images of the stand-in" in page


def test_the_first_images_of_each_class_are_taken_class_after_class():
    labels = torch.tensor([1, 0, 1, 1, 0, 2])
    assert explorer.some_of_each_class(labels, 2).tolist() == [1, 4, 0, 2, 5]


def test_without_a_trained_autoencoder_one_is_trained(data, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(explorer, "load_data", lambda settings: data)
    monkeypatch.setenv("WORKSHOP_RUNS", str(tmp_path))
    monkeypatch.setattr(explorer, "PAGES", tmp_path)
    explorer.main()
    assert "yet: one is trained" in capsys.readouterr().out
    assert "Between two images" in (tmp_path / "explorer.html").read_text(encoding="utf-8")
