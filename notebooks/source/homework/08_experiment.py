# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # 8 · An experiment of your own
#
# **What you will learn**
#
# - to ask a question that a few trainings can answer;
# - to change one thing and to say what is held equal;
# - to write what follows from a table, and what does not.

# %% [markdown]
# **Time:** 80 minutes, of which the computer needs ten to twenty. It can compute while you read the examples at the end.
#
# **Data:** CIFAR-10, or the stand-in where it cannot be had; the second cell says which. **Before:**
# [2 · CNN](../02_cnn.ipynb).

# %% [markdown] tags=["tutor"]
# **Ten points, all given by you** (the last answer holds them; the answers before it belong to it):
#
# | points | for |
# |---|---|
# | 1 | a question that these runs can answer, and a prediction made before them |
# | 3 | what is held equal: one thing varied (1); the budget named, and why that one (1); what could not be held equal, named (1) |
# | 2 | all seeds used (1); the spread of the seeds stated and compared with the difference (1) |
# | 2 | what follows: a sentence that the table supports (1), no stronger than the table (1) |
# | 2 | what does not follow (1); a result that would refute the conclusion, and that somebody could really get (1) |
#
# A prediction that failed costs nothing, and neither does "no difference beyond the seeds". No points of the third row for a
# choice made by test images. Grammar is not marked.
#
# **Expect:** networks that differ in their parameters as well; a best value out of many, without a word on how many; "significant"
# without a test; the mean alone.

# %%
import torch
from torch import nn

import workshop_utils as wu
from workshop_utils import BasicConvNet, train

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)

# %% [markdown] tags=["slide"]
# ## A question, and a menu
#
# Choose one question, or ask your own. The third column is where most of the work lies: whatever you hold equal there, something
# else will differ.
#
# | question | what you vary | equal: what, and what then differs? |
# |---|---|---|
# | **batch** Is a smaller batch better? | `batch_size` | epochs, or steps? |
# | **optimizer** Adam or SGD? | the optimizer, each with its own learning rates | how many rates may each try? |
# | **filters** 3×3 or 5×5? | `kernel_size` | filters, or parameters? |
# | **depth** A third convolution, or more filters? | the layers | parameters, or seconds? |
# | **images** Half of the images, twice the epochs? | the number of images | steps, or epochs? |
# | **mirror** Do mirrored copies of the training images help? | with them, or without | steps, or epochs? |
#
# (A seventh, *dropout*, is used up: it serves as the example below.)

# %% [markdown]
# **What can you afford?** Ten epochs of the network of notebook 2 take about << minutes_to_train.cnn >> minute
# (on the computer that recorded them). Two settings with three seeds each take six times as long, and so on. Fewer epochs are
# allowed, if you say so.

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 8.1 · Question and prediction
#
# *Difficulty ●●●, 10 minutes*
#
# 1. Write your question in one sentence. It names what is varied, what is measured, and for which network and images.
# 2. List the possible outcomes, and choose one, *before* anything is run. One of them should be "no difference".

# %% [markdown] tags=["essay"]
# For the network of notebook 2 on CIFAR-10, trained by SGD with learning rate 0.01: is the validation accuracy higher with batches
# of 32 than with batches of 128, if both see the images equally often (equal epochs), and if both make equally many steps?

# %% tags=["exercise"]
### BEGIN SOLUTION
outcomes = ("32 in both", "128 in both", "32 for epochs, 128 for steps", "no difference somewhere")
prediction = "32 in both"
### STUB
# raise NotImplementedError('Exercise 8.1: replace this line by outcomes = ("...", "...", "no difference") and prediction = "...".')
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint</summary>
#
# "Is dropout good?" cannot be answered. "Is the validation accuracy of the network of notebook 2 after ten epochs higher with dropout 0.25
# before the last layer than without?" can. Which numbers would make you say no?
#
# </details>

# %% tags=["check", "nbval-check-output"]
wu.check_prediction(prediction, outcomes).must_pass()

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 8.2 · What varies, and what is equal
#
# *Difficulty ●●●, 25 minutes*
#
# Fill in the table first. Then write `try_mine`, which trains one network with your choices, and the values to try. The check
# trains every setting on a few images: it sees whether all of them run, and whether the seed decides what comes out.

# %% [markdown] tags=["essay"]
# | question | in my experiment |
# |---|---|
# | varied | batch size 32 or 128; epochs 1 or 4 |
# | parameters | equal |
# | images | equal: the same training and validation images |
# | epochs, steps | compared twice: at equal epochs (both 1, or both 4), and at nearly equal steps (32 with 1 epoch, 128 with 4) |
# | seconds | not equal: an epoch of small batches takes longer |
# | learning rate | equal, 0.01. Each batch size might have a better one of its own |
# | seeds | the same three for every setting |


# %% tags=["exercise"]
### BEGIN SOLUTION
def try_mine(data, settings, batch_size, n_epochs):
    torch.manual_seed(settings.seed)
    model = BasicConvNet(out_c1=8, out_c2=16, dense_units=256).to(settings.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
    train_loader, validation_loader = data.loaders(batch_size)
    history = train(model, train_loader, validation_loader, optimizer, n_epochs)
    return history, wu.count_parameters(model)


choices = {"batch_size": (32, 128), "n_epochs": (1, 4)}
### STUB
# def try_mine(data, settings, my_choice):  # a better name for my_choice, and more than one if you need them
#     raise NotImplementedError("Exercise 8.2: make use of my_choice below, and remove this line.")
#     torch.manual_seed(settings.seed)
#     model = BasicConvNet(out_c1=8, out_c2=16, dense_units=256)
#     model = model.to(settings.device)
#     optimizer = torch.optim.SGD(model.parameters(), momentum=0.9, lr=0.01)
#     train_loader, validation_loader = data.loaders(batch_size=128)
#     history = train(model, train_loader, validation_loader, optimizer, n_epochs=10)
#     return history, wu.count_parameters(model)
#
#
# choices = {"my_choice": (..., ...)}  # name -> values to try
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# How many epochs make as many steps? An epoch has (number of images) / (batch size) steps.
#
# With more than one choice, all combinations are trained. If only some of them make sense, let one choice be a word, such as
# `optimizer=("Adam 0.001", "SGD 0.01")`, and decide with `if` what it means.
#
# </details>
#
# <details><summary>Hint 2: the lines that differ</summary>
#
# ```python
# # batch
# train_loader, validation_loader = data.loaders(batch_size)
# # optimizer
# optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
# # filters: 3×3 leave 6×6 places after the second pooling, 5×5 leave 5×5
# model.conv1 = nn.Conv2d(3, 8, kernel_size=3)
# model.conv2 = nn.Conv2d(8, 16, kernel_size=3)
# model.fc1 = nn.Linear(16 * 6 * 6, 256)
# # depth: one more convolution, with ReLU before it
# model.conv2 = nn.Sequential(model.conv2, nn.ReLU(), nn.Conv2d(16, 16, kernel_size=3, padding=1))
# # images
# images, labels = data.train_images[:n_images], data.train_labels[:n_images]
# train_loader = wu.Loader(images, labels, 128, shuffle=True, seed=data.seed)
# # mirror: each image, and its copy flipped from left to right
# images = torch.cat([data.train_images, data.train_images.flip(3)])
# train_loader = wu.Loader(images, data.train_labels.repeat(2), 128, shuffle=True, seed=data.seed)
# ```
#
# Change the model before `model.to(settings.device)`, and make the optimizer after it.
#
# </details>

# %% tags=["check", "nbval-check-output"]
wu.check_try_out(try_mine, choices, data, settings).must_pass()

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 8.3 · Run it, and conclude
#
# *Difficulty ●●●, 45 minutes, of which the computer needs ten to twenty*
#
# Run all settings with three seeds each; `wu.sweep` takes them from the profile. Each run is judged by validation images. Finished
# runs are kept: if you interrupt this cell, it goes on when you run it again. (If you change `try_mine`, all of it is run again; if you
# change another function or class that it uses, give it a new name.)

# %% tags=["exercise"]
### BEGIN SOLUTION
found = wu.sweep(try_mine, data, settings, **choices)
### STUB
# raise NotImplementedError("Exercise 8.3: replace this line by found = wu.sweep(...), with data, settings and your **choices.")
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint</summary>
#
# `**choices` hands over a dictionary as named arguments: `wu.sweep(try_mine, data, settings, **choices)`.
#
# </details>

# %% tags=["check"]
wu.check_sweep(found, settings).must_pass()

# %%
found.show()

# %% tags=["slide"]
wu.plot_sweep(found, f"Every run, {found.measured_on}")

# %% [markdown]
# **How far do seeds differ?** Write one sentence: how far apart are the seeds of one setting, and how far apart are the means that
# you compare?

# %% [markdown] tags=["essay"]
# The line below the figure says how far the seeds of one setting lie apart at most: in the row of 32 with four epochs. After one epoch, and at
# equal steps, the means that are compared lie further apart than that; after four epochs they do not.

# %% [markdown] tags=["slide"]
# ## The conclusion
#
# Write **five to eight sentences**:
#
# - what was held equal, and what was not;
# - what follows: from which numbers or rows of your table, and beside which spread of the seeds;
# - what does *not* follow, though one might think so;
# - which result would refute you: of which run?
#
# This is what your tutor marks, with ten points for the whole notebook: question and prediction 1, held equal 3, seeds 2, what follows 2,
# what does not follow and what would refute it 2.

# %% [markdown]
# Three conclusions about another question may help: is dropout good for the network of notebook 2? They were made up, their table was
# not: six trainings of ten epochs (45,000 training images, SGD, learning rate 0.01, momentum 0.9, batches of 128), each measured after
# 5 and after 10 epochs by validation accuracy, in per cent. All have the same parameters, and for each seed both settings begin with the
# same weights. Measured on << measured_on >>.
#
# << table_of_seeds("try_dropout", "dropout", (5, 10)) >>

# %% [markdown]
# <details><summary><b>Example 1: a poor one</b></summary>
#
# > I expected that dropout helps, and it is very good for this network. I trained it without dropout for 5 epochs and got
# > << after("try_dropout", 5, dropout=0, seed=0) >>. Then I trained it with dropout 0.25 for 10 epochs and got
# > << after("try_dropout", 10, dropout=0.25, seed=0) >>. I opened the test set after both runs and took the network that was better
# > there. This proves that dropout prevents overfitting, so it should always be used.
#
# **Comment: 1 of 10.** *Earned:* a question, and a prediction. *Lost:* two things were
# changed at once, dropout and epochs, and the table has the control: without dropout, ten epochs give seed 0
# << after("try_dropout", 10, dropout=0, seed=0) >>. Three seeds were there, one was used. Whoever chooses by test images has no test
# set any more. One training proves nothing about "always", and overfitting was not measured. Nothing is said of what the runs leave open.
#
# </details>
#
# <details><summary><b>Example 2: a fair one</b></summary>
#
# > I asked whether dropout 0.25 before the last layer changes the validation accuracy after ten epochs; I expected a gain. Both settings
# > have the same parameters, images, learning rate, epochs and seeds; only dropout differs. The mean of three seeds is
# > << after("try_dropout", 10, dropout=0) >> without dropout and << after("try_dropout", 10, dropout=0.25) >> with it. So dropout costs
# > this network << points_apart("try_dropout", (10, {"dropout": 0}), (10, {"dropout": 0.25})) >> points. The reason is that it has too few
# > parameters to need dropout. A network with more filters would gain.
#
# **Comment: 5 of 10.** *Earned:* question and prediction (1); one thing varied, and what is held equal (2 of 3: nothing is
# said of what could not be); all seeds (1 of 2); means that stand in the table (1 of 2). *Lost:* the
# seeds of one setting differ by up to << spread("try_dropout", 10, "dropout") >> points, which is not mentioned, and more than
# the difference: "costs" is stronger than the table. The reason was not tested, and the network with more filters was not
# trained. No result is named that would refute it.
#
# </details>
#
# <details><summary><b>Example 3: a good one</b></summary>
#
# > I asked whether dropout 0.25 before the last layer changes the validation accuracy of this network, and expected a gain. Held
# > equal were parameters, images, learning rate, for each seed the first weights and the order of the images, and epochs: so both see as
# > many images in as many steps. The learning rate was chosen for the network without dropout, so dropout may be at a disadvantage. After ten epochs the means are
# > << after("try_dropout", 10, dropout=0) >> without and << after("try_dropout", 10, dropout=0.25) >> with dropout,
# > << points_apart("try_dropout", (10, {"dropout": 0}), (10, {"dropout": 0.25})) >> points apart, while the seeds of one setting differ by
# > up to << spread("try_dropout", 10, "dropout") >>; after five epochs it is
# > << points_apart("try_dropout", (5, {"dropout": 0}), (5, {"dropout": 0.25})) >> against << spread("try_dropout", 5, "dropout") >>. So
# > these runs show no difference beyond that of the seeds, and a smaller one could hide in them. It does not follow that dropout is of no use:
# > a longer training may overfit more, and other probabilities were not tried. I would be refuted by ten seeds with which one of the settings
# > is ahead in nearly all; and a training that goes on until the network without dropout gets worse could show a gain that ten epochs do not.
#
# **Comment: 10 of 10.** The difference is compared with the seeds; the one advantage that was left, the learning rate, is named; "show
# no difference beyond that of the seeds" is not turned into "there is none"; and both results that would change the author's mind can be had. The prediction failed, and
# that costs nothing.
#
# </details>

# %% [markdown]
# The runs of the table after their last epoch: recorded ones in the full profile, short ones of yours in the quick one. (The recorded seconds
# were taken on a busy computer; alone on it, a run takes about << minutes_to_train.cnn >> minute.)

# %%
dropouts = wu.sweep(wu.try_dropout, data, settings, dropout=(0, 0.25))
dropouts.show()

# %% [markdown]
# **Your conclusion:**

# %% [markdown] tags=["essay"] graded_as="experiment-conclusion" points=10
# Held equal were the network and its parameters, the images, SGD with learning rate 0.01 and momentum 0.9, and the three seeds; batch
# size and epochs were varied, and seconds were not held equal. After one epoch each (rows 1 and 3 of the table) batches of 32 are ahead
# of batches of 128 with every seed, by more than the seeds of any row differ. After four epochs each (rows 2 and 4) I see no difference beyond the
# seeds: the means lie closer together than the seeds of row 2 do. At nearly equal steps (row 1: 32 for one epoch; row 4: 128 for four)
# batches of 128 are ahead with every seed, again by more than the seeds of any row differ. So the answer depends on what is held equal and on
# how long one trains, and my prediction was wrong. It does not follow that the batch size makes no difference after four epochs, since
# one that is smaller than that of the seeds could hide in these runs; nor does anything follow about other learning rates, or about longer
# training. Ten more seeds with one batch size ahead in nearly all of them after four epochs would refute what I say of rows 2 and 4, and seeds
# with 32 ahead at equal steps what I say of rows 1 and 4.

# %% [markdown] tags=["slide"]
# ## Before you hand it in
#
# - Does every number in your text stand in your table, and is every claim about runs that you made?
# - Did you look at one seed only, or choose the best run?
# - Is there a word such as "proves", "always" or "significant" that three seeds cannot carry?
# - The test set stayed closed: this notebook chose nothing by it.
