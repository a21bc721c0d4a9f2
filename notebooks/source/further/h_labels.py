# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %%
found = wu.sweep(
    wu.try_labels,
    data,
    settings,
    features=("pixels", "PCA", "untrained", "autoencoder", "denoising", "variational", "CNN"),
    seeds=(0, 1, 2, 3, 4),
)
