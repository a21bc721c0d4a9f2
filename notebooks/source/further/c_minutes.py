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
# another seed changes the result by about as much.
#
# And equal epochs are not equal terms: the wider network computed longer.

# %% [markdown] tags=["slide"]
# ## The same minutes for all
#
# From here on everybody gets the same *processor time*: 1, 5 or 10 minutes of two cores. What can be reached in them, without a GPU?
#
# Time, parameters, tricks: which of them buys most? Three networks of this workbook are trained plainly, with SGD at a constant rate: the *CNN* of
# notebook 2, a *wide CNN* with four times as many filters, and a *deeper* one, `DeeperConvNet`. Beside them stands the *ladder*, the workbook's own
# entry: another network, and seven tricks.
#
# **Predict** how far the CNN gets in five minutes, and the ladder in one.

# %% tags=["fragment"]
wu.plot_board(settings, "Accuracy by minutes of two cores")

# %% [markdown] tags=["slide"]
# - **Time** alone: the CNN is at << plain("CNN", 1) >> after one minute, and at << plain("CNN", 5) >> after five. More of it does not help this network.
# - **Parameters:** the wide CNN has four times as many, and each step takes longer. It is behind after one minute (<< plain("wide CNN", 1) >>), and ahead after
#   five (<< plain("wide CNN", 5) >>): parameters need time.
# - **Layers:** the deeper network, with half as many parameters as the wide one, reaches << plain("deeper", 5) >>. Whether its layers did that or its batch
#   normalisation, these curves do not tell.
# - **Tricks:** the ladder is further after one minute than any of the three after five.
#
# One seed each, and ± 0.7 points for 5,000 images: the CNN's fall is small, the gaps between the networks are not.

# %% [markdown] tags=["slide"]
# << table_of_ladder >>
#
# Each row is a training of its own, with a larger network from five minutes on. Everything was chosen by validation accuracy; then each training
# was tested once. 10,000 images alone give ± 0.4 points (standard error); the longer trainings were run with one seed. Each further point takes more
# time than the one before.

# %% [markdown] tags=["slide"]
# ## Tricks
#
# - *Few pixels at first*: images of 16×16 for a quarter of the time, and of 24×24 until 60% are used up.
# - *The harder half*: an epoch has the images whose losses were highest when they were last seen. The time is for what is not yet learnt.
# - *Flipped and moved images*, by two pixels at most.
# - *Whitened patches*: the first layer does not learn; its filters, found by PCA, make the numbers of a patch of 2×2 pixels uncorrelated.
# - *Smooth labels*: the right class should get 82% and each other one 2%, not 100% and nothing.
# - *A rate that rises and falls*, in place of one as high as its mean.
# - *Two looks*: when the training is over, the scores of two copies of an image are added, moved by a pixel each, and one of them mirrored.

# %% [markdown] tags=["slide"]
# **Read** the ladder's code, and **guess**: without which of its tricks would it be worst after one minute?

# %%
wu.show_source(ladder.LadderNet)

# %%
wu.show_source(ladder.Block)

# %%
wu.show_source(ladder.Hardest)

# %%
wu.show_source(ladder.entry)

# %% [markdown] tags=["slide"]
# Each was left out in turn; the rest, which had been tuned with all of them, stayed as it was. The points of validation accuracy that this costs
# after one minute:
#
# << table_of_tricks >>

# %% [markdown] tags=["fragment"]
# *A rate that rises and falls* and *few pixels at first* bring most: << worth("a rate that rises and falls") >> and << worth("few pixels at first") >> points. An image of 16×16 has a
# quarter of the pixels, so that the network sees many more images in the same minute. *Two looks* (<< worth("two looks") >>) and *the harder half*
# (<< worth("the harder half") >>) help with every seed, too. The looks are taken after the training, when no time is counted any more.
#
# *Whitened patches* brought << worth("whitened patches") >> in the mean, but nearly nothing with one of the seeds. *Smooth labels* and *flipped and moved images* cannot be told
# from chance: the mean of three seeds is known to about half a point. That does not make them useless. They are meant against overfitting, which
# may come later than in the first minute.
#
# **Try** one with more time, twice five minutes: `wu.referee(ladder.__file__, 5, data, settings, without="smooth labels")`, and the same without
# `without`.

# %% [markdown] tags=["slide"]
# ## Your entry
#
# Write a network and its training that beat the ladder, or your neighbour. The rules:
#
# - an entry is a file with a function `entry(data, settings, budget)` that returns a trained network. What it needs is imported or
#   defined in that file;
# - it learns from `data`, in which there are no test images;
# - `budget.batches(loader)` gives batches, epoch after epoch, and stops when the time is used up. `budget.used` goes from 0 to 1
#   meanwhile, `budget.minutes` is 1, 5 or 10;
# - whoever takes longer has no score;
# - choose by the validation accuracy. The test set is opened when you hand in, and every opening is counted.

# %% [markdown]
# The first line saves the cell as a file. Begin with what is there: the network of notebook 2, trained plainly.

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
# see what slows down a computer in the middle of a training: close other programs.
#
# When it gets no better, take away the `#` and run the cell. It names the file to hand in: code, weights and results in one.

# %%
# wu.hand_in(mine, data, settings)
