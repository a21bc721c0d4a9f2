"""Helpers for the workbook on convolutional networks and autoencoders.

Each module is a subject: settings, data, models, training, plots, ... Names are imported from
their module when they are first used, so that `import workshop_utils` stays quick.
"""

try:
    import lazy_loader
except ImportError:
    # Without it the doctor (`python -m workshop_utils doctor`) still has to run and to say so.
    def __getattr__(name: str) -> None:
        raise ImportError("lazy_loader is missing; to install it: python -m pip install -e .")
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "augment": ["AugmentedLoader", "augment"],
            "checks": [
                "CheckResult",
                "check_encoder",
                "check_experiments",
                "check_interpolation",
                "check_kl_divergence",
                "check_latent_line",
                "check_parameter_counts",
                "check_prediction",
                "check_sample_codes",
                "check_shapes",
            ],
            "data": ["ImageData", "Loader", "load_data"],
            "diagrams": ["draw_autoencoder", "draw_interpolation", "draw_network"],
            "experiments": ["Experiments"],
            "features": [
                "maps_as_images",
                "nearest_neighbours",
                "neighbours_agree",
                "strongest_patches",
                "to_plane",
                "weights_as_images",
            ],
            "history": ["History"],
            "interpolation": ["interpolate", "latent_line", "midpoint_gap"],
            "layers": ["count_parameters", "layer_outputs", "show_layers", "trace_layers"],
            "lines": ["choose_pairs", "measure_lines"],
            "mistakes": ["confusion_matrix", "most_confused", "worst_mistakes"],
            "models": [
                "AddNoise",
                "BasicConvNet",
                "ConvDecoder",
                "ConvEncoder",
                "DeeperConvNet",
                "MultilayerPerceptronModel",
            ],
            "patch_autoencoder": ["Refinement", "patch_autoencoder"],
            "pca": ["cut_into_patches", "linear_autoencoder", "principal_directions"],
            "pictures": ["imshow", "show_image_rows", "show_mistakes", "show_samples"],
            "plots": [
                "plot_batch_curves",
                "plot_code_sizes",
                "plot_confusion",
                "plot_epoch_losses",
                "plot_experiments",
                "plot_lines",
                "plot_planes",
                "plot_shifts",
                "smooth",
            ],
            "probes": [
                "add_noise",
                "errors_with_noise",
                "masked",
                "random_codes",
                "unusual_images",
            ],
            "progress": ["accuracy"],
            "reference": ["report_result", "show_result"],
            "resuming": ["Checkpoint"],
            "runs": ["find_run", "save_run"],
            "settings": ["Settings"],
            "shifts": ["accuracy_when_shifted", "relative_change", "shift"],
            "slider": ["explore_lines"],
            "solutions": ["use_solution"],
            "source": ["show_source"],
            "sweeps": ["sweep"],
            "sweep_plots": [
                "plot_accuracy_by_time",
                "plot_balance",
                "plot_code_size_sweep",
                "plot_widths",
            ],
            "training": [
                "predict",
                "reconstruct",
                "test",
                "test_autoencoder",
                "train",
                "train_autoencoder",
            ],
            "trials": [
                "try_code_size",
                "try_deeper",
                "try_patch_autoencoder",
                "try_variational",
                "try_width",
            ],
            "variational": [
                "VariationalEncoder",
                "kl_divergence",
                "mean_divergence",
                "sample_codes",
                "train_variational",
            ],
        },
    )
