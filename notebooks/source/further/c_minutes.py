# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # C · How good in ten minutes
#
# *Optional: nothing in the lab builds on it.*
#
# - an experiment of three runs, and what it cannot tell;
# - what 1, 5 and 10 minutes reach, and which trick brings how much;
# - a contest, with a referee.

# %% [markdown]
# **Time:** 25 minutes, of which the computer needs << duration["c_minutes"] >> on two cores.
# Numbers in the text were measured on << measured_on >>. **Before:** [2 · CNN](../02_cnn.ipynb).

# %%
import torch

import workshop_utils as wu
from workshop_utils import BasicConvNet, train
from workshop_utils.contest import ladder

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
# trains a network of your choice for a few epochs.


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
experiments.run(out_c1=8, out_c2=16, learning_rate=0.03)
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
# `experiments.run(out_c1=16, out_c2=32, learning_rate=0.01)` doubles the channels. Then run both networks
# with a learning rate three times as large.
#
# </details>

# %% tags=["check", "nbval-check-output"]
wu.check_experiments(experiments, at_least=3).must_pass()

# %%
experiments.show()

# %% tags=["slide"]
wu.plot_experiments(experiments, "What did it buy?")

# %% [markdown] tags=["fragment", "answer"]
# Compare two rows that differ in one thing only: the channels, or the learning rate. After so few epochs you see how
# *fast* a network learns. Differences of a point or two can be chance: 5,000 images alone give ± 0.7 points (standard
# error), and another seed changes the result by about as much.
#
# And equal epochs are not equal terms: the wider network computed longer.

# %% [markdown] tags=["slide"]
# ## The same minutes for all
#
# From here on everybody gets the same *budget*: 1, 5 or 10 minutes of two cores, without a GPU. A minute is 60 seconds of two cores of the computer
# that the networks below were trained on; a slower computer gets more seconds.
#
# Three networks are trained plainly, with SGD at a constant rate of 0.01: the *CNN* of notebook 2, a *wide CNN* with four times as many
# filters, and a *deeper* one, `DeeperConvNet`. Beside them stands the *ladder*, the workbook's own entry: a network of another kind, with settings
# that were chosen by validation accuracy, and seven tricks.
#
# What buys most: time, parameters, layers, or tricks? **Think** how far the CNN gets in ten minutes, and the ladder in one.

# %% tags=["fragment"]
wu.plot_board(settings, "Accuracy by minutes of two cores")

# %% [markdown] tags=["slide"]
# - **Time** alone: the CNN is at << plain("CNN", 1) >> after one minute, and at << plain("CNN", 10) >> after ten. Trained like this, it gets worse with more time.
# - **Parameters:** the wide CNN has four times as many, and each step takes longer. It is behind after half a minute
#   (<< plain("wide CNN", 0.5) >>, the CNN << plain("CNN", 0.5) >>), and ahead after ten (<< plain("wide CNN", 10) >>).
# - **Layers:** the deeper network, with half as many parameters as the wide one, reaches << plain("deeper", 10) >>. Whether its layers did that or something
#   else in it, such as batch normalisation, these curves do not tell.
# - **Tricks:** the ladder is further after one minute (<< ladder("validation", 1) >>) than any of the three after ten. Without all seven tricks it reaches
#   << ladder("validation", 1, "all tricks") >> in that minute: so much is due to its network and settings, and the rest to the tricks together.
#
# One seed for each grey line, three for the ladder, and ± 0.7 points for 5,000 images.

# %% [markdown] tags=["slide"]
# << table_of_ladder >>
#
# Each number is a training of its own, with a larger network for 5 and 10 minutes. Everything was chosen by validation accuracy, and
# that is a little higher than test accuracy, as one would expect. 10,000 test images alone give ± 0.4 points (standard error). Three earlier versions
# had been tested too, with 86 to 88% after ten minutes; none was chosen by that.
#
# Each further point takes more time than the one before. After ten minutes << ladder("train", 10) >> of the *training* images are right, as against
# << ladder("validation", 10) >> in validation: it overfits before it gets to 90%.

# %% [markdown] tags=["slide"]
# ## Tricks
#
# - *Few pixels at first*: images are shrunk to 16×16 for a quarter of the time, and to 24×24 until 60% are used up.
# - *The harder half*: once all images were seen, an epoch has only the half whose losses were highest when they were last seen.
# - *Flipped and moved images*, by two pixels at most.
# - *Whitened patches*: the first layer does not learn. Its filters come from a PCA of patches of 2×2 pixels (see notebook 3), so that their results are hardly correlated.
# - *Smooth labels*: the target is 82% for the right class and 2% for each other, not 100% and nothing.
# - *A rate that rises and falls*: the learning rate, for a fifth of the time up and then down to 0. Left out, it stays at its mean.
# - *Two looks*: when the training is over, the scores of two copies of an image are added, moved by a pixel each, and one of them mirrored.

# %% [markdown] tags=["slide"]
# **Read** the ladder's code (the whole file is `workshop_utils/contest/ladder.py`), and **predict:** which trick, left out, costs most after one minute?

# %% tags=["guess"]
### BEGIN SOLUTION
costly_guess = "the harder half"
### STUB
# costly_guess = "?"  # one of the seven tricks, such as "few pixels at first" or "two looks"
### END SOLUTION

# %% tags=["nbval-check-output"]
costs_most = wu.check_prediction(costly_guess, tuple(ladder.TRICKS), "costs most")

# %%
wu.show_source(ladder.LadderNet)

# %%
wu.show_source(ladder.Block)

# %%
wu.show_source(ladder.layers)

# %%
wu.show_source(ladder.whiten)

# %%
wu.show_source(ladder.Hardest)

# %%
wu.show_source(ladder.entry)

# %% [markdown] tags=["slide"]
# Each trick was left out in turn; the rest, which had been tuned with all of them, stayed as it was. Percentage points of validation accuracy that
# are lost without it, after *one minute*:
#
# << table_of_tricks >>

# %% tags=["fragment"]
lost = wu.worth_of_tricks()
costs_most.compare(max(lost, key=lost.get))

# %% [markdown] tags=["slide"]
# *A rate that rises and falls* and *few pixels at first* bring most: << worth("a rate that rises and falls") >> and << worth("few pixels at first") >> points. With few pixels a step takes less
# time: << steps() >> steps fit into the minute, and << steps("few pixels at first") >> without this trick. *Two looks* bring << worth("two looks") >>; they are taken after the training, when no time
# is counted any more.
#
# *The harder half* (<< worth("the harder half") >>) and *whitened patches* (<< worth("whitened patches") >>) are less certain: most of it comes from one of the three seeds. *Smooth labels* and *flipped and moved
# images* cannot be told from chance: the mean of three seeds has a standard error of about half a point. That does not make them useless. They are
# meant against overfitting, which may come later than in the first minute.

# %% [markdown]
# **Try** one with more time: `wu.referee(ladder.__file__, 5, data, settings, without="smooth labels")`, and the same without `without`. One pair
# cannot tell so small a difference, so take more seeds: `dataclasses.replace(settings, seed=1)` makes settings with another.

# %% [markdown] tags=["slide"]
# ## Your entry
#
# Write a network and its training that beat the ladder, or your neighbour. The rules:
#
# - an entry is a file with a function `entry(data, settings, budget)` that returns a trained network. What it needs is defined in that
#   file, or imported from what is installed;
# - it learns from the training images of `data`, and from nothing else: no weights or images from elsewhere;
# - `budget.batches(loader)` gives batches, epoch after epoch, and stops when the time is used up. `budget.used` goes from 0 to 1
#   meanwhile, `budget.minutes` is 1, 5 or 10. Who uses a tenth more has no score;
# - to be scored, `entry` is called again, with a budget of nothing. It must return the same network untrained, which then gets the trained
#   weights: after the loop, ask for nothing that only a batch can give, such as the last loss;
# - choose by the validation accuracy. The test set is opened when you hand in, and every opening is counted. The highest test accuracy of a
#   budget wins.

# %% [markdown]
# The first line saves the cell as a file. Begin with what is there: the network of notebook 2, trained plainly. You may import from `ladder.py`,
# or copy, trick by trick. Give each version a name of its own: a second training under the same name takes the place of the first.

# %%
# %%writefile my_entry.py
import torch
import torch.nn.functional as F

import workshop_utils as wu


def entry(data, settings, budget):
    model = wu.BasicConvNet(out_c1=8, out_c2=16, dense_units=256)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    train_loader, _ = data.loaders(batch_size=128)
    for x, labels in budget.batches(train_loader):
        loss = F.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model


# %%
mine = wu.referee("my_entry.py", 1, data, settings)

# %% tags=["slide"]
wu.show_board(settings)
wu.plot_board(settings, "Your entries beside the ladder")

# %% [markdown]
# **Is it fair?** Before each training the referee measures how long a step takes here, and gives a slow computer more seconds. It cannot
# see what slows down a computer in the middle of a training: close other programs. Trained on *one* core, for as long as the referee gave it there,
# the ladder reached << ladder("validation", 1, threads=1) >> in a minute; on two it is << ladder("validation", 1) >> (validation accuracy, three seeds each).
#
# When you are done, take away the `#` and run the cell. It names the file to hand in: code, weights and results in one.

# %%
# wu.hand_in(mine, data, settings)

# %%
wu.tally(costs_most)

# %% [markdown]
# **Sources.** Coates, Ng and Lee (2011), *An analysis of single-layer networks in unsupervised feature learning*. Krizhevsky, Sutskever and Hinton (2012),
# *ImageNet classification with deep convolutional neural networks*. He et al. (2016), *Deep residual learning for image recognition*. Loshchilov and Hutter
# (2016), *Online batch selection for faster training of neural networks*. Szegedy et al. (2016), *Rethinking the Inception architecture for computer vision*.
# Howard (2018), *Training ImageNet in 3 hours for $25; and CIFAR10 for $0.26*. Page (2018), *How to train your ResNet*. Smith and Topin (2018),
# *Super-convergence*. Jordan (2024), *94% on CIFAR-10 in 3.29 seconds on a single GPU*.
