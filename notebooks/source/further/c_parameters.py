# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # C · More parameters, more time
#
# *Optional: nothing in the lab builds on it.*
#
# - an experiment of three runs, and what it cannot tell;
# - how width and learning rate act together, with seeds;
# - what a quarter of an hour buys.

# %% [markdown]
# **Time:** 16 minutes, of which the computer needs << duration["c_parameters"] >> on two cores.
# Numbers in the text were measured on << measured_on >>. **Before:** [2 · CNN](../02_cnn.ipynb).

# %%
import torch

import workshop_utils as wu
from workshop_utils import BasicConvNet, train

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)

# %% [markdown]
# ## More channels

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise C.1 · Experiment: more channels, another learning rate
#
# *Difficulty ●●●, 3 minutes, of which the computer needs one*
#
# What does it buy to double the channels, and what does it cost? Must the learning rate change with them? `try_cnn`
# trains a network of your choice for a few epochs. You may also add a layer to a copy of `BasicConvNet`.


# %% [markdown] tags=["tutor"]
# **Expect:** the largest network or learning rate is declared the winner after one run. Ask
# what the same run would give with another seed, and what it cost in seconds.


# %%
def try_cnn(data, settings, out_c1, out_c2, learning_rate):
    torch.manual_seed(settings.seed)
    model = BasicConvNet(out_c1, out_c2, dense_units=256).to(settings.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    loaders = data.loaders(batch_size=128)  # new ones, so that every run sees the same batches
    history = train(model, *loaders, optimizer, settings.profile.experiment_epochs)
    return history, wu.count_parameters(model)


experiments = wu.Experiments(try_cnn, data, settings)
experiments.run(out_c1=8, out_c2=16, learning_rate=0.01)  # the network of notebook 2

# %% tags=["exercise"]
### BEGIN SOLUTION
experiments.run(out_c1=16, out_c2=32, learning_rate=0.01)
experiments.run(out_c1=16, out_c2=32, learning_rate=0.03)
### STUB
# raise NotImplementedError("Exercise C.1: add two runs of your own, and remove this line.")
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# Change one thing at a time; else you will not know what made the difference.
#
# </details>
#
# <details><summary>Hint 2: nearly the code</summary>
#
# `experiments.run(out_c1=16, out_c2=32, learning_rate=0.01)` doubles the channels. Run it again with
# a learning rate three times as large, and three times as small.
#
# </details>

# %% tags=["check", "nbval-check-output"]
wu.check_experiments(experiments, at_least=3).must_pass()

# %%
experiments.show()

# %% tags=["slide"]
wu.plot_experiments(experiments, "What did it buy?")

# %% [markdown] tags=["fragment", "answer"]
# Compare two rows that differ in one choice only. After so few epochs you see how *fast* a network
# learns. Differences of a point or two can be chance: 5,000 images alone give ± 0.7 points (standard error), and
# another seed as much again.

# %% [markdown] tags=["slide"]
# ## Are more parameters always better?
#
# A few runs with one seed prove little. Here are 27: three widths, three learning rates, three seeds each, ten epochs.
# `width` multiplies the numbers of filters; width 1 is the network of notebook 2.

# %% [markdown]
# In the full profile you see the runs that came with the workbook. They are older than its validation split: they learnt from all
# 50,000 training images, and their accuracies are those of *test* images (so whoever picks the best of 27 by them has chosen by
# the test set). Anything else is trained when you ask for it, and kept: try a
# `width` of your own. (Runs are kept by the name of the function. If you change one, give it another name.)

# %%
wu.show_source(wu.try_width)

# %% tags=["fragment"]
widths = wu.sweep(
    wu.try_width, data, settings, width=(0.5, 1, 2), learning_rate=(0.003, 0.01, 0.03)
)
widths.show()

# %% [markdown] tags=["slide"]
# **Predict**, before you look: does the accuracy rise with every step in width? Must a wider network have a smaller learning
# rate? A point is the mean of three seeds; its bar reaches from the lowest to the highest.

# %% tags=["fragment"]
wu.plot_widths(widths, f"Wider networks, {widths.measured_on}")

# %% [markdown] tags=["slide"]
# At the rates 0.003 and 0.01 every step in width helps, by more than seeds differ: at 0.01,
# << sweep("try_width", width=0.5, learning_rate=0.01) >>, << sweep("try_width", width=1, learning_rate=0.01) >>,
# << sweep("try_width", width=2, learning_rate=0.01) >>. At 0.03 seeds differ too much to tell: the network of notebook 2 reached
# << highest("try_width", width=1, learning_rate=0.03) >> with one seed, and
# << lowest("try_width", width=1, learning_rate=0.03) >> with another. Anyone who had tried only one would have told quite another
# story.
#
# Part of what is learnt does not carry over, and that part grows: training images do better by
# << gap("try_width", width=0.5, learning_rate=0.01) >>, << gap("try_width", width=1, learning_rate=0.01) >> and
# << gap("try_width", width=2, learning_rate=0.01) >> percentage points.

# %% [markdown]
# **What this does not show.** It stops after ten epochs: it says how fast a network gets somewhere, not where it would
# end. Held equal were epochs, not time: a wider network computes longer.

# %% [markdown] tags=["slide"]
# ## A quarter of an hour
#
# `DeeperConvNet` has four convolutions 3×3 and changes more:
#
# - **batch normalisation** gives every map mean 0 and variance 1 over the batch, then a learnt scale and offset. In
#   evaluation, means and variances kept from training take the place of those of the batch: one more thing that `eval()`
#   switches;
# - **augmentation** flips and moves the training images at random: the network never sees the same batch twice;
# - at the end, it keeps the largest value of each map, *wherever* it is (*global max-pooling*).

# %% tags=["slide"]
wu.show_source(wu.DeeperConvNet)

# %% tags=["slide"]
_, validation_loader = data.loaders(batch_size=128)
images, labels = next(iter(validation_loader))
generator = torch.Generator().manual_seed(0)
again = [wu.augment(images[:8], generator) for _ in range(3)]
rows = {"image": images[:8], "once": again[0], "twice": again[1], "three times": again[2]}
wu.show_image_rows(rows, "Augmented images")

# %% [markdown]
# It is trained for 18 epochs, with SGD, Nesterov momentum and *weight decay* (every step also draws all weights
# a little towards zero). The learning rate rises to 0.1 and falls to zero again. In the recorded runs each training had one core.

# %%
deeper = wu.sweep(wu.try_deeper, data, settings)
deeper.show()

# %% tags=["slide"]
runs = {"CNN": widths.where(width=1, learning_rate=0.01), "deeper": deeper.trials}
wu.plot_accuracy_by_time(runs, f"Accuracy by time, {deeper.measured_on}")

# %% [markdown] tags=["slide"]
# | network | parameters | training | accuracy |
# |---|---|---|---|
# | CNN of notebook 2 | << parameters.cnn >> | 10 epochs, << minutes("try_width", width=1) >> minute on one core | << sweep("try_width", width=1, learning_rate=0.01) >> |
# | `DeeperConvNet` | << parameters.deeper >> | 18 epochs, << minutes("try_deeper") >> minutes on one core | << sweep("try_deeper") >> |
# | ResNet and others | about 260,000 | 180 epochs on a GPU | 89.7% to 91.1% |
#
# The last row is from tutorial 5 of the University of Amsterdam (GoogLeNet, ResNet, DenseNet), on the official images; compare
# it roughly. The CNN was stopped after a minute, so the first two rows differ in time as well: they do not show what the CNN would
# reach in a quarter of an hour. And all changes were made at once. Take one of them away at a time, and you have an experiment of
# your own.
