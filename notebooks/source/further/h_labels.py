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
# - how far a code learnt without labels helps where labels are few.

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
# Images are easily collected; labels are work. So let an autoencoder learn from all training images without labels, and put a linear
# classifier on the codes of a few labelled ones. With 100 labels, each class has ten:

# %% tags=["fragment", "nbval-check-output"]
drawn = wu.draw_labelled(data.train_labels, 100, settings.seed)
print(data.train_labels[drawn].bincount().tolist())

# %% [markdown] tags=["slide"]
# ## What to compare it with
#
# The same classifier on *pixels*, *PCA*, codes of an *untrained* encoder, and of *denoising* and *variational* ones; and the *CNN*
# of notebook 2, trained on the labelled images alone.
#
# **Equal:** the labelled images (each of five seeds draws its own, and trains its own encoders); for all but the CNN the classifier,
# with eight weight decays and two scalings of features to choose from. The CNN chooses one of 40 short epochs. **Not equal:** 3,072
# pixels, but 512 features of every other kind; the CNN learns all its weights from labels.
#
# Choices are made by the first half of the validation images; accuracies are those of the second. Mind that 2,500 labels choose where
# 100 teach: that flatters.

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise H.1 · Predict: codes or pixels?
#
# *Difficulty ●●○, 2 minutes*
#
# For which numbers of labels, from 100 to 5,000, is the linear classifier better on the autoencoder's codes than on pixels:
# `"all"`, `"few"` (only the smaller ones), `"many"` (only the larger ones), or `"none"`?

# %% [markdown] tags=["tutor"]
# **Expect:** "few", since that is what one hears of learning without labels. Ask what the encoder was rewarded for.
#
# **Questions to ask:** Which control would be missed most? (Without the pixels, the codes seem to beat the CNN on their own merit.)
# Why may 100 labels give other results in practice? (Here 2,500 more chose the weight decay.)

# %% tags=["exercise"]
### BEGIN SOLUTION
prediction = "none"
### STUB
# raise NotImplementedError('Exercise H.1: replace this line by prediction = "all", "few", "many" or "none".')
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint</summary>
#
# What was the encoder rewarded for? Does that have to be what tells a cat from a dog?
#
# </details>

# %% tags=["check", "nbval-check-output"]
codes_win = wu.check_prediction(prediction, ("all", "few", "many", "none"), "codes beat pixels")
codes_win.must_pass()

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

# %%
of_codes, of_pixels = (wu.by_labels(found)[features] for features in ("autoencoder", "pixels"))
better = [sum(of_codes[n_labels]) > sum(of_pixels[n_labels]) for n_labels in of_codes]
some = "few" if better[0] else "many"
codes_win.compare("all" if all(better) else some if any(better) else "none")

# %% [markdown] tags=["fragment", "answer"]
# For none, on average: with 100, codes reach << with_labels("autoencoder", 100) >> and pixels << with_labels("pixels", 100) >>, with
# 5,000 << with_labels("autoencoder", 5000) >> and << with_labels("pixels", 5000) >>. PCA does as well as pixels, denoising changes
# little, variational codes do worse. Training the encoder helps up to 1,000 labels; with 5,000, the untrained one is ahead on
# average.

# %% [markdown] tags=["slide", "answer"]
# The CNN is behind with 100 labels (<< with_labels("CNN", 100) >>), and far ahead with 5,000 (<< with_labels("CNN", 5000) >>). Beside it
# alone, codes would seem to help where labels are few. But pixels do as well: it is the *simple classifier* that helps. The encoder
# learnt to give back pixels, and was never asked what tells classes apart.
#
# How sure is that? On 2,500 images, the standard error is one point at most; the bars show how seeds differ. Within a seed all features
# share labels and images, so differences are surer than bars look. And it is one small encoder after ten epochs.

# %%
wu.tally(codes_win)
