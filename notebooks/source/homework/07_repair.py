# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # 7 · A program that trains badly
#
# **What you will learn**
#
# - what eight common bugs look like from outside: no error, only a curve or a number that is not as it should be;
# - to go from symptom to cause;
# - to mend a program without breaking something else.

# %% [markdown]
# **Time:** three quarters of an hour, at home. The computer needs << duration["07_repair"] >>.
#
# **Data:** CIFAR-10, or the stand-in where it cannot be had; the second cell says which. A thousand images are enough for bugs.

# %% [markdown] tags=["tutor"]
# **As homework** this needs notebooks 1 and 6 first. The symptoms are computed: each of the eight bugs was put into the same program, alone.
#
# **Questions to ask:** Which of the eight would a higher accuracy hide? Which would you find by looking at the training loss alone?

# %%
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import workshop_utils as wu
from workshop_utils import MultilayerPerceptronModel

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)

# %% [markdown] tags=["slide"]
# ## Eight symptoms
#
# A program trains a perceptron on 500 images and validates it on 500 others. Each panel shows what it does with another bug, in blue (dashed: the training
# loss), and in grey without any. Five panels show a training; A, E and G look at one trained network several times. **Look at** what is flat
# and what is not, which losses are the same to the last digit, and what should not change at all.

# %% tags=["fragment"]
symptoms = wu.find_symptoms(data, settings)
wu.plot_symptoms(symptoms, "Eight bugs, one at a time")

# %% tags=["nbval-check-output", "slide"]
print("\n".join(wu.CAUSES))

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 7.1 · Which bug is it?
#
# *Difficulty ●●○, 12 minutes*
#
# Write the cause of each symptom: copy a line from the list above. Each belongs to one letter. Begin with those that can only be one thing.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** C and D exchanged, since both are flat: C does not change by a digit, so no weight moves; H taken for D.


# %% tags=["exercise"] graded_as="causes"
### BEGIN SOLUTION
def causes():
    return {
        "A": "the last batch counted as a whole one",
        "B": "gradients added up",
        "C": "the optimizer holds another network",
        "D": "images and labels shuffled apart",
        "E": "softmax over the wrong dimension",
        "F": "validation images in training",
        "G": "dropout on in evaluation",
        "H": "softmax before a loss that has its own",
    }


### STUB
# def causes():
#     raise NotImplementedError("Exercise 7.1: put a cause beside each letter, and remove this line.")
#     return {
#         "A": ...,
#         "B": ...,
#         "C": ...,
#         "D": ...,
#         "E": ...,
#         "F": ...,
#         "G": ...,
#         "H": ...,
#     }
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# Begin with A, E and G. What could make the loss of one and the same network depend on the batch size? What on chance?
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# A network that guesses has a loss of log 10 = 2.303. Does the loss stay there because the weights do not move, because there is nothing to learn, or
# because they move too slowly? The numbers above the panels tell. And where does the validation loss leave 2.303 in the end?
#
# </details>
#
# <details><summary>Hint 3: nearly the answer</summary>
#
# F learns *better* on validation images than the program without bugs. Ask what it may have seen. In B the steps grow.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# causes = wu.use_solution("causes")

# %% tags=["check", "nbval-check-output"] graded_as="causes" points=4
wu.check_causes(causes).must_pass()

# %% [markdown] tags=["slide"]
# ## The program
#
# All eight bugs are in the program below: three in how it is prepared, five in its loop. It runs from top to bottom without an error.

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 7.2 · Mend the preparation
#
# *Difficulty ●●○, 6 minutes*
#
# `split` keeps the first images back for validation; `shuffled` puts images and labels into a new order; `prepare` makes a network and its optimizer.
# Three bugs are in these functions. Mend them, and leave everything else as it is.

# %% [markdown] tags=["tutor"]
# **Expect** repairs that break something else: labels cut, but not images; the momentum dropped. The check says what is still there and what is new.


# %% tags=["exercise", "repair"] graded_as="repair-preparation"
### BEGIN SOLUTION
def split(images, labels, n_validation):
    validation = images[:n_validation], labels[:n_validation]
    return images[n_validation:], labels[n_validation:], *validation


def shuffled(images, labels):
    order = torch.randperm(len(images))
    return images[order], labels[order]


def prepare(make_network, learning_rate):
    model = make_network()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    return model, optimizer


### STUB
# def split(images, labels, n_validation):
#     validation = images[:n_validation], labels[:n_validation]
#     return images, labels, *validation
#
#
# def shuffled(images, labels):
#     return images[torch.randperm(len(images))], labels[torch.randperm(len(labels))]
#
#
# def prepare(make_network, learning_rate):
#     model = make_network()
#     optimizer = torch.optim.SGD(make_network().parameters(), lr=learning_rate, momentum=0.9)
#     return model, optimizer
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# Which images does the network learn from? Is the third image still beside the third label? How many networks are there?
#
# </details>
#
# <details><summary>Hint 2: nearly the code</summary>
#
# `images[n_validation:]` leaves the first ones out. `order = torch.randperm(len(images))` can be used twice. `model.parameters()` are those of the
# network that is returned.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from a line and run: the notebook goes on with the reference solution of that function.
# (Where exercises are graded, these lines earn no points.)
# split = wu.use_solution("split")
# shuffled = wu.use_solution("shuffled")
# prepare = wu.use_solution("prepare")

# %% tags=["check", "nbval-check-output"] graded_as="repair-preparation" points=3
wu.check_repair(split=split, shuffled=shuffled, prepare=prepare).must_pass()

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 7.3 · Mend the loop
#
# *Difficulty ●●○, 12 minutes*
#
# `training_step` and `evaluate` are to do what they did in notebook 6; `probabilities` gives, for each image, the probability of each class. Five bugs are in them.

# %% [markdown] tags=["tutor"]
# **Expect** `model.eval()` without the mode being put back afterwards, which is a new bug: from the second epoch on, the network learns without dropout.


# %% tags=["exercise", "repair"] graded_as="repair-loop"
### BEGIN SOLUTION
def training_step(model, criterion, optimizer, x, labels):
    loss = criterion(model(x), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss


def evaluate(model, criterion, loader):
    total_loss, n_correct, n_images = 0.0, 0, 0
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for x, labels in loader:
            logits = model(x)
            total_loss += criterion(logits, labels).item() * len(x)
            n_correct += (logits.argmax(dim=1) == labels).sum().item()
            n_images += len(x)
    model.train(was_training)
    return total_loss / n_images, n_correct / n_images


def probabilities(model, images):
    with torch.no_grad():
        return F.softmax(model(images), dim=1)


### STUB
# def training_step(model, criterion, optimizer, x, labels):
#     scores = F.softmax(model(x), dim=1)
#     loss = criterion(scores, labels)
#     loss.backward()
#     optimizer.step()
#     return loss
#
#
# def evaluate(model, criterion, loader):
#     total_loss, n_correct, n_images = 0.0, 0, 0
#     with torch.no_grad():
#         for x, labels in loader:
#             logits = model(x)
#             total_loss += criterion(logits, labels).item() * loader.batch_size
#             n_correct += (logits.argmax(dim=1) == labels).sum().item()
#             n_images += len(x)
#     return total_loss / n_images, n_correct / n_images
#
#
# def probabilities(model, images):
#     with torch.no_grad():
#         return F.softmax(model(images), dim=0)
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# Go through the list of causes. Five are left: two for `training_step`, two for `evaluate`, one for `probabilities`.
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# Compare with your functions of notebook 6, line by line. What does `nn.CrossEntropyLoss` take? Whose scores shall add up to 1?
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from a line and run: the notebook goes on with the reference solution of that function.
# (Where exercises are graded, these lines earn no points.)
# training_step = wu.use_solution("training_step")
# evaluate = wu.use_solution("evaluate")
# probabilities = wu.use_solution("probabilities")

# %% tags=["check", "nbval-check-output"] graded_as="repair-loop" points=5
wu.check_repair(
    training_step=training_step, evaluate=evaluate, probabilities=probabilities
).must_pass()

# %% [markdown] tags=["slide"]
# ## The program, mended
#
# Now it is worth running. Is it as the grey curves promise?


# %% tags=["fragment"]
def make_network():
    return MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10).to(settings.device)


torch.manual_seed(settings.seed)
images, labels = data.train_images[:1000] / 255, data.train_labels[:1000]
train_images, train_labels, *validation = split(images, labels, 500)
loader = DataLoader(TensorDataset(*validation), batch_size=128)
model, optimizer = prepare(make_network, learning_rate=0.01)
for _ in range(25):
    x, y = shuffled(train_images, train_labels)
    for i in range(0, len(x), 32):
        training_step(model, nn.CrossEntropyLoss(), optimizer, x[i : i + 32], y[i : i + 32])
    loss, accuracy = evaluate(model, nn.CrossEntropyLoss(), loader)
print(f"after 25 epochs: validation loss {loss:.3f}, accuracy {accuracy:.1%}")

# %% tags=["nbval-check-output"]
usual = symptoms["C"].usual[-1]
print("as the program without bugs, to within 0.001:", abs(loss - usual) < 0.001)

# %% tags=["nbval-check-output"]
sums = probabilities(model.eval(), images[:8]).sum(dim=1)
print("probabilities of an image add up to 1:", torch.allclose(sums, torch.ones_like(sums)))

# %% [markdown] tags=["fragment"]
# None of the eight stops a program, and one of them (F) makes it look better than it is. What finds them is knowing what a number
# ought to be: the loss of guessing, the sum of probabilities, a measurement made twice.
#
# **To try:** put one bug back in, and see whether you would have noticed it from the last line alone.
#
# **Next:** [8 · An experiment of your own](08_experiment.ipynb).
