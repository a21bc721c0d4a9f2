"""What the texts claim of recorded sweeps, as comparisons with a margin: one that turns is noticed.

Claims about single results are in METRICS (`least`, `most`).
"""

import re
from itertools import pairwise
from statistics import fmean, variance

import nbformat
import pytest

from tools import places
from tools.notebooks.numbers import curve_of, ladder
from workshop_utils.contest.board import points_lost
from workshop_utils.contest.budget import MINUTES, recorded_ladder, trials_of
from workshop_utils.contest.ladder import TRICKS
from workshop_utils.experiments.labels import by_labels
from workshop_utils.experiments.reference import METRICS, load_reference
from workshop_utils.experiments.sweeps import shipped_sweep
from workshop_utils.files import read_tensors
from workshop_utils.images.dataset import CIFAR10
from workshop_utils.training.history import History
from workshop_utils.training.runs import SHIPPED_RUNS


def results(sweep, **choices):
    """The results of all seeds, accuracies in percentage points."""
    trials = shipped_sweep(sweep).where(**choices)
    scale = 100 if trials[0].history.validation_accuracy else 1
    return [scale * trial.result for trial in trials]


def kept_history(name):
    """The history of a run that came with the workbook."""
    return History(**read_tensors(SHIPPED_RUNS / f"{name}-cifar-10-full.safetensors")[1]["history"])


def pixels(network, order):
    return results("try_pixels", network=network, pixels=order)


def variant(name):
    return results("try_variant", variant=name)


def gained(features, others, n_labels):
    """By how many points features are better than others with so many labels, on average."""
    found = by_labels(shipped_sweep("try_labels"))
    return 100 * (fmean(found[features][n_labels]) - fmean(found[others][n_labels]))


def test_to_the_mlp_shuffled_pixels_are_as_good():
    assert abs(fmean(pixels("MLP", "in order")) - fmean(pixels("MLP", "shuffled"))) < 1.5


def test_the_cnn_gains_from_neighbours_alone():
    assert min(pixels("CNN", "in order")) > max(pixels("MLP", "in order")) + 5
    assert min(pixels("CNN", "in order")) > max(pixels("CNN", "shuffled")) + 5
    assert fmean(pixels("CNN", "shuffled")) < fmean(pixels("MLP", "shuffled")) + 1


def test_each_change_helps_the_autoencoder_and_no_relu_more_than_more_filters():
    assert max(variant("twice the filters")) < min(variant("as above")) - 1
    assert max(variant("without ReLU")) < min(variant("twice the filters")) - 1


def test_one_trained_convolution_comes_close_to_what_can_be_computed():
    assert max(variant("one 8×8 convolution")) < min(variant("without ReLU")) - 1
    longer = load_reference()[CIFAR10]["full"].metrics["autoencoder_validation_loss"]
    assert max(variant("one 8×8 convolution")) < min(longer.values.values()) - 1


def test_after_one_epoch_the_training_loss_of_the_mlp_is_the_higher_one():
    history = kept_history("mlp")
    assert history.train_loss[0] > history.validation_loss[0] + 0.05


def test_the_mlp_begins_ahead_of_the_cnn_and_ends_behind():
    mlp, cnn = (kept_history(name).validation_accuracy for name in ("mlp", "cnn"))
    assert mlp[0] > cnn[0] + 0.01
    assert cnn[-1] > mlp[-1] + 0.05


def test_at_the_end_the_training_loss_of_the_cnn_falls_faster_than_its_validation_loss():
    history = kept_history("cnn")
    falls = [losses[-4] - losses[-1] for losses in (history.train_loss, history.validation_loss)]
    assert falls[0] > falls[1] + 0.01


def test_moved_images_cost_the_cnn_more_than_the_mlp_with_every_seed():
    metrics = load_reference()[CIFAR10]["full"].metrics
    mlp, cnn = (metrics[f"{name}_lost_when_moved"].values for name in ("mlp", "cnn"))
    assert all(cnn[seed] > mlp[seed] + 2 for seed in mlp)


def test_moved_back_both_networks_regain_most_of_what_they_lost():
    printed = str(nbformat.read(places.SOLUTIONS / "further" / "b_moved.ipynb", as_version=4))
    assert "moved back, each regains more than half of its loss: True" in printed


# --- notebook C ---


def test_the_readme_says_what_ten_minutes_reach():
    said = (places.ROOT / "README.md").read_text(encoding="utf-8")
    assert f"gets {ladder('test', 10)} of the test\nimages right" in said


def test_more_minutes_reach_more_with_every_seed():
    reached = [[rung["test_accuracy"] for rung in trials_of(m)] for m in MINUTES]
    assert max(reached[0]) < min(reached[1])
    assert max(reached[1]) < min(reached[2])
    means = [100 * fmean(rungs) for rungs in reached]
    assert (means[1] - means[0]) / 4 > 2 * (means[2] - means[1]) / 5  # points a minute


def test_validation_accuracy_by_which_all_was_chosen_is_a_little_higher_than_test_accuracy():
    for minutes in MINUTES:
        gap = fmean(t["validation_accuracy"] - t["test_accuracy"] for t in trials_of(minutes))
        assert 0 < gap < 0.012


def test_after_ten_minutes_most_of_what_is_missing_in_validation_is_right_in_training():
    for trial in trials_of(10):
        missing = 1 - trial["validation_accuracy"]
        assert trial["train_accuracy"] - trial["validation_accuracy"] > missing / 2


def test_on_one_core_a_minute_is_worth_what_it_is_on_two():
    one, two = (
        [trial["validation_accuracy"] for trial in trials_of(1, threads=cores)] for cores in (1, 2)
    )
    error = ((variance(one) + variance(two)) / 3) ** 0.5
    assert abs(fmean(one) - fmean(two)) < 2 * error < 0.02


def test_the_wide_network_needs_time_and_the_ladder_the_least():
    curves = {curve["network"]: curve for curve in recorded_ladder()["curves"]}
    assert {curve["seed"] for curve in curves.values()} == {0}
    after = {name: curve_of(name) for name in curves}
    assert after["CNN"][10] < after["CNN"][1] - 0.03
    assert after["wide CNN"][0.5] < after["CNN"][0.5] - 0.05
    at_the_end = [after[name][10] for name in ("CNN", "wide CNN", "deeper")]
    assert min(larger - smaller for smaller, larger in pairwise(at_the_end)) > 0.05
    n_parameters = {name: curve["n_parameters"] for name, curve in curves.items()}
    assert 4 < n_parameters["wide CNN"] / n_parameters["CNN"] < 4.5
    assert 1.7 < n_parameters["wide CNN"] / n_parameters["deeper"] < 2.2
    least = min(trial["validation_accuracy"] for trial in trials_of(1))
    assert least > max(at_the_end) + 0.01
    without = [trial["validation_accuracy"] for trial in trials_of(1, "all tricks")]
    assert max(without) < least - 0.1


def test_the_least_certain_of_five_tricks_hang_on_a_seed_and_two_may_be_chance():
    found = {trick: points_lost(trick) for trick in TRICKS}
    error = (fmean(map(variance, found.values())) / 3) ** 0.5
    assert 0.3 < error < 0.7
    for trick in ("a rate that rises and falls", "few pixels at first"):
        assert min(found.pop(trick)) > 3
    two_looks = found.pop("two looks")
    assert min(two_looks) > 1
    for trick in ("the harder half", "whitened patches"):
        assert fmean(found[trick]) > 2 * error
        assert max(found[trick]) > 0.5 * sum(found.pop(trick))
    assert {*found} == {"smooth labels", "flipped and moved images"}
    assert all(abs(fmean(points)) < 2 * error for points in found.values())


def test_with_few_pixels_at_first_more_steps_fit_into_a_minute_with_every_seed():
    few, many = (trials_of(1, trick) for trick in ("", "few pixels at first"))
    assert min(t["n_steps"] for t in few) > 1.5 * max(t["n_steps"] for t in many)


# --- further ---


def test_a_larger_code_gains_little():
    codes_512, codes_2048 = (results("try_code_size", embedding_dim=n) for n in (32, 128))
    assert abs(fmean(codes_512) - fmean(codes_2048)) < 4


def test_beta_trades_errors_for_divergence():
    means = [fmean(results("try_variational", beta=beta)) for beta in (0.01, 0.1, 1)]
    assert means[0] < means[1] - 2 < means[2] - 10


# --- notebook 8 ---


def dropout(probability, epoch):
    trials = shipped_sweep("try_dropout").where(dropout=probability)
    return [100 * trial.history.validation_accuracy[epoch - 1] for trial in trials]


@pytest.mark.parametrize("epoch", [5, 10])
def test_between_dropout_and_none_lies_less_than_between_seeds(epoch):
    without, some = dropout(0, epoch), dropout(0.25, epoch)
    spread = max(max(seeds) - min(seeds) for seeds in (without, some))
    assert abs(fmean(without) - fmean(some)) < spread


def test_the_poor_example_compares_what_differs_in_epochs():
    assert dropout(0.25, 10)[0] > dropout(0, 5)[0] + 1
    assert abs(dropout(0.25, 10)[0] - dropout(0, 10)[0]) < 1


def test_the_fair_example_has_the_right_sign():
    assert fmean(dropout(0.25, 10)) < fmean(dropout(0, 10)) - 0.1


def test_the_conclusion_about_batches_is_what_its_table_shows():
    file = places.SOLUTIONS / "homework" / "08_experiment.ipynb"
    cells = nbformat.read(file, as_version=4).cells
    [table] = [cell.outputs[0].text for cell in cells if cell.source == "found.show()"]
    row = r"^ *(\d+) +(\d+) +\S+ +\d+ +(\S+)% +(\S+)% to (\S+)%$"
    found, mean = {}, {}
    for batch, epochs, *numbers in re.findall(row, table, flags=re.MULTILINE):
        mean[int(batch), int(epochs)] = float(numbers[0])
        found[int(batch), int(epochs)] = float(numbers[1]), float(numbers[2])
    assert len(found) == 4
    widest = max(high - low for low, high in found.values())
    one_epoch, equal_steps = ((32, 1), (128, 1)), ((128, 4), (32, 1))
    for better, worse in (one_epoch, equal_steps):
        assert found[better][0] > found[worse][1] + widest, (better, worse)  # with every seed
    assert found[32, 4][1] - found[32, 4][0] == widest
    assert abs(mean[32, 4] - mean[128, 4]) < widest


@pytest.mark.parametrize("n_labels", [100, 500, 1_000, 5_000])
def test_with_no_number_of_labels_codes_are_better_than_pixels(n_labels):
    assert -3 < gained("autoencoder", "pixels", n_labels) < -0.3
    assert abs(gained("PCA", "pixels", n_labels)) < 1
    assert abs(gained("denoising", "autoencoder", n_labels)) < 1
    assert gained("variational", "autoencoder", n_labels) < -0.3


def test_with_100_labels_codes_are_nearly_as_good_as_pixels_and_with_5000_they_lose():
    assert gained("autoencoder", "pixels", 100) > -1
    assert gained("autoencoder", "pixels", 5_000) < -1.5


def test_training_an_encoder_helps_up_to_1000_labels():
    assert all(gained("autoencoder", "untrained", n) > 1 for n in (100, 500, 1_000))
    assert gained("untrained", "autoencoder", 5_000) > 0.5


def test_the_cnn_begins_behind_codes_and_pixels_and_ends_far_ahead():
    for features in ("autoencoder", "pixels"):
        assert gained("CNN", features, 100) < -1
        assert gained("CNN", features, 500) > 0.5
        assert gained("CNN", features, 5_000) > 8


@pytest.mark.parametrize("metric", METRICS)
def test_every_recorded_seed_keeps_the_margins_of_the_texts(metric):
    values = load_reference()[CIFAR10]["full"].metrics[metric].values.values()
    assert METRICS[metric].least <= min(values)
    assert max(values) <= METRICS[metric].most
