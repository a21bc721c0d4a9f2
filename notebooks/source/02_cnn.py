# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # 2 · Convolutional networks
#
# **What you will learn**
#
# - what a convolution and a pooling layer compute, with the shape after every layer;
# - how much a small convolutional network (CNN) gains over the MLP, trained in the same way;
# - a control that tells *why*;
# - how to read training curves.

# %% [markdown]
# **Time:** 13 minutes, of which the computer needs << duration["02_cnn"] >> on two cores.
#
# **Data:** CIFAR-10, or the stand-in; the second cell says which. Numbers in the text were measured on << measured_on >>.

# %% [markdown] tags=["tutor"]
# **By the minute:** 0 convolution and pooling · 3 exercise 2.1 · 7 training and curves (start it, then ask
# what they expect) · 10 the control, the point of the notebook · 12 the test set. (Counting the parameters by hand is homework, in
# notebook 5; an experiment with channels and learning rates stands in notebook C.)
#
# **Questions to ask:** Why does the filter answer along upright edges only? What would happen to the
# parameters of each layer if the images were 64×64? (The convolutions stay, the first fully connected
# layer grows by more than four.)

# %%
import torch
import torch.nn.functional as F

import workshop_utils as wu
from workshop_utils import BasicConvNet, MultilayerPerceptronModel, train

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)
train_loader, validation_loader = data.loaders(batch_size=128)

# %% [markdown] tags=["slide"]
# ## What a convolution does
#
# An edge looks the same in the corner of a photograph as in its middle, so one detector can be used everywhere. A small
# filter moves over the image; at each position, its weights are multiplied by the numbers under it, and the products are
# added up:

# %% tags=["fragment"]
wu.draw_convolution()

# %% [markdown] tags=["fragment"]
# The result is a *feature map*. Each of its numbers depends on a small neighbourhood only (**local**), and the same few
# weights serve all positions (**shared**). A filter of size k turns n positions into n − k + 1.

# %% [markdown] tags=["slide"]
# Here is a filter made by hand (a *Sobel filter*): brightness on the right minus brightness on the left. Where will its
# output be far from zero?

# %% tags=["fragment"]
images, labels = next(iter(validation_loader))
grey = images[:8].mean(dim=1, keepdim=True)  # 8×1×32×32
edge_filter = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], device=settings.device)
edges = F.conv2d(grey, edge_filter.reshape(1, 1, 3, 3))  # 8×1×30×30
rows = {"image": images[:8], "output": (0.5 + edges / 4).expand(-1, 3, -1, -1)}
wu.show_image_rows(rows, "A filter for vertical edges (mid-grey means zero)")

# %% [markdown] tags=["fragment"]
# Along vertical edges, all over the image, with nine weights. A CNN does not get such filters from us. It learns them.

# %% [markdown]
# ## Pooling
#
# Max-pooling keeps the largest value of each 2×2 square. It halves height and width and has no parameters.

# %% tags=["nbval-check-output"]
numbers = torch.tensor([[1.0, 5, 2, 0], [3, 2, 1, 1], [0, 0, 7, 6], [4, 1, 8, 2]])
print(numbers)
print(F.max_pool2d(numbers.reshape(1, 1, 4, 4), kernel_size=2).reshape(2, 2))

# %% [markdown] tags=["slide"]
# ## The network
#
# *Stride* s is how far the filter moves at a time; *padding* p would add a border of zeros. With both, n positions become
# (n + 2p − k) // s + 1.
#
# | name | layer | filters or units |
# |---|---|---|
# | `conv1` | convolution 5×5, stride 1, no padding, ReLU | 8 filters |
# | `pool1` | max-pooling 2×2, stride 2 | – |
# | `conv2` | convolution 5×5, stride 1, no padding, ReLU | 16 filters |
# | `pool2` | max-pooling 2×2, stride 2 | – |
# | `fc1` | flatten, fully connected, ReLU | 256 units |
# | `logits` | fully connected | 10 units, one score per class |

# %%
torch.manual_seed(settings.seed)
cnn = BasicConvNet(out_c1=8, out_c2=16, dense_units=256).to(settings.device)

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 2.1 · The shape after every layer
#
# *Difficulty ●●○, 4 minutes*
#
# An image comes in as 3×32×32. What is the shape of each layer's output, for one image? Use paper and the
# table above, then fill it in: channels first, without the batch dimension.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** 32 kept all along (they know `padding="same"`); 27 (32 − 5); 3
# channels after the first convolution ("one filter per colour"); channels last, as in
# Matplotlib. The check names each of these.


# %% tags=["exercise"] graded_as="cnn-shapes"
### BEGIN SOLUTION
def cnn_shapes():
    return {
        "conv1": (8, 28, 28),
        "pool1": (8, 14, 14),
        "conv2": (16, 10, 10),
        "pool2": (16, 5, 5),
        "fc1": (256,),
        "logits": (10,),
    }


### STUB
# def cnn_shapes():
#     raise NotImplementedError("Exercise 2.1: put a shape for every layer below, and remove this line.")
#     return {
#         "conv1": (..., ..., ...),
#         "pool1": (..., ..., ...),
#         "conv2": (..., ..., ...),
#         "pool2": (..., ..., ...),
#         "fc1": (...,),
#         "logits": (...,),
#     }
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# Two separate questions for each layer: how many channels come out (how many filters are there?), and how
# many positions has the filter in a row?
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# Every tensor tells its size: try `cnn.conv1(images).shape` in a cell of your own, then `cnn.pool(cnn.conv1(images)).shape`. The first number is the batch.
#
# </details>
#
# <details><summary>Hint 3: nearly the code</summary>
#
# A filter of size 5 turns 32 into 32 − 5 + 1. Pooling halves that. Do the same twice, with 8 channels
# and then with 16. The output of a fully connected layer is a plain row of numbers, such as `(256,)`.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# cnn_shapes = wu.use_solution("cnn_shapes")

# %% tags=["check", "nbval-check-output"] graded_as="cnn-shapes" points=2
wu.check_shapes(cnn_shapes, cnn).must_pass()

# %% tags=["slide"]
wu.draw_network(cnn, "The convolutional network: each sheet is a channel")

# %% [markdown]
# Height and width shrink while the number of channels grows. The same in code:

# %% tags=["slide"]
wu.show_source(BasicConvNet)

# %% tags=["nbval-check-output"]
wu.show_layers(cnn)

# %% [markdown]
# Most of the CNN's << parameters.cnn >> parameters sit in its first fully connected layer; both convolutions together have
# fewer than 4,000. The MLP has << parameters.mlp >>.

# %% [markdown]
# ## Training
#
# Nothing else changes: `train`, optimizer, learning rate, images and epochs are those of notebook 1. **Predict:** who is
# ahead after one epoch?

# %% tags=["guess"]
### BEGIN SOLUTION
ahead_guess = "CNN"
### STUB
# ahead_guess = "?"  # "MLP" or "CNN"
### END SOLUTION

# %% tags=["nbval-check-output"]
ahead = wu.check_prediction(ahead_guess, ("MLP", "CNN"), "ahead at first")

# %%
optimizer = torch.optim.SGD(cnn.parameters(), lr=1e-2, momentum=0.9)
n_epochs = settings.profile.classifier_epochs
keep = wu.Keep("cnn", data, settings)
cnn_history = train(cnn, train_loader, validation_loader, optimizer, n_epochs, keep)

# %% [markdown]
# The curves of the MLP come from your own run of notebook 1, or else from the run that came with the workbook.

# %%
mlp = MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10).to(settings.device)
mlp_run = wu.find_run("mlp", data, settings)
if mlp_run:
    print(mlp_run)
    mlp_history = mlp_run.history
else:
    optimizer = torch.optim.SGD(mlp.parameters(), lr=1e-2, momentum=0.9)
    mlp_history = train(mlp, train_loader, validation_loader, optimizer, n_epochs)

# %%
gain = 100 * (cnn_history.validation_accuracy[-1] - mlp_history.validation_accuracy[-1])
wu.show_result("cnn_minus_mlp", gain, data, settings)

# %% [markdown] tags=["slide"]
# ## Against the MLP
#
# Loss and accuracy of single batches jump about, so the lines are smoothed (Savitzky–Golay: at each point, a cubic
# polynomial is fitted to 21 neighbours). Points are the validation images after each epoch. **Look at** the start, and at
# the right end: do points and lines part?

# %% tags=["fragment"]
wu.plot_batch_curves({"MLP": mlp_history, "CNN": cnn_history}, "Training in batches of 128")

# %%
mlp_is_ahead = mlp_history.validation_accuracy[0] > cnn_history.validation_accuracy[0]
ahead.compare("MLP" if mlp_is_ahead else "CNN")

# %% [markdown] tags=["fragment"]
# At first the MLP is ahead; then the CNN overtakes it. At the end the CNN's training loss falls faster than its validation
# loss: part of what it learns is about the training images alone (*overfitting*).

# %% [markdown] tags=["slide"]
# On CIFAR-10 the CNN gains << full.cnn_minus_mlp >> percentage points (mean of << n_seeds >> seeds; the bars below are runs of their own), with a
# seventh of the parameters. **Why?** Architecture is one difference of several: the MLP has more parameters, and dropout. The shuffled
# pixels of notebook 1 are a control: if the CNN gains because it knows *neighbours*, what happens when there are none?
#
# **Predict** the fourth bar.

# %% [markdown] tags=["tutor"]
# **Expect:** "above", since the CNN is the better network. Ask what a 5×5 filter finds in a window whose pixels come from all over
# the image.

# %% tags=["guess"]
### BEGIN SOLUTION
bar_guess = "level"
### STUB
# bar_guess = "?"  # the CNN's accuracy on shuffled pixels: "above", "level" or "below" the MLP's
### END SOLUTION

# %% tags=["nbval-check-output"]
fourth_bar = wu.check_prediction(bar_guess, ("above", "level", "below"), "the fourth bar")

# %% tags=["fragment"]
pixels = wu.sweep(
    wu.try_pixels, data, settings, network=("MLP", "CNN"), pixels=("in order", "shuffled")
)
wu.plot_pixels(pixels, "Trained and validated on pixels in order, and on shuffled pixels")

# %%
mlp_shuffled, cnn_shuffled = (
    pixels.mean(network=network, pixels="shuffled") for network in ("MLP", "CNN")
)
lead = cnn_shuffled - mlp_shuffled  # up to two percentage points are chance: level
fourth_bar.compare("above" if lead > 0.02 else "below" if lead < -0.02 else "level")

# %% [markdown] tags=["fragment"]
# Without neighbours the CNN falls, on CIFAR-10, from << sweep("try_pixels", network="CNN", pixels="in order") >> to
# << sweep("try_pixels", network="CNN", pixels="shuffled") >>, no better than the MLP
# (<< sweep("try_pixels", network="MLP", pixels="shuffled") >>). Same network, same training, same colours: all that it
# gained, it gained from the arrangement of the pixels.

# %% [markdown] tags=["slide"]
# ## The last look

# %%
cnn_accuracy = wu.open_test_set(keep, cnn)

# %% tags=["fragment"]
wu.show_result("cnn_test_accuracy", cnn_accuracy, data, settings)

# %%
wu.tally(ahead, fourth_bar)

# %% [markdown] tags=["fragment"]
# A convolution needs few parameters, since all positions share them, and pays where neighbours have something to do with
# each other.
#
# **Next:** [3 · Autoencoders](03_autoencoder.ipynb). **Further:** [what the layers see](further/a_layers.ipynb),
# [moved images](further/b_moved.ipynb), [how good in ten minutes](further/c_minutes.ipynb).
