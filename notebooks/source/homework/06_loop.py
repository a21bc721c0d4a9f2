# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # 6 · The loop by hand
#
# **What you will learn**
#
# - the five lines in which a network learns, and why each is there;
# - how to measure a network so that every image counts once, and nothing is disturbed;
# - that `train` of this workbook does no more than you can write.

# %% [markdown]
# **Time:** half an hour, at home. The computer needs << duration["06_loop"] >>.
#
# **Data:** CIFAR-10, or the stand-in where it cannot be had; the second cell says which.

# %% [markdown] tags=["tutor"]
# **As homework** this needs notebook 1 first, where `train` and `evaluate` were shown. Let students write from memory, then compare.
#
# **Questions to ask:** What would happen to momentum if a new optimizer were made for every batch? Why is accuracy no loss to learn by?

# %%
import torch
from torch import nn

import workshop_utils as wu
from workshop_utils import MultilayerPerceptronModel, train

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)
train_loader, validation_loader = data.loaders(batch_size=128)

# %% [markdown] tags=["slide"]
# ## One step
#
# For each batch, a training does the same five things: scores, loss, gradients, a small step against the gradient, and gradients back to
# zero. `criterion` turns scores and labels into the mean loss of the batch, such as `nn.CrossEntropyLoss()`, which holds the softmax.

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 6.1 · A training step
#
# *Difficulty ●●○, 8 minutes*
#
# Write the step. Return the loss of the batch, as it was before the step. The check lets your function train three small networks (momentum, dropout,
# Adam among them) and compares where they get to.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** `zero_grad` between `backward` and `step`, so that nothing is learnt; none at all; softmax before the loss;
# `loss.item()` before `backward`.


# %% tags=["exercise"] graded_as="training-step"
### BEGIN SOLUTION
training_step = wu.use_solution("training_step")
wu.show_source(training_step)
### STUB
# def training_step(model, criterion, optimizer, x, labels):
#     """Learn from one batch, images x and labels; return its loss."""
#     raise NotImplementedError("Exercise 6.1: forward, loss, backward, step, zero; and remove this line.")
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# What does each line need that the one before has made? Gradients need a loss, a step needs gradients.
#
# </details>
#
# <details><summary>Hint 2: nearly the code</summary>
#
# `loss = criterion(model(x), labels)`, then `loss.backward()`, and two calls to the optimizer.
#
# </details>
#
# <details><summary>Hint 3: where it stands</summary>
#
# `wu.show_source(train)` in a cell of your own shows the loop of notebook 1, with these lines in its middle.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# training_step = wu.use_solution("training_step")

# %% tags=["check", "nbval-check-output"] graded_as="training-step" points=4
wu.check_training_step(training_step).must_pass()

# %% [markdown] tags=["slide"]
# ## How good is it?
#
# After every epoch the network is measured on images that it does not learn from. The last batch is often smaller than the others, dropout must
# be off, and afterwards the network must be as it was: if it was in training mode, it goes on training. Nothing is learnt here, so no gradients are
# prepared, either.

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 6.2 · An evaluation
#
# *Difficulty ●●○, 10 minutes*
#
# Write a function that returns two numbers: the mean loss of all images of a loader, and the fraction that is classified correctly.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** the mean of the batches' means; `model.eval()` forgotten, or `model.train()` whatever the mode was;
# accuracy in per cent.


# %% tags=["exercise"] graded_as="evaluation"
### BEGIN SOLUTION
evaluate = wu.use_solution("evaluate")
wu.show_source(evaluate)
### STUB
# def evaluate(model, criterion, loader):
#     """Mean loss per image, and fraction of images classified correctly; the model is left as it was."""
#     raise NotImplementedError("Exercise 6.2: return loss and accuracy, and remove this line.")
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# `criterion` gives the *mean* loss of a batch. How do you get the sum over its images from that? Divide once, in the end.
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# `model.training` says which mode it is in, `model.eval()` and `model.train(mode)` set it. `with torch.no_grad():` keeps gradients off.
# `logits.argmax(dim=1)` is the class with the highest score.
#
# </details>
#
# <details><summary>Hint 3: nearly the code</summary>
#
# In the loop: `total += criterion(logits, labels).item() * len(x)`, `n_correct += (logits.argmax(dim=1) == labels).sum().item()`,
# `n_images += len(x)`. Before it `was_training = model.training`, after it `model.train(was_training)`.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# evaluate = wu.use_solution("evaluate")

# %% tags=["check", "nbval-check-output"] graded_as="evaluation" points=4
wu.check_evaluation(evaluate).must_pass()

# %% [markdown] tags=["slide"]
# ## Both at work
#
# Your two functions train the perceptron of notebook 1. **Predict:** how far will the losses of its batches be from those of `train`, with the
# same random numbers?

# %% tags=["guess"]
### BEGIN SOLUTION
distance_guess = "less than 0.1"
### STUB
# distance_guess = "?"  # "nothing", "less than 0.1" or "more"
### END SOLUTION

# %% tags=["nbval-check-output"]
choices = ("nothing", "less than 0.1", "more")
distance = wu.check_prediction(distance_guess, choices, "distance from train")

# %%
criterion = nn.CrossEntropyLoss()
torch.manual_seed(settings.seed)
mlp = MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10).to(settings.device)
optimizer = torch.optim.SGD(mlp.parameters(), lr=1e-2, momentum=0.9)
own_losses = []
for epoch in range(settings.profile.experiment_epochs):
    for x, labels in train_loader:
        loss = training_step(mlp, criterion, optimizer, x, labels)
        own_losses.append(torch.as_tensor(loss).item())
    loss, accuracy = evaluate(mlp, criterion, validation_loader)
    print(f"epoch {epoch + 1}: validation loss {loss:.4f}, accuracy {accuracy:.1%}")

# %% [markdown]
# Now `train`, from the same start, with batches in the same order:

# %%
torch.manual_seed(settings.seed)
mlp = MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10).to(settings.device)
optimizer = torch.optim.SGD(mlp.parameters(), lr=1e-2, momentum=0.9)
loaders = data.loaders(batch_size=128)
history = train(mlp, *loaders, optimizer, settings.profile.experiment_epochs)

# %%
print(f"validation loss: {evaluate(mlp, criterion, validation_loader)[0]:.4f} by your evaluation,")
print(f"{history.validation_loss[-1]:.4f} by that of train")

# %% tags=["nbval-check-output"]
difference = (torch.tensor(own_losses) - torch.tensor(history.batch_loss)).abs().max().item()
distance.compare(
    "nothing" if difference < 1e-4 else "less than 0.1" if difference < 0.1 else "more"
)

# %% [markdown] tags=["fragment"]
# The same numbers. Beyond that, `train` only keeps the books: the bar, the curves, the runs on disk.
#
# **To try:** leave out `optimizer.zero_grad()` on purpose, run only the cell that trains, and watch the loss. Notebook 7 is made of such
# bugs.
#
# **Next:** [7 · Repair](07_repair.ipynb).

# %%
wu.tally(distance)
