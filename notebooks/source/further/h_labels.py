# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # H · What is a code good for?
#
# *Optional: nothing in the lab builds on it.*
#
# - how far a code that was learnt without labels helps where labels are few;
# - what it has to be compared with.

# %% [markdown]
# **Time:** 8 minutes, of which the computer needs << duration["h_labels"] >> on two cores.
# Numbers in the text were measured on << measured_on >>. **Before:** [2 · CNN](../02_cnn.ipynb),
# [3 · Autoencoder](../03_autoencoder.ipynb).

# %%
import workshop_utils as wu

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)

# %% [markdown] tags=["slide"]
# ## Many images, few labels
#
# Images are easily collected; labels are work. An autoencoder needs none. So let it learn from all training images, label only a
# few of them, and put a linear classifier on the codes of these. With 100 labels, there are ten images of each class:

# %% tags=["fragment", "nbval-check-output"]
drawn = wu.draw_labelled(data.train_labels, 100, settings.seed)
print(data.train_labels[drawn].bincount().tolist())

# %% [markdown] tags=["slide"]
# ## What to compare it with
#
# - the same classifier on *pixels*, on *PCA*, and on codes of an *untrained* encoder, with the weights it begins with;
# - on mean codes of a *variational* autoencoder ($\beta$ = 0.1), and on those of a *denoising* one;
# - the *CNN* of notebook 2, trained on the labelled images alone.
#
# **Equal** for all: labelled images (five seeds draw their own, and train their own encoders, ten epochs each). For all but the CNN:
# the classifier, its eight weight decays, and two ways to scale features (each alone, or all alike) to choose from. The CNN chooses
# one of 40 epochs. **Not equal:** there are 3,072 pixels, but 512 features of each other kind; and the CNN learns all of its weights
# from labels.
#
# Choices are made by the first half of the validation images, and accuracies are those of the second half. Mind that 2,500 labels
# for choosing are more than 100 for learning: who has no more than 100 cannot choose so well.

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise H.1 · Predict: when do codes help?
#
# *Difficulty ●●○, 2 minutes*
#
# For which numbers of labels, from 100 to 5,000, is the linear classifier on the autoencoder's codes better than the CNN that has seen
# the labelled images only: `"all"`, `"few"` (only the smaller ones), `"many"` (only the larger ones), or `"none"`?

# %% tags=["exercise"]
### BEGIN SOLUTION
prediction = "few"
### STUB
# raise NotImplementedError('Exercise H.1: replace this line by prediction = "all", "few", "many" or "none".')
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint</summary>
#
# Which of the two has more to learn from the labels? And which of the two can still change what it looks at, when more labels come?
#
# </details>

# %% tags=["check", "nbval-check-output"]
wu.check_prediction(prediction, ("all", "few", "many", "none")).must_pass()

# %%
found = wu.sweep(
    wu.try_labels,
    data,
    settings,
    features=("pixels", "PCA", "untrained", "autoencoder", "denoising", "variational", "CNN"),
    seeds=(0, 1, 2, 3, 4),
)
wu.show_labels(found)

# %% tags=["slide"]
wu.plot_labels(found, f"Few labels, {found.measured_on}")

# %% [markdown] tags=["fragment", "answer"]
# Answer.
