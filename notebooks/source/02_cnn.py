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
# - how to count the parameters of both networks by hand;
# - how much a small convolutional network (CNN) gains over the MLP, trained in the same way;
# - how to read two training curves on common axes.

# %% [markdown]
# **Time:** about 20 minutes to read and try, of which the computer needs
# << duration["02_cnn"] >> on two cores.
#
# **Data:** CIFAR-10, or the stand-in where it cannot be had; the second cell says which. Numbers
# quoted in the text were measured on << measured_on >>.

# %% [markdown] tags=["tutor"]
# **Plan for 20 minutes:** 4 for convolution and pooling, 5 for exercise 2.1, 4 for exercise 2.2, 5 for the
# training and the curves (start it, then ask what they expect), 2 for the gap between training and
# test. Exercise 2.3 is for the fast ones, or for home.
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
train_loader, test_loader = data.loaders(batch_size=128)

# %% [markdown] tags=["slide"]
# ## What a convolution does
#
# An edge looks the same in the corner of a photograph as in its middle. So a detector learnt in
# one place can be reused everywhere: natural images hardly change their statistics when they are
# shifted, which is called *translation invariance*.
#
# A convolution uses it. A small filter moves over the image, and at each position the same
# weights are multiplied by the pixels under it, and the products are added up. What comes out is called a *feature
# map*. Two things follow:
#
# - each output depends on a small neighbourhood only (**local**);
# - the same few weights serve all positions (**shared**), so if the image moves, the output moves
#   with it.
#
# Bishop, *Pattern Recognition and Machine Learning*, section 5.5.6, has the longer story.

# %% [markdown] tags=["slide"]
# Here is a filter made by hand (a *Sobel filter*). It subtracts the brightness on the left from that on the right.
# **Predict:** where will its output be far from zero?

# %% tags=["fragment"]
images, labels = next(iter(test_loader))
grey = images[:8].mean(dim=1, keepdim=True)  # 8×1×32×32
edge_filter = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], device=settings.device)
edges = F.conv2d(grey, edge_filter.reshape(1, 1, 3, 3))  # 8×1×30×30
rows = {"image": images[:8], "output": (0.5 + edges / 4).expand(-1, 3, -1, -1)}
wu.show_image_rows(rows, "A filter for vertical edges (mid-grey means zero)")

# %% [markdown] tags=["slide"]
# The output is grey where neighbours are alike, and light or dark along vertical edges. The
# filter found them all over the image with nine weights.
#
# The output is a little smaller than the image: a 3×3 filter has room for 30 positions in a row
# of 32. In general, a filter of size k turns n into n − k + 1, as long as it moves
# in steps of one and stays inside the image.
#
# A CNN does not get such filters from us. It learns them.

# %% [markdown] tags=["slide"]
# ## What pooling does
#
# Max-pooling keeps the largest value of each 2×2 square. It halves height and width, has no
# parameters, and does not mind if something moves by a pixel inside its square.

# %% tags=["fragment", "nbval-check-output"]
numbers = torch.tensor([[1.0, 5, 2, 0], [3, 2, 1, 1], [0, 0, 7, 6], [4, 1, 8, 2]])
print(numbers)
print(F.max_pool2d(numbers.reshape(1, 1, 4, 4), kernel_size=2).reshape(2, 2))

# %% [markdown] tags=["slide"]
# ## The network
#
# Two rounds of convolution, pooling and ReLU, then two fully connected layers. *Stride* is how far the filter moves at
# a time; *padding* would add a border of zeros around the image:
#
# | name | layer | filters or units |
# |---|---|---|
# | `conv1` | convolution 5×5, stride 1, no padding | 8 filters |
# | `pool1` | max-pooling 2×2, stride 2, ReLU | – |
# | `conv2` | convolution 5×5, stride 1, no padding | 16 filters |
# | `pool2` | max-pooling 2×2, stride 2, ReLU | – |
# | `fc1` | flatten, fully connected, ReLU | 256 units |
# | `logits` | fully connected | 10 units, one score per class |

# %%
torch.manual_seed(settings.seed)
cnn = BasicConvNet(out_c1=8, out_c2=16, dense_units=256).to(settings.device)

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 2.1 · The shape after every layer
#
# *Difficulty ●●○, about 5 minutes*
#
# An image comes in as 3×32×32. Which shape does each layer hand on, for one image? Do it on paper with the
# table above, then fill it in: channels first, without the batch dimension.


# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** 32 kept all along (they know `padding="same"`); 27 (32 − 5); 3
# channels after the first convolution ("one filter per colour"); channels last, as in
# Matplotlib. The check names each of these.


# %% tags=["slide", "exercise"] graded_as="cnn-shapes"
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
# and then with 16. A fully connected layer hands on a plain row of numbers, such as `(256,)`.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# cnn_shapes = wu.use_solution("cnn_shapes")

# %% tags=["check", "nbval-check-output"] graded_as="cnn-shapes" points=3
wu.check_shapes(cnn_shapes, cnn).must_pass()

# %% [markdown]
# The same as a picture, drawn from the network itself:

# %% tags=["slide"]
wu.draw_network(cnn, "The convolutional network: each sheet is a channel")

# %% [markdown]
# Follow the drawing from left to right: height and width shrink while the number of channels
# grows. The network trades *where* for *what*.
#
# The same in code, with the shape at every step:

# %% tags=["slide"]
wu.show_source(BasicConvNet)

# %% [markdown]
# In many books, ReLU comes before pooling. Both orders give the same values: whether you first take
# the largest of four numbers or first set negative ones to zero makes no difference. Pooling first
# leaves a quarter of the numbers for ReLU.

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 2.2 · Counting the parameters of the CNN
#
# *Difficulty ●●○, about 4 minutes*
#
# How many numbers does each layer learn? You know fully connected layers from notebook 1. For a
# convolution, think of the filters: how many are there, and how many weights has one?


# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** the channels that come in forgotten (8 · 5 · 5); multiplied by the
# 28 × 28 positions (then ask what *shared* means); a flattened size of 16 · 10 · 10, before pooling.


# %% tags=["slide", "exercise"] graded_as="cnn-parameters"
### BEGIN SOLUTION
def cnn_parameters():
    return {
        "conv1": 3 * 8 * 5 * 5 + 8,
        "conv2": 8 * 16 * 5 * 5 + 16,
        "fc1": 16 * 5 * 5 * 256 + 256,
        "logits": 256 * 10 + 10,
    }


### STUB
# def cnn_parameters():
#     raise NotImplementedError("Exercise 2.2: put a number for every layer below, and remove this line.")
#     return {
#         "conv1": ...,
#         "conv2": ...,
#         "fc1": ...,
#         "logits": ...,
#     }
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# A filter reaches through *all* channels that come in. It has one weight for each place in its 5×5 square in
# each of these channels, and one bias. The size of the image does not matter to it.
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# `cnn.conv1.weight.shape` lists filters, channels that come in, height and width of a filter.
# `model.parameters()` goes through all weights and biases of a network.
#
# </details>
#
# <details><summary>Hint 3: nearly the code</summary>
#
# channels in · filters · 5 · 5, plus one bias per filter. The first fully connected layer takes the
# flattened result of the second pooling: multiply its shape out.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# cnn_parameters = wu.use_solution("cnn_parameters")

# %% tags=["check", "nbval-check-output"] graded_as="cnn-parameters" points=3
wu.check_parameter_counts(cnn_parameters, cnn).must_pass()

# %% tags=["fragment", "nbval-check-output"]
wu.show_layers(cnn)

# %% tags=["nbval-check-output"]
mlp = MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10).to(settings.device)
print(f"MLP: {wu.count_parameters(mlp):,} parameters, CNN: {wu.count_parameters(cnn):,}")

# %% [markdown]
# The convolutions are light: both together have fewer than 4,000 parameters. Most of the CNN's
# << parameters.cnn >> parameters sit in its first fully connected layer. The MLP has
# << parameters.mlp >>, more than seven times as many.

# %% [markdown] tags=["slide"]
# ## Training
#
# Nothing else changes: `train`, optimizer, learning rate and epochs are those of notebook 1.

# %% tags=["fragment"]
optimizer = torch.optim.SGD(cnn.parameters(), lr=1e-2, momentum=0.9)
n_epochs = settings.profile.classifier_epochs
keep = wu.Keep("cnn", data, settings)
cnn_history = train(cnn, train_loader, test_loader, optimizer, n_epochs, keep)

# %%
cnn_accuracy = cnn_history.test_accuracy[-1]
wu.show_result("cnn_test_accuracy", cnn_accuracy, data, settings)

# %% [markdown]
# ## Against the MLP
#
# The curves of the MLP come from your own run of notebook 1. If there is none, those that came
# with the workbook are taken; and if there are none for this data set, the MLP is trained now.

# %%
mlp_run = wu.find_run("mlp", data, settings)
if mlp_run:
    print(mlp_run)
    mlp_history = mlp_run.history
else:
    optimizer = torch.optim.SGD(mlp.parameters(), lr=1e-2, momentum=0.9)
    mlp_history = train(mlp, train_loader, test_loader, optimizer, n_epochs)

# %% tags=["slide"]
gain = 100 * (cnn_accuracy - mlp_history.test_accuracy[-1])
wu.show_result("cnn_minus_mlp", gain, data, settings)

# %% [markdown] tags=["fragment"]
# Note the unit. Two percentages are compared by their difference in **percentage points**. On
# CIFAR-10 the CNN reached << full.cnn_test_accuracy >> on average and the MLP
# << full.mlp_test_accuracy >>: a gain of << full.cnn_minus_mlp >>, or
# << (100 * (value.cnn_test_accuracy / value.mlp_test_accuracy - 1)) | round | int >> per cent
# more images classified correctly.

# %% [markdown] tags=["fragment"]
# It does so with less than a seventh of the parameters, so more parameters are not the reason. The architecture
# probably is. (One more difference hides in the models: the MLP uses dropout, the CNN does not.)

# %% [markdown]
# With the quick profile the CNN may still be behind; see the start of the curves below.

# %% [markdown] tags=["slide"]
# Now the curves, batch by batch. Loss and accuracy of a single batch jump about, so the strong
# lines are smoothed with a Savitzky–Golay filter: at each point it fits a cubic polynomial to 21
# neighbours. **Look at:** where the lines cross, and how steep they are at the right end.

# %% tags=["fragment"]
wu.plot_batch_curves(
    {"MLP": mlp_history, "CNN": cnn_history}, f"Training in batches of 128, {data.title}"
)

# %% [markdown] tags=["slide"]
# At the very beginning the MLP is ahead: the CNN spends some batches near chance until its
# filters are of use. Then it overtakes the MLP and stays in front.
#
# At the right end the CNN's loss still falls. Ten epochs are not enough for it to converge;
# more would help, as long as the test loss falls as well.

# %% [markdown] tags=["fragment"]
# Compare training and test accuracy at the end. What may a gap between them mean?

# %% tags=["fragment"]
for name, history in (("MLP", mlp_history), ("CNN", cnn_history)):
    train_accuracy, test_accuracy = history.train_accuracy[-1], history.test_accuracy[-1]
    print(f"{name}: {train_accuracy:.1%} on training images, {test_accuracy:.1%} on test images")

# %% [markdown] tags=["fragment"]
# The CNN is better on the images it was trained on: part of what it learnt does not carry over
# (*overfitting*). For the MLP the training number can be the *lower* one. It was measured with
# dropout on, so the MLP's curves above look a little worse than the network is.

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 2.3 · Experiment: more channels, another learning rate
#
# *Difficulty ●●●, as long as you like*
#
# The numbers of channels were kept low so that training is quick. What does it buy to double them,
# and what does it cost? When do more parameters stop helping, and must the learning rate change with
# them?
#
# `try_cnn` trains a network of your choice for a few epochs. Every run goes into one table; the network
# from above is the first.


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
experiments.run(out_c1=8, out_c2=16, learning_rate=0.01)  # the network from above

# %% tags=["exercise"]
### BEGIN SOLUTION
experiments.run(out_c1=16, out_c2=32, learning_rate=0.01)
experiments.run(out_c1=16, out_c2=32, learning_rate=0.03)
### STUB
# raise NotImplementedError("Exercise 2.3: add two runs of your own, and remove this line.")
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

# %% tags=["slide"]
experiments.show()
wu.plot_experiments(experiments, f"What did it buy? {data.title}")

# %% [markdown] tags=["fragment", "answer"]
# Compare two rows that differ in one choice only. After so few epochs, what you see is how *fast* a network
# learns. A larger learning rate often looks better here, and may lose at the end. Differences
# of a point or two can be chance: run the same choice with another seed before you believe them.

# %% [markdown] tags=["slide"]
# ## To go further: are more parameters always better?
#
# *Optional, about 8 minutes.*
#
# A few runs with one seed prove little. Here are 27: three widths, three learning rates, three seeds each, ten epochs
# as above. `width` multiplies the numbers of filters, so width 1 is the network from above.

# %% [markdown]
# You need not wait for them: in the full profile you see the runs that came with the workbook. Anything else is
# trained when you ask for it, as many runs at once as there are cores and memory for, and kept: try a `width` of your
# own. (Runs are kept by the name of the function. If you change one, give it another name.)

# %%
wu.show_source(wu.try_width)

# %% tags=["fragment"]
widths = wu.sweep(
    wu.try_width, data, settings, width=(0.5, 1, 2), learning_rate=(0.003, 0.01, 0.03)
)
widths.show()

# %% [markdown] tags=["slide"]
# **Predict**, before you look: does the accuracy on test images rise with every step in width? And must a wider
# network have a smaller learning rate? In the figure, a point is the mean of three seeds, and its bar reaches from the
# lowest to the highest.

# %% tags=["fragment"]
wu.plot_widths(widths, f"Wider networks, {widths.measured_on}")

# %% [markdown] tags=["slide"]
# Yes to the first: at each of the three learning rates, the wider network is better on average. At the best one,
# << sweep("try_width", width=0.5, learning_rate=0.01) >> become
# << sweep("try_width", width=1, learning_rate=0.01) >> and
# << sweep("try_width", width=2, learning_rate=0.01) >>. Part of what is learnt does not carry over, though, and that
# part grows: training images do better than test images by at least << gap("try_width", width=0.5, learning_rate=0.01) >>,
# << gap("try_width", width=1, learning_rate=0.01) >> and
# << gap("try_width", width=2, learning_rate=0.01) >> percentage points. (The training accuracy of an epoch is measured
# while the weights still change, which makes the gap look smaller.)
#
# No to the second: 0.01 is best for all three. But look at the long bar: with 0.03, the network from above reached
# << highest("try_width", width=1, learning_rate=0.03) >> with one seed, and
# << lowest("try_width", width=1, learning_rate=0.03) >> with another. Anyone who had tried only one seed would have
# told quite another story.

# %% [markdown]
# **What this does not show.** It stops after ten epochs: it says how fast a network gets somewhere, not where it would
# end. Width four or a rate of 0.02 may continue the lines or not. A wider network also computes longer, and given
# that time the narrow one might catch up. And the best learning rate was picked by looking at the *test* images, so the
# right-hand figure flatters all three a little; for a fair number, keep some training images aside and pick by those.

# %% [markdown] tags=["slide"]
# ## To go further: how far can you get in a quarter of an hour?
#
# *Optional, about 6 minutes.*
#
# `DeeperConvNet` has four convolutions 3×3 and changes three more things:
#
# - **batch normalisation** gives every map mean 0 and variance 1 over the batch, then a scale and an offset that are
#   learnt. It is known to make larger learning rates safer. When the network is evaluated, means and
#   variances kept from training take the place of those of the batch: one more thing that `eval()` switches;
# - **augmentation** flips and moves the training images at random: the network never sees the same batch twice;
# - at the end, it keeps the largest value of each map, *wherever* it is (*global max-pooling*).

# %% tags=["slide"]
wu.show_source(wu.DeeperConvNet)

# %% tags=["slide"]
generator = torch.Generator().manual_seed(0)
again = [wu.augment(images[:8], generator) for _ in range(3)]
rows = {"image": images[:8], "once": again[0], "twice": again[1], "three times": again[2]}
wu.show_image_rows(rows, f"Augmented images, {data.title}")

# %% [markdown] tags=["slide"]
# It is trained for 18 epochs, with SGD, Nesterov momentum and a little *weight decay* (every step also draws all weights
# a little towards zero). The learning rate rises to 0.1 and falls to zero again; the momentum does the opposite.
# In the recorded runs each training had one core. **Look at** how long it takes to overtake the other network, and where it
# ends.

# %%
deeper = wu.sweep(wu.try_deeper, data, settings)
deeper.show()

# %% tags=["fragment"]
runs = {"CNN": widths.where(width=1, learning_rate=0.01), "deeper": deeper.trials}
wu.plot_accuracy_by_time(runs, f"What time buys, {deeper.measured_on}")

# %% [markdown] tags=["slide"]
# | | parameters | training | test accuracy |
# |---|---|---|---|
# | CNN from above | << parameters.cnn >> | 10 epochs, << minutes("try_width", width=1) >> minute on one core | << sweep("try_width", width=1, learning_rate=0.01) >> |
# | `DeeperConvNet` | << parameters.deeper >> | 18 epochs, << minutes("try_deeper") >> minutes on one core | << sweep("try_deeper") >> |
# | ResNet and others | about 260,000 | 180 epochs on a GPU | 89.7% to 91.1% |
#
# The last row is from tutorial 5 of the University of Amsterdam (GoogLeNet, ResNet, DenseNet), on the official images of
# CIFAR-10; the others were measured on << measured_on >>. Compare them roughly.

# %% [markdown]
# A laptop gets you most of the way from 60 to 90 per cent, with no more parameters than the models of that
# tutorial. The last steps cost the most: there, about five more points took ten times as many epochs, and other networks.
#
# Look at the curve: while the learning rate is high, the accuracy jumps up and down. The last points come when it falls.
#
# What this does not show is which of the changes helped how much; they were made all at once. Take one of them
# away at a time, and you have an experiment of your own (`notebooks/source` and `workshop_utils/experiments/recipes.py` are where
# to begin).

# %% [markdown] tags=["slide"]
# ## To go further: what the filters see
#
# *Optional, about 8 minutes.*
#
# A filter of the first layer is a small image of its own, 5×5 pixels in three colours. Mid-grey means zero.
# **Look for** filters that have a direction, and for filters that have a colour.

# %% tags=["fragment"]
torch.manual_seed(settings.seed)
untrained = BasicConvNet(out_c1=8, out_c2=16, dense_units=256).to(settings.device)
rows = {
    "before training": wu.weights_as_images(untrained.conv1.weight),  # 8×3×5×5
    "after": wu.weights_as_images(cnn.conv1.weight),
}
wu.show_image_rows(rows, f"The eight filters of conv1, {data.title}")
change = (cnn.conv1.weight - untrained.conv1.weight).detach().flatten(start_dim=1).norm(dim=1)
print("how much each has changed:", [round(number, 2) for number in change.tolist()])

# %% [markdown]
# After the full training some filters are split into a light and a dark half: they find edges, as the one did that was
# written by hand at the beginning. Others look for a colour.
#
# Is there one that looks as it did before? The numbers below the figure tell (norm of the change): near 0, hardly any gradient
# has reached this filter. Find its map in the next figure.

# %% [markdown] tags=["slide"]
# Now follow one image through the network: eight of the feature maps of each layer, and what ReLU lets pass.
# Black means that the filter found nothing there, or next to nothing beside the strongest places of that layer.

# %% tags=["fragment"]
images, labels = next(iter(test_loader))
outputs = wu.layer_outputs(cnn, images[1:2])  # of one image
rows = {"image": images[1:2].expand(8, -1, -1, -1)}
for name in ("conv1", "pool1", "conv2", "pool2"):
    maps = outputs[name][0]  # such as 8×28×28
    rows[f"{name} {'×'.join(map(str, maps.shape))}"] = wu.maps_as_images(maps[:8])
wu.show_image_rows(rows, f"Through the network: {data.classes[int(labels[1])]}, {data.title}")

# %% [markdown]
# The first maps can still be read as pictures. Towards the end they are coarse: *whether* something was
# found counts more and more, *where* less and less.
#
# A map that is black may just have found nothing in this image. But a filter whose output is negative everywhere, in
# *every* image, is *dead*: ReLU lets nothing pass, so there is no gradient, and without a gradient it stays as it was.

# %% [markdown] tags=["slide"]
# What does a filter of the second layer look for? Its weights are no picture any more, since it reads eight maps. But
# we can ask which images excite it most. One place of its map sees 14×14 pixels, its *receptive field*. **Look at** each row: what do
# its patches have in common?

# %% tags=["fragment"]
many = data.test_images[:1000] / 255
maps = wu.layer_outputs(cnn, many)["conv2"]  # 1000×16×10×10
patches = wu.strongest_patches(maps, many, size=14, stride=2)  # 16×8×3×14×14
rows = {f"filter {k}": patches[k] for k in range(6)}
wu.show_image_rows(rows, f"Patches that excite filters of conv2 most, {data.title}")

# %% [markdown] tags=["fragment"]
# Most rows have something in common that you can name: a colour, an edge in one direction, dark above light. Objects
# are not among them: two layers of convolution see too little for that.

# %% [markdown] tags=["slide"]
# ## To go further: does it matter where the object is?
#
# *Optional, about 8 minutes.*
#
# Convolutional networks are often called *translation invariant*: move the object, and the answer stays.
# Two words are easily mixed up here. A function is
#
# - **equivariant** if its output moves along with its input;
# - **invariant** if its output stays the same.
#
# A convolution is equivariant, exactly. `shift` moves images by whole pixels; where something has to come in
# at an edge, it repeats the edge. So we compare the feature maps away from that edge.

# %% tags=["fragment", "nbval-check-output"]
cnn.eval()
images, labels = next(iter(test_loader))
with torch.no_grad():
    maps = cnn.conv1(images)  # 128×8×28×28
    maps_of_shifted = cnn.conv1(wu.shift(images, right=2))
same = torch.allclose(maps_of_shifted[..., 2:], maps[..., :-2], atol=1e-5)
print("the feature maps move along with the image:", same)

# %% [markdown]
# What does pooling add? It keeps the largest value of each 2×2 square. Move the image by two pixels, and
# the pooled maps move by one place: still equivariant.

# %% [markdown] tags=["slide"]
# By one pixel, they cannot move half a place. But if the largest value of a square stays in its square,
# nothing changes at all. That is the invariance that pooling buys, and it is a partial one. **Predict:** by
# how much do the maps change before pooling, after pooling, and how much do the scores at the end?

# %% tags=["nbval-check-output"]
with torch.no_grad():
    pooled, pooled_of_shifted = cnn.pool(maps), cnn.pool(maps_of_shifted)
same = torch.allclose(pooled_of_shifted[..., 1:], pooled[..., :-1], atol=1e-5)
print("two pixels are one place after pooling:", same)

# %% tags=["fragment"]
shifted = wu.shift(images, right=1)
with torch.no_grad():
    maps_of_shifted = cnn.conv1(shifted)
    changes = {
        "pixels": wu.relative_change(images, shifted),
        "after conv1": wu.relative_change(maps, maps_of_shifted),
        "after pooling": wu.relative_change(pooled, cnn.pool(maps_of_shifted)),
        "scores": wu.relative_change(cnn(images), cnn(shifted)),
    }
for name, change in changes.items():
    print(f"{name}: changed by {change:.0%} of their norm")

# %% [markdown]
# Compared with their size, the maps of `conv1` change more than the pixels do. A likely reason: filters for edges drop
# the common brightness, which a move leaves as it is. Pooling makes the change smaller, but only a little.
#
# The scores change much less than the maps: the layers in between have *learnt* to let most of it go. Nothing in the
# architecture makes sure of that. The last layers are fully connected: to them, each place of the maps is a number of its
# own, just as each pixel is to the MLP.

# %% [markdown] tags=["slide"]
# So how invariant is the network as a whole? We move 2,000 test images up, down, left and right by up to 8
# pixels (the deeper network, which computes longer, by every second distance). **Look at** both ends of the lines: which
# network starts higher, and which loses more?

# %%
if mlp_run:
    mlp_run.load_into(model=mlp)
models = {"MLP": mlp, "CNN": cnn}
deeper_run = wu.find_run("deeper", data, settings)
if deeper_run:
    models["deeper"] = wu.DeeperConvNet().to(settings.device)
    deeper_run.load_into(model=models["deeper"])

# %% tags=["fragment"]
some = wu.Loader(data.test_images[:2000], data.test_labels[:2000])
accuracies = {}
for name, model in models.items():
    distances = range(0, 9, 2) if name == "deeper" else range(9)
    accuracies[name] = wu.accuracy_when_shifted(model, some, distances)
wu.plot_shifts(accuracies, f"Moving the test images, {data.title}")

# %%
for name, found in accuracies.items():
    lost = {distance: 100 * (found[0] - found[distance]) for distance in (2, 8)}
    print(
        f"{name}: {found[0]:.1%}; percentage points lost: {lost[2]:.1f} by 2 pixels, {lost[8]:.1f} by 8"
    )

# %%
lost = {name: 100 * (found[0] - found[8]) for name, found in accuracies.items()}
wu.show_result("mlp_lost_when_moved", lost["MLP"], data, settings)
wu.show_result("cnn_lost_when_moved", lost["CNN"], data, settings)

# %% [markdown] tags=["slide"]
# One thing more. At eight pixels a quarter of the picture has left, and no network can see what is gone. So move the
# images by eight pixels *and back again*: everything stands in its old place, with the same part missing. **Predict:**
# how much of the loss remains?

# %% tags=["fragment"]
for name, model in models.items():
    back = wu.accuracy_when_shifted(model, some, [8], and_back=True)[8]
    found = accuracies[name]
    print(f"{name}: {found[0]:.1%} before, {found[8]:.1%} moved by 8, {back:.1%} moved back again")

# %% [markdown]
# Neither the MLP nor our CNN is invariant. After the full training on CIFAR-10, one or two pixels cost either of them a few
# points at most. At eight pixels, the CNN has lost *more* than the MLP, on average
# << full.cnn_lost_when_moved >> against << full.mlp_lost_when_moved >>: it stays ahead because it started ahead. When the
# images are moved back, most of the loss is gone. So it was the place that mattered, more than the missing part.
#
# For small moves the CNN is the more tolerant of the two. Pooling may be the reason, over the few pixels that its squares
# span; a network without it would tell.

# %% [markdown] tags=["fragment"]
# Where invariance is wanted, it has to come from elsewhere. The deeper network has both of the usual remedies: its training
# images were moved about, and its last layer asks *whether* a map found something, not where. It loses the least by far, and
# moving the images back gains it nothing: all that it loses, it loses with the missing part. It was never moved by more than
# four pixels in training. Yet at eight, by its accuracy, it is as invariant as one can wish.

# %% [markdown] tags=["slide"]
# ## What was found
#
# - A convolution needs few parameters, since all positions share them; pooling needs none.
# - On CIFAR-10 the CNN beats the MLP by << full.cnn_minus_mlp >> on average, with a seventh of the
#   parameters.
# - Convolutions are equivariant. Our network as a whole is not invariant: moved images cost accuracy. A network that was
#   trained on moved images, and asks only *whether*, can be.
# - Only the model was exchanged. Data, loss, optimizer and training loop stayed as they were;
#   this is how most deep learning code is built.
#
# **Next:** [3 · Convolutional autoencoders](03_autoencoder.ipynb)
