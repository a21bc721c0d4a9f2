# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # 1 · A network that sees no neighbours
#
# **What you will learn**
#
# - what the images of CIFAR-10 look like, to you and to a network;
# - how a multilayer perceptron (MLP) is trained, line by line;
# - why some images are kept for choosing, and others for the very end;
# - what is lost when an image is flattened into a vector.

# %% [markdown]
# **Time:** 13 minutes, of which the computer needs << duration["01_mlp"] >> on two cores.
#
# **Data:** CIFAR-10, small colour photographs; without it (and without a network) a stand-in, pictures of the
# same ten classes drawn by code. The second cell says which. Numbers in the text were measured on
# << measured_on >>.
#
# **Exercises** stop the notebook until they are done. Each has hints to unfold and a check that answers; if you are stuck, one
# line goes on with the reference solution. **Predictions** are kept, and compared with what is found.

# %% [markdown] tags=["tutor"]
# **By the minute:** 0 images and their three parts · 2 the model, exercise 1.1 · 5 the loop; start the
# training, talk about it meanwhile · 8 mistakes · 10 shuffled pixels, the point of the notebook · 12 the test set.
#
# **Questions to ask:** Which classes would you confuse yourself? What would the network do with a photograph turned
# upside down? Why does the first hidden layer not simply get 10 units?
#
# **Before the room fills:** run the notebook once on the machine of the room. The line under the second
# cell must say which images are used.

# %%
import torch
from torch.utils.data import DataLoader, TensorDataset

import workshop_utils as wu
from workshop_utils import MultilayerPerceptronModel, evaluate, train

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)

# %% [markdown]
# ## The data
#
# Like MNIST a problem of ten classes, but of animals and vehicles in colour, 32 × 32 pixels each.

# %% tags=["nbval-check-output"]
print(", ".join(data.classes))

# %% [markdown] tags=["slide"]
# **Look at** a few images of each class. Which would *you* confuse at this resolution? Which could you guess from the
# background alone?

# %% tags=["fragment"]
wu.show_samples(data)

# %% [markdown] tags=["slide"]
# The images come in three parts:
#
# - **training** images, to learn from;
# - **validation** images, a tenth of each class, kept back: whatever you choose (a learning rate, a size, when to stop),
#   choose it by these;
# - **test** images, for one last look at a finished network. A test set that is asked again and again becomes one that
#   you choose by, and its answers too good to be true.
#
# A **loader** hands out images in batches, N×C×H×W: number of images, channels (red, green, blue), height, width. It
# shuffles the training images anew in every epoch, and scales colours from 0…255 to 0…1.

# %% tags=["nbval-check-output"]
train_loader, validation_loader = data.loaders(batch_size=128)
images, labels = next(iter(train_loader))
print("images:", tuple(images.shape), images.dtype)
print("labels:", tuple(labels.shape), labels.dtype)

# %% [markdown]
# Ours keeps all images in memory, which is faster. PyTorch's own would give the same (see also
# [your own pictures](further/g_pictures.ipynb)):

# %% tags=["nbval-check-output"]
dataset = TensorDataset(data.validation_images / 255, data.validation_labels)
theirs, _ = next(iter(DataLoader(dataset, batch_size=128)))
ours, _ = next(iter(validation_loader))
print("the same images:", torch.allclose(ours, theirs))

# %% [markdown]
# ## The model
#
# An MLP takes a vector, so each image is flattened into 3 · 32 · 32 = 3072 numbers. Two hidden layers follow, then one
# output for each class.

# %% tags=["slide"]
wu.show_source(MultilayerPerceptronModel)

# %% [markdown]
# **Dropout** sets a quarter of the hidden values to zero at random, but only in training. There is **no softmax**: the
# outputs are *logits*, and the loss applies the softmax itself. `.to(device)` moves the weights to where the images
# are, a GPU if there is one.

# %%
torch.manual_seed(settings.seed)
mlp = MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10).to(settings.device)
wu.draw_network(mlp, "The multilayer perceptron")

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 1.1 · Counting the parameters of the MLP
#
# *Difficulty ●○○, 3 minutes*
#
# How many numbers does each of the three fully connected layers learn? Write products and sums out.
#
# **Predict first:** which of the three has the most?

# %% tags=["guess"]
### BEGIN SOLUTION
layer_guess = "input_layer"
### STUB
# layer_guess = "?"  # "input_layer", "hidden_layer" or "output_layer"
### END SOLUTION

# %% tags=["nbval-check-output"]
layers = ("input_layer", "hidden_layer", "output_layer")
largest = wu.check_prediction(layer_guess, layers, "largest layer")

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** biases forgotten; 1024 instead of 3072 numbers in (three colours
# forgotten); dropout counted as a layer that learns.


# %% tags=["exercise"] graded_as="mlp-parameters"
### BEGIN SOLUTION
def mlp_parameters():
    return {
        "input_layer": 3072 * 256 + 256,
        "hidden_layer": 256 * 100 + 100,
        "output_layer": 100 * 10 + 10,
    }


### STUB
# def mlp_parameters():
#     raise NotImplementedError("Exercise 1.1: put a number for every layer below, and remove this line.")
#     return {
#         "input_layer": ...,
#         "hidden_layer": ...,
#         "output_layer": ...,
#     }
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# Each unit of a layer looks at *all* the numbers that come in, and has a weight for each of them.
# And it has one number more, which it adds at the end.
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# `mlp.output_layer` shows the sizes of one layer, `mlp.output_layer.weight.shape` and
# `mlp.output_layer.bias.shape` those of its parameters. Try them in a cell of your own.
#
# </details>
#
# <details><summary>Hint 3: nearly the code</summary>
#
# A layer with 5 numbers in and 2 units has `5 * 2 + 2` parameters: weights, then biases. The
# numbers in are 3072, 256 and 100.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# mlp_parameters = wu.use_solution("mlp_parameters")

# %% tags=["check", "nbval-check-output"] graded_as="mlp-parameters" points=1
wu.check_parameter_counts(mlp_parameters, mlp).must_pass()

# %% tags=["nbval-check-output"]
wu.show_layers(mlp)

# %% tags=["nbval-check-output"]
sizes = {name: wu.count_parameters(getattr(mlp, name)) for name in layers}
largest.compare(max(sizes, key=sizes.get))

# %% [markdown]
# ## Training
#
# This function trains every classifier in the workbook. The lines in the middle are the whole of gradient descent.

# %% tags=["slide"]
wu.show_source(train)

# %% [markdown]
# `log` only keeps the books. After every epoch, the network is evaluated on the validation images:

# %% tags=["slide"]
wu.show_source(evaluate)

# %% [markdown]
# Two lines are easily forgotten, and nothing complains: `model.eval()`, without which dropout damages the network that is
# being measured; and the size of each batch, since the last one is smaller.
#
# The optimizer is stochastic gradient descent with momentum. You may stop it (■): `wu.Keep` keeps every epoch, and running
# the cell again goes on from there, even after a crash.
#
# **Predict:** which is lower after one epoch, training loss or validation loss?

# %% tags=["guess"]
### BEGIN SOLUTION
loss_guess = "training"
### STUB
# loss_guess = "?"  # "training" or "validation"
### END SOLUTION

# %% tags=["nbval-check-output"]
lower_loss = wu.check_prediction(loss_guess, ("training", "validation"), "lower loss at first")

# %%
optimizer = torch.optim.SGD(mlp.parameters(), lr=1e-2, momentum=0.9)
n_epochs = settings.profile.classifier_epochs
keep = wu.Keep("mlp", data, settings)
history = train(mlp, train_loader, validation_loader, optimizer, n_epochs, keep)

# %%
training_is_lower = history.train_loss[0] < history.validation_loss[0]
lower_loss.compare("training" if training_is_lower else "validation")

# %% [markdown]
# Training often looks worse: it is measured with dropout on, while the weights still change.

# %% [markdown] tags=["slide"]
# ## What it gets wrong
#
# One number hides a lot. Of the images of each class (row), which class did the network choose (column)? **Look for**
# the darkest squares off the diagonal.

# %% tags=["fragment"]
probabilities, right = wu.predict(mlp, validation_loader)
matrix = wu.confusion_matrix(probabilities, right)
wu.plot_confusion(matrix, data.classes, "MLP, validation images")

# %% [markdown] tags=["slide"]
# Now its **most confident mistakes**. What may have misled it: background, colour, pose?

# %% tags=["fragment"]
worst = wu.worst_mistakes(probabilities, right)
wu.show_mistakes(
    data.validation_images[worst] / 255,
    right[worst],
    probabilities[worst],
    data.classes,
    "Most confident mistakes of the MLP",
)

# %% [markdown] tags=["slide"]
# ## What flattening loses
#
# Shuffle the 1024 pixels of every image, all in the same way. To us, nothing is left:

# %% tags=["fragment"]
order = torch.randperm(32 * 32)
shuffled = wu.shuffle_pixels(images, order)
wu.show_image_rows(
    {"in order": images[:8], "shuffled": shuffled[:8]}, "The same shuffle for every image"
)

# %% [markdown] tags=["slide"]
# **Predict:** another MLP is trained in the same way, but on shuffled images, and validated on images shuffled likewise. Compared
# with ours, will it be `"worse"`, `"at chance"` or `"as good"`? It may help to write one hidden unit as a sum, weight times pixel:
# what happens to a sum when its terms change places?

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** "at chance", since the pictures look like noise to us. Let those who
# said so explain it; then ask for one hidden unit written as a sum.

# %% tags=["guess"]
### BEGIN SOLUTION
shuffled_guess = "as good"
### STUB
# shuffled_guess = "?"  # "worse", "at chance" or "as good"
### END SOLUTION

# %% tags=["nbval-check-output"]
choices = ("worse", "at chance", "as good")
shuffling = wu.check_prediction(shuffled_guess, choices, "shuffled pixels")

# %% tags=["slide"]
pixels = wu.sweep(wu.try_pixels, data, settings, network=("MLP",), pixels=("in order", "shuffled"))
pixels.show()

# %%
accuracy = {order: pixels.mean(pixels=order) for order in ("in order", "shuffled")}
is_at_chance = accuracy["shuffled"] < 0.12
is_as_good = accuracy["shuffled"] > accuracy["in order"] - 0.02  # up to two points are chance
shuffling.compare("at chance" if is_at_chance else "as good" if is_as_good else "worse")

# %% [markdown] tags=["fragment", "answer"]
# On CIFAR-10 as good: << sweep("try_pixels", network="MLP", pixels="shuffled") >> with shuffled pixels,
# << sweep("try_pixels", network="MLP", pixels="in order") >> with pixels in order (mean of three seeds). To an MLP,
# both rows above are equally easy: it does not know that two pixels are neighbours. For photographs that is a waste. The
# next notebook builds this knowledge into the network, and asks the same question again.

# %% [markdown] tags=["slide"]
# ## The last look
#
# Nothing will be changed on this network any more. So the test set may be opened, once:

# %%
mlp_accuracy = wu.open_test_set(keep, mlp)

# %% tags=["fragment"]
wu.show_result("mlp_test_accuracy", mlp_accuracy, data, settings)

# %%
wu.tally(largest, lower_loss, shuffling)

# %% [markdown] tags=["fragment"]
# Guessing would give 10%. On CIFAR-10, runs with other random numbers gave << low.mlp_test_accuracy >> to
# << high.mlp_test_accuracy >>. Each training in the workbook ends with such a line. OUTSIDE means: not what this workbook
# was tested with.
#
# **To try:** another learning rate, or `torch.optim.Adam`. Judge by the validation accuracy.
#
# **Next:** [2 · Convolutional networks](02_cnn.ipynb). **Further:** [what the layers see](further/a_layers.ipynb).
