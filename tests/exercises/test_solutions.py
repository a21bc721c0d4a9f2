"""What surrounds the exercises: reference solutions, and experiments of one's own."""

import inspect

import pytest
import torch

import workshop_utils as wu
from workshop_utils.exercises.counting import cnn_parameters, mlp_parameters
from workshop_utils.exercises.engine import exercises
from workshop_utils.exercises.shapes import cnn_shapes


def test_a_reference_solution_is_handed_out_and_says_so(capsys):
    assert wu.use_solution("ConvEncoder") is wu.ConvEncoder
    assert "ConvEncoder is now the reference solution" in capsys.readouterr().out


@pytest.mark.parametrize("name", exercises())
def test_every_reference_solution_can_be_read(name):
    assert f" {name}(" in inspect.getsource(wu.use_solution(name))


def test_an_unknown_solution_names_those_there_are():
    with pytest.raises(ValueError, match="no solution 'Decoder'; there are .*interpolate"):
        wu.use_solution("Decoder")


def test_no_solution_is_handed_out_while_grading(monkeypatch):
    monkeypatch.setenv("WORKSHOP_GRADING", "1")
    with pytest.raises(PermissionError, match="earns no points"):
        wu.use_solution("interpolate")


def test_counted_parameters_are_those_of_the_networks():
    assert sum(mlp_parameters().values()) == 813_398
    assert sum(cnn_parameters().values()) == 109_050


def test_counting_uses_up_no_random_numbers():
    before = torch.get_rng_state()
    mlp_parameters(), cnn_parameters(), cnn_shapes()
    assert torch.equal(torch.get_rng_state(), before)


def test_a_layer_used_twice_is_numbered():
    shapes = cnn_shapes()
    assert list(shapes) == ["conv1", "pool1", "conv2", "pool2", "fc1", "logits"]
    assert shapes["pool1"] == (8, 14, 14)


# --- experiments ---


@pytest.fixture
def experiments():
    """Trainings whose accuracy is known: the learning rate itself."""

    def try_out(out_c1=8, learning_rate=0.1):
        return wu.History(
            validation_loss=[1.0], validation_accuracy=[0.2, learning_rate]
        ), 1000 * out_c1

    return wu.Experiments(try_out)


def test_every_run_becomes_a_row(experiments, capsys):
    experiments.run(out_c1=8)
    experiments.run(out_c1=16, learning_rate=0.5)
    capsys.readouterr()
    experiments.show()
    heading, *rows = (line.split() for line in capsys.readouterr().out.splitlines())
    assert heading == [
        "run",
        "out_c1",
        "learning_rate",
        "parameters",
        "seconds",
        "validation",
        "accuracy",
    ]
    assert rows == [["1", "8", "8,000", "0", "10.0%"], ["2", "16", "0.5", "16,000", "0", "50.0%"]]


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"channels": 16}, "chooses out_c1=8, learning_rate=0.1, but: .*channels"),
        ({"out_c1": "16"}, "out_c1 is '16', but must be a number above zero"),
        ({"out_c1": 0}, "out_c1 is 0, but must be a number above zero"),
    ],
)
def test_a_mistyped_choice_is_named_before_anything_is_trained(experiments, choices, said):
    with pytest.raises(ValueError, match=said):
        experiments.run(**choices)
    assert not experiments.trials


def test_choices_without_names_are_asked_for_names(experiments):
    with pytest.raises(ValueError, match="Name your choices, such as run"):
        experiments.run(16, 0.1)
    assert not experiments.trials


def test_columns_of_the_table_are_aligned(experiments, capsys):
    experiments.run(out_c1=8)
    experiments.run(out_c1=16, learning_rate=0.5)
    capsys.readouterr()
    experiments.show()
    assert len({len(line) for line in capsys.readouterr().out.splitlines()}) == 1


def test_a_run_that_is_stopped_is_not_in_the_table(capsys):
    def try_out(learning_rate):
        history = wu.History(validation_loss=[1.0])
        history.was_interrupted = learning_rate > 1
        return history, 7

    experiments = wu.Experiments(try_out)
    experiments.run(learning_rate=0.1)
    experiments.run(learning_rate=2)
    assert [trial.choices for trial in experiments.trials] == [{"learning_rate": 0.1}]
    assert "not added to the table" in capsys.readouterr().out


def test_autoencoders_are_compared_by_their_validation_loss():
    experiments = wu.Experiments(lambda embedding_dim: (wu.History(validation_loss=[9.0, 7.5]), 10))
    experiments.run(embedding_dim=8)
    [trial] = experiments.trials
    assert (trial.result, trial.unit, trial.format(trial.result)) == (
        7.5,
        "validation loss",
        "7.50",
    )


def test_without_a_run_there_is_nothing_to_show(experiments):
    for show in (experiments.show, lambda: wu.plot_experiments(experiments, "A title")):
        with pytest.raises(ValueError, match="Nothing was tried yet"):
            show()


def test_runs_without_the_choice_of_the_axis_are_refused(experiments):
    experiments.run(out_c1=8)
    with pytest.raises(ValueError, match="Not every run chose 'learning_rate'"):
        wu.plot_experiments(experiments, "A title", against="learning_rate")


def test_the_reference_solutions_pass_their_checks(monkeypatch):
    monkeypatch.delenv("WORKSHOP_GRADING", raising=False)
    mlp, cnn = wu.MultilayerPerceptronModel(3072, 10), wu.BasicConvNet(8, 16, 256)
    networks = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    for result in (
        wu.check_parameter_counts(wu.use_solution("mlp_parameters"), mlp),
        wu.check_shapes(wu.use_solution("cnn_shapes"), cnn),
        wu.check_parameter_counts(wu.use_solution("cnn_parameters"), cnn),
        wu.check_encoder(wu.use_solution("ConvEncoder")),
        wu.check_interpolation(wu.use_solution("interpolate")),
        wu.check_latent_line(wu.use_solution("latent_line"), *networks, *torch.rand(2, 3, 32, 32)),
    ):
        assert result.passed, result.message
