"""Helpers for the workbook on convolutional networks and autoencoders.

Rooms, each importing only from those before it: networks, images, analysis, training, figures,
inside, experiments, contest, exercises, doctor. Names are imported from their module when they are
first used, so that `import workshop_utils` stays quick.
"""

import os
import sys

if sys.argv[:1] == ["-m"]:  # the doctor begins: Python looks for it with this name
    # Nothing is imported from the current folder, where a file of yours may be called random.py.
    sys.path = [folder for folder in sys.path if folder not in ("", os.getcwd())]

from typing import Any

try:
    import lazy_loader
except ImportError:
    # Without it the doctor (`python -m workshop_utils doctor`) still has to run and to say so.
    def __getattr__(name: str) -> Any:  # noqa: ANN401 - modules, classes, functions
        raise ImportError("lazy_loader is missing; to install it: python -m pip install -e .")
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "settings": ["Settings"],
            "networks.autoencoders": [
                "VARIANTS",
                "AddNoise",
                "ConvDecoder",
                "ConvEncoder",
                "make_autoencoder",
            ],
            "networks.classifiers": ["BasicConvNet", "DeeperConvNet", "MultilayerPerceptronModel"],
            "networks.evaluation": ["accuracy", "predict", "reconstruct", "squared_error"],
            "networks.layers": ["count_parameters", "layer_outputs", "show_layers"],
            "networks.pca": [
                "cut_into_patches",
                "linear_autoencoder",
                "principal_directions",
                "Scale",
            ],
            "networks.variational": [
                "kl_divergence",
                "sample_codes",
                "VariationalEncoder",
            ],
            "images.augmentation": ["augment", "shuffle_pixels"],
            "images.dataset": ["ImageData", "Loader"],
            "images.load": ["load_data"],
            "analysis.features": [
                "maps_as_images",
                "nearest_neighbours",
                "neighbours_agree",
                "strongest_patches",
                "to_plane",
                "weights_as_images",
            ],
            "analysis.interpolation": ["interpolate", "latent_line", "midpoint_gap"],
            "analysis.lines": ["choose_pairs", "measure_lines"],
            "analysis.mistakes": ["confusion_matrix", "worst_mistakes"],
            "analysis.probes": [
                "add_noise",
                "errors_with_noise",
                "masked",
                "random_codes",
                "unusual_images",
            ],
            "analysis.shifts": ["accuracy_when_shifted", "relative_change", "shift"],
            "training.final": ["open_test_set"],
            "training.history": ["History"],
            "training.loops": [
                "evaluate",
                "evaluate_autoencoder",
                "train",
                "train_autoencoder",
                "train_variational",
            ],
            "training.log": ["Log"],
            "training.runs": ["find_run", "Keep", "save_run"],
            "figures.diagrams": [
                "draw_autoencoder",
                "draw_convolution",
                "draw_interpolation",
                "draw_network",
                "draw_transposed_convolution",
            ],
            "figures.pictures": ["imshow", "show_image_rows", "show_mistakes", "show_samples"],
            "figures.plots": [
                "plot_batch_curves",
                "plot_confusion",
                "plot_lines",
                "plot_planes",
                "plot_posteriors",
                "plot_shifts",
                "plot_symptoms",
                "smooth",
            ],
            "figures.slider": ["explore_lines"],
            "figures.source": ["show_source"],
            "inside.look": ["look_inside"],
            "experiments.experiments": ["Experiments"],
            "experiments.labels": ["by_labels", "draw_labelled", "show_labels", "try_labels"],
            "experiments.plots": [
                "plot_balance",
                "plot_code_size_sweep",
                "plot_experiments",
                "plot_labels",
                "plot_pixels",
                "plot_sweep",
                "plot_variants",
            ],
            "experiments.recipes": [
                "trained",
                "try_code_size",
                "try_dropout",
                "try_pixels",
                "try_variant",
                "try_variational",
            ],
            "experiments.reference": ["show_result"],
            "experiments.sweeps": ["sweep"],
            "contest.board": ["plot_board", "show_board", "worth_of_tricks"],
            "contest.judge": ["hand_in", "referee"],
            "exercises.cnn_forward": ["check_cnn_forward"],
            "exercises.convolution": ["check_convolution"],
            "exercises.counting": ["check_parameter_counts"],
            "exercises.divergence": ["check_kl_divergence"],
            "exercises.encoder": ["check_encoder"],
            "exercises.evaluation": ["check_evaluation"],
            "exercises.interpolation": ["check_interpolation"],
            "exercises.latent_lines": ["check_latent_line"],
            "exercises.own_experiments": ["check_experiments", "check_sweep", "check_try_out"],
            "exercises.predictions": ["check_prediction", "tally"],
            "exercises.repair": ["check_repair"],
            "exercises.result": ["CheckResult"],
            "exercises.sampling": ["check_sample_codes"],
            "exercises.shapes": ["check_shapes"],
            "exercises.solutions": ["use_solution"],
            "exercises.symptoms": ["CAUSES", "check_causes", "find_symptoms"],
            "exercises.training_step": ["check_training_step"],
            "exercises.transposed_convolution": ["check_transposed_convolution"],
            "retired": ["Checkpoint", "report_result", "test", "test_autoencoder"],
        },
    )
