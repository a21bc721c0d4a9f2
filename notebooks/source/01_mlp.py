# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # 1 · Ten classes of photographs, and a network that sees no neighbours
#
# **What you will learn**
#
# - what the images of CIFAR-10 look like, to you and to a network;
# - how a multilayer perceptron (MLP) classifies them;
# - how a training loop works, line by line;
# - what a confusion matrix and the worst mistakes tell you;
# - what is lost when an image is flattened into a vector.

# %% [markdown]
# **Time:** about 20 minutes to read and try, of which the computer needs
# << duration["01_mlp"] >> on two cores.
#
# **Data:** CIFAR-10, small colour photographs. Without it (and without a network) the notebook
# uses a stand-in: pictures of the same ten classes, drawn by code. The second cell says which.
# Numbers quoted in the text were measured on << measured_on >>.
#
# **Exercises** stop the notebook until you have done them. Each has hints to unfold and a check that
# answers. Where you write a function or a class, there is also a line that goes on with the
# reference solution, if you are stuck.

# %% [markdown] tags=["tutor"]
# **Plan for 20 minutes:** 3 for the images, 4 for the model and exercise 1.1, 4 for the training loop
# (talk about it while it trains), 4 for the confusion matrix and the
# mistakes, 5 for the shuffled pixels, which are the point of the notebook.
#
# **With one hour for all four notebooks:** the pictures and exercise 1.2 here, exercise 2.1 and the curves in
# notebook 2, exercise 3.1 and the reconstructions in notebook 3, exercise 4.1 and the rows of pictures in notebook
# 4. The rest is for home.
#
# **Questions to ask:** Which classes would you confuse yourself? What would the network do with
# a photograph turned upside down? Why does the first hidden layer not simply get 10 units?
#
# **Before the room fills:** run the notebook once on the machine of the room. The line under the second
# cell must say which images are used.

# %%
import copy

import torch
from torch import nn

import workshop_utils as wu
from workshop_utils import MultilayerPerceptronModel, test, train

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)

# %% [markdown] tags=["slide"]
# ## The data
#
# The usual first example, MNIST, is about handwritten digits: ten classes, grey images of 28 × 28
# pixels. CIFAR-10 also has ten classes, so this, too, is multi-class classification. But now
# the images are colour photographs of animals and vehicles, 32 × 32 pixels each.

# %% tags=["fragment", "nbval-check-output"]
print(", ".join(data.classes))

# %% [markdown] tags=["slide"]
# A **loader** hands out the images in batches. It mixes the training images anew every epoch,
# and turns colours from whole numbers (0 to 255) into decimal numbers between 0 and 1.
#
# The shape of a batch is N×C×H×W: number of images, channels (red, green, blue), height, width.

# %% tags=["fragment", "nbval-check-output"]
train_loader, test_loader = data.loaders(batch_size=128)
images, labels = next(iter(train_loader))
print("images:", tuple(images.shape), images.dtype)
print("labels:", tuple(labels.shape), labels.dtype)

# %% [markdown] tags=["slide"]
# Look at a few images of each class. Which classes would *you* confuse at this resolution?
# Which classes could you guess from the background alone?

# %% tags=["fragment"]
wu.show_samples(data)

# %% [markdown]
# Some classes share their surroundings: there is blue behind airplanes and ships, green around
# deer and frogs, road under automobiles and trucks. Within a class, pose, colour and size differ widely. Keep both in mind
# for the confusion matrix below.

# %% [markdown] tags=["slide"]
# ## The model
#
# An MLP takes a vector. So the first thing it does is to flatten each image into
# 3 · 32 · 32 = 3072 numbers. Two hidden layers follow, then one output per class.

# %% tags=["slide"]
wu.show_source(MultilayerPerceptronModel)

# %% [markdown] tags=["slide"]
# Read `forward` from top to bottom and follow the shapes. Three details matter later:
#
# - **Dropout** sets a quarter of the hidden values to zero at random, but only during training.
# - The output has **no softmax**. The raw scores are called *logits*; the loss function applies
#   the softmax itself.
# - `x.flatten(start_dim=1)` keeps the batch dimension and flattens everything else.

# %% tags=["slide"]
torch.manual_seed(settings.seed)
mlp = MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10).to(settings.device)
wu.draw_network(mlp, "The multilayer perceptron")

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 1.1 · Counting the parameters of the MLP
#
# *Difficulty ●○○, about 4 minutes*
#
# The drawing has three fully connected layers. How many numbers does each of them learn? Write the
# products and sums out, so that one can see where they come from.
#
# **Predict first:** which of the three has the most?


# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** biases forgotten; 1024 instead of 3072 numbers in (three colours
# forgotten); dropout counted as a layer that learns.


# %% tags=["slide", "exercise"] graded_as="mlp-parameters"
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

# %% tags=["check", "nbval-check-output"] graded_as="mlp-parameters" points=2
wu.check_parameter_counts(mlp_parameters, mlp).must_pass()

# %% tags=["fragment", "nbval-check-output"]
wu.show_layers(mlp)

# %% [markdown]
# Almost all of the << parameters.mlp >> parameters sit in the first layer: every hidden unit has
# a weight of its own for each of the 3072 numbers.

# %% [markdown] tags=["slide"]
# ## The training loop
#
# This function trains every classifier in the workbook. The five lines in the middle are the
# whole of gradient descent: forward, loss, backward, step, zero the gradients.

# %% tags=["slide"]
wu.show_source(train)

# %% [markdown]
# `progress` only keeps the books: it draws the progress bar, prints a line per epoch, and stores
# every loss. The function that evaluates is just as short.

# %% tags=["slide"]
wu.show_source(test)

# %% [markdown] tags=["slide"]
# Two lines are easy to forget, and neither gives an error when it is missing:
#
# - `model.eval()` switches dropout off. Without it you would evaluate a damaged network, and
#   get another number each time.
# - Each batch counts by its size. The last batch is usually smaller; a plain mean of the batch
#   means would give its images too much weight.

# %% [markdown] tags=["slide"]
# ## Training
#
# Stochastic gradient descent with momentum, learning rate 0.01, for ten epochs. An epoch is one
# pass over all training images.
#
# **While it runs:** does the test loss fall as fast as the training loss?

# %% [markdown]
# You may stop it (■ at the top). Network and history are then as they were after the last finished
# epoch. `wu.Keep` keeps every epoch on disk: run the cell again, and it goes on from there. This
# also works after a crash: open the notebook again, and run the cells down to here. The trained
# network is kept as well; notebook 2 will compare with it.

# %% tags=["fragment"]
optimizer = torch.optim.SGD(mlp.parameters(), lr=1e-2, momentum=0.9)
n_epochs = settings.profile.classifier_epochs
keep = wu.Keep("mlp", data, settings)
history = train(mlp, train_loader, test_loader, optimizer, n_epochs, keep)

# %% tags=["slide"]
mlp_accuracy = history.test_accuracy[-1]
wu.show_result("mlp_test_accuracy", mlp_accuracy, data, settings)

# %% [markdown] tags=["fragment"]
# On CIFAR-10, runs with different random numbers reached << low.mlp_test_accuracy >> to
# << high.mlp_test_accuracy >>. Guessing would give 10 %, so the network has learnt something. But
# on MNIST such a network gets nearly everything right: photographs are much harder than digits.

# %% [markdown]
# You may wonder why the *training* accuracy in the log is often the lower one. It is measured
# with dropout on, and while the weights are still changing; the test accuracy is measured at
# the end of the epoch with dropout off.
#
# The line above compares this run with the recorded range. Every training in the workbook ends
# with such a line. If yours says OUTSIDE, it may be chance: for each result, one run in a hundred
# does. More likely something differs from what this workbook was tested with.

# %% [markdown]
# Is the evaluation itself steady? With dropout off, two evaluations of the same weights must
# agree to the last digit. (The ranges are wide; this is the finer check.)

# %% tags=["nbval-check-output"]
criterion = nn.CrossEntropyLoss()
first = test(mlp, criterion, test_loader)
second = test(mlp, criterion, test_loader)
print("two evaluations agree:", first == second)

# %% [markdown] tags=["slide"]
# And if one forgets `model.eval()`? Here is that mistake, made on purpose, twice.

# %% tags=["fragment"]
mlp.train()  # dropout stays on
for attempt in (1, 2):
    with torch.no_grad():
        n_correct = sum((mlp(x).argmax(dim=1) == y).sum().item() for x, y in test_loader)
    print(f"attempt {attempt} with dropout on: {n_correct / len(data.test_images):.2%}")

# %% [markdown] tags=["fragment"]
# The same weights look worse, and differently so each time: a random quarter of the hidden units
# was missing for each image.

# %% [markdown] tags=["slide"]
# ## What it gets wrong
#
# One number hides a lot. The **confusion matrix** shows, for the images of each class (row),
# which class the network chose (column). Look for the darkest squares off the diagonal.

# %% tags=["fragment"]
probabilities, right = wu.predict(mlp, test_loader)
matrix = wu.confusion_matrix(probabilities, right)
wu.plot_confusion(matrix, data.classes, f"MLP, test images, {data.title}")

# %%
one, other, fraction = wu.most_confused(matrix, data.classes)
print(f"most often confused: {one} and {other} ({fraction:.0%} of their images)")

# %% [markdown] tags=["fragment"]
# The confusions are not random. Classes that share colours and surroundings are mixed up:
# animals with animals, vehicles with vehicles. Much of what the MLP uses is the overall
# distribution of colour in the picture.

# %% [markdown] tags=["slide"]
# Now the test images on which it was **surest and wrong**. For each, ask what may have
# misled it: the background, the colour, the pose?

# %% tags=["fragment"]
worst = wu.worst_mistakes(probabilities, right)
wu.show_mistakes(
    data.test_images[worst] / 255,
    right[worst],
    probabilities[worst],
    data.classes,
    f"Surest mistakes of the MLP, {data.title}",
)

# %% [markdown]
# To you, most of these are easy: you see the outline of the object. The network has to go by
# the colours that stand at each place.

# %% [markdown] tags=["slide"]
# ## What flattening loses
#
# Let us take that literally. We shuffle the 3072 numbers of every image, all in the same way,
# and shuffle the weights of the first layer to match.

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 1.2 · Predict: shuffled pixels
#
# *Difficulty ●●○, about 2 minutes*
#
# What happens to the scores of the network: do they get `"worse"`, become `"random"`, or does `"nothing"`
# happen? Commit yourself before you look.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** "random", since the picture looks like noise to us. Let those who
# said so explain it; then ask for one hidden unit written as a sum.

# %% tags=["exercise"]
### BEGIN SOLUTION
prediction = "nothing"
### STUB
# raise NotImplementedError('Exercise 1.2: replace this line by prediction = "worse", "random" or "nothing".')
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint</summary>
#
# Write one hidden unit as a sum: weight times pixel, plus weight times pixel, and so on. What happens to
# a sum when its terms change places?
#
# </details>

# %% tags=["check", "nbval-check-output"]
wu.check_prediction(prediction, ("worse", "random", "nothing")).must_pass()

# %% tags=["slide"]
order = torch.randperm(images[0].numel()).to(settings.device)
shuffled = images.flatten(start_dim=1)[:, order].reshape(images.shape)
wu.show_image_rows(
    {"as they are": images[:8], "shuffled": shuffled[:8]}, "The same shuffle for every image"
)

# %% tags=["fragment", "nbval-check-output"]
twin = copy.deepcopy(mlp)
twin.input_layer.weight = nn.Parameter(mlp.input_layer.weight[:, order])
with torch.no_grad():
    same = torch.allclose(twin.eval()(shuffled), mlp.eval()(images), atol=1e-3)
print("shuffled pixels and weights give the same scores:", same)

# %% [markdown] tags=["fragment", "answer"]
# Nothing happens. To an MLP, the second row is exactly as easy as the first: it has no notion
# that two pixels are neighbours. Whatever it knows about shape, it had to learn
# separately for each position, from examples.

# %% [markdown]
# For photographs that is wasteful: an ear is an ear wherever it is. The next notebook builds
# this knowledge into the network.

# %% [markdown] tags=["slide"]
# ## To go further: what the hidden layers see
#
# *Optional, about 8 minutes.*
#
# A unit of the first hidden layer has one weight for each number of an image. Laid out as an image, its weights show
# what it looks for: mid-grey means zero, and a bright spot of a colour raises the unit where the image has
# that colour.
#
# Here are the eight units with the largest weights, and the same units before training. **Look at** the lower
# row: are there objects in it, or parts of objects?

# %% tags=["fragment"]
torch.manual_seed(settings.seed)
untrained = MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10).to(settings.device)
strongest = mlp.input_layer.weight.norm(dim=1).argsort(descending=True)[:8]
rows = {}
for name, model in (("before training", untrained), ("after", mlp)):
    weights = model.input_layer.weight[strongest]  # 8×3072
    rows[name] = wu.weights_as_images(weights.reshape(-1, 3, 32, 32))
wu.show_image_rows(rows, f"Weights of eight hidden units, {data.title}")

# %% [markdown]
# After the full training there are coarse patches of colour: a spot in the middle, one colour above another. No wheels, no
# ears. Such a unit answers to the colours of large areas, which fits the mistakes above. (After the quick
# training, noise is nearly all there is.)

# %% [markdown] tags=["slide"]
# And the second hidden layer? It describes each image by 100 numbers (*features*). Do images of the same class get similar
# ones? For each of 1,000 test images we look for its nearest neighbour, and ask whether it has the same class. One
# in ten would be chance. **Predict:** what about the pixels themselves, and an untrained network?

# %% tags=["fragment"]
some, their_labels = data.test_images[:1000] / 255, data.test_labels[:1000]
features = {
    "pixels": some.flatten(start_dim=1),
    "before training": wu.layer_outputs(untrained, some)["dropout2"],  # after the second ReLU
    "after training": wu.layer_outputs(mlp, some)["dropout2"],
}
for name, numbers in features.items():
    print(f"{name}: {wu.neighbours_agree(numbers, their_labels):.0%} of nearest neighbours agree")

# %% [markdown]
# Untrained features do nearly as well as the pixels they are made of: random weights keep much of what is near. Training
# raises the number clearly.
#
# To see more than a number, we need a picture, and a picture has two dimensions. *Principal component analysis* (PCA, see
# notebook 3) keeps the two directions in which the points vary most. **t-SNE** (van der Maaten and Hinton, 2008) keeps near
# what is near, as far as it can; distances between far points mean little in it.

# %% [markdown] tags=["slide"]
# Here are 500 of the images. **Look for** classes that keep together, on the left before training and on the right
# after.

# %% tags=["fragment"]
planes = {
    f"{method}, {name}": wu.to_plane(features[name][:500], method)
    for method in ("PCA", "t-SNE")
    for name in ("before training", "after training")
}
wu.plot_planes(
    planes,
    their_labels[:500],
    data.classes,
    f"Test images in the second hidden layer, {data.title}",
)

# %% [markdown] tags=["fragment"]
# Training draws vehicles and animals apart, and some classes within them. But there are no ten islands: the
# classes that run into each other are those that the confusion matrix showed.

# %% [markdown] tags=["slide"]
# ## What was found
#
# - An MLP with << parameters.mlp >> parameters classifies about << full.mlp_test_accuracy >> of
#   the test images of CIFAR-10 correctly.
# - It mostly confuses animals with animals and vehicles with vehicles; similar colours and backgrounds are a likely
#   reason.
# - It treats the pixels as an unordered list: their arrangement carries no meaning for it.
#
# **To try:** another learning rate, or `torch.optim.Adam`. Can you raise the test accuracy
# without changing the model?
#
# **Next:** [2 · Convolutional networks](02_cnn.ipynb)
