# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # 3 · Convolutional autoencoders
#
# **What you will learn**
#
# - what an autoencoder is trained for, and what its code is good for;
# - why the linear case is principal component analysis (PCA);
# - how to build an encoder from convolutions and a decoder from transposed convolutions;
# - how good the reconstructions are, and an honest surprise.

# %% [markdown]
# **Time:** about 30 minutes to read and try, of which the computer needs
# << duration["03_autoencoder"] >> on two cores. Start the training, then read on.
#
# **Data:** CIFAR-10, or the stand-in where it cannot be had; the second cell says which. Numbers
# quoted in the text were measured on << measured_on >>.

# %% [markdown] tags=["tutor"]
# **Plan for 30 minutes:** 5 for the idea and the linear case, 10 for exercise 3.1 (the heart of the
# notebook), 2 for the loop, while it trains, 5 for the reconstructions, 8 for PCA
# and exercise 3.2. Exercise 3.3 trains for another minute or two; leave it out if time is short.
#
# **Questions to ask:** What would an autoencoder learn if its code were as large as the image? What is
# lost first when the code is too small? Is a smaller error always a better picture?

# %%
from itertools import chain

import torch
import torch.nn.functional as F
from torch import nn

import workshop_utils as wu
from workshop_utils import ConvDecoder, train_autoencoder

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)
train_loader, test_loader = data.loaders(batch_size=128)

# %% [markdown] tags=["slide"]
# ## The idea
#
# An image of 32 × 32 pixels in three colours is a point $\mathbf{x}$ in a space of $n = 3072$
# dimensions. Nearly all points of that space look like noise. Photographs fill only a small part
# of it, and that part should be describable with fewer numbers.
#
# An **autoencoder** looks for such a description. It has two parts:
#
# - the **encoder** $f$ turns an image into a code: $\mathbf{z} = f(\mathbf{x})$, with
#   $\mathbf{z} \in \mathbb{R}^d$ and $d$ smaller than $n$;
# - the **decoder** $g$ turns the code back into an image: $\hat{\mathbf{x}} = g(\mathbf{z})$.
#
# Both are trained together so that $\hat{\mathbf{x}}$ comes as close to $\mathbf{x}$ as possible,
# on average over the training images:
#
# $$ \min_{f,\,g} \; \sum_k \Vert \mathbf{x}_k - g(f(\mathbf{x}_k)) \Vert^2 $$

# %% [markdown]
# Nobody labels anything: the input is its own target. Learning without labels is called
# *unsupervised*. Since the code is too small to hold everything, the encoder must drop what
# is redundant and keep what makes one image different from another. Related models are used to
# synthesise images and speech, to sharpen images (super-resolution), and to recover signals
# from few measurements (compressed sensing).

# %% [markdown] tags=["slide"]
# ## The linear case
#
# Let both parts be matrices: the encoder $Y \in \mathbb{R}^{d \times n}$ and the decoder
# $Y' \in \mathbb{R}^{n \times d}$. First $Y$ shortens the vector, then $Y'$ makes it long again:
# the product $Y' Y$ is $n \times n$.
#
# $$ \min_{Y,\,Y'} \; \sum_k \Vert \mathbf{x}_k - Y' Y \mathbf{x}_k \Vert^2 $$
#
# For centred data a solution has long been known (Bourlard and Kamp, 1988): **PCA**. The
# rows of $Y$ are the $d$ directions in which the data vary most, and $Y'$ is the transpose of
# $Y$. Other pairs of matrices do equally well, but none does better. No training is needed, only one
# eigendecomposition. We will come back to it.

# %% [markdown] tags=["slide"]
# ## The networks
#
# Now both parts become convolutional. The encoder has three convolutions with filters of size
# 4×4, stride 2 and padding 1, with 8, 16 and 32 filters. ReLU follows the first two. Nothing
# follows the third: its output is the code.
#
# Stride 2 means that the filter moves two pixels at a time; padding 1 adds a border of zeros, one
# pixel wide. Together, a filter has room for (32 + 2 − 4) / 2 + 1 = 16 positions in a row of 32: each
# layer halves height and width.

# %% [markdown] tags=["slide"]
# By convention the decoder mirrors the encoder: same filter sizes and strides, channels in reverse. Its
# **transposed convolutions** go the other way: each input value is multiplied by a whole
# filter and added into the output, two pixels further for each step. So height and width double.
# This undoes the change of shape, not the convolution itself.
#
# The last layer has 3 filters, one for each colour. A sigmoid keeps its values between 0 and 1,
# like those of the images.

# %% [markdown]
# Two lines set biases of the decoder to zero before training. PyTorch's default, small random
# numbers, is usually harmless. Here, with bad luck, it switches off every ReLU of a layer. No
# gradient then reaches the layers before it, and all that can be learnt is an average colour: the
# network is *dead*.

# %% tags=["slide"]
wu.show_source(ConvDecoder)

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 3.1 · The convolutional encoder
#
# *Difficulty ●●○, about 10 minutes*
#
# Write the encoder. The decoder above is a template, since the two mirror each other; the
# [reference of `torch.nn`](https://docs.pytorch.org/docs/stable/nn.html) describes the layers.
#
# Take the numbers of channels from the arguments, so that other sizes can be made later. While you
# write: why does no ReLU follow the third layer?

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** ReLU after the third layer, copied from the line above it; stride
# forgotten in one layer; `super().__init__()` missing; numbers instead of the arguments; `return`
# forgotten. The check names each of these, so let it speak first.
#
# **Ask afterwards:** what would the ReLU have cost? (Every negative number of the code.)

# %% tags=["slide", "exercise"] graded_as="encoder"
### BEGIN SOLUTION
ConvEncoder = wu.use_solution("ConvEncoder")
wu.show_source(ConvEncoder)
### STUB
# class ConvEncoder(nn.Module):
#     """Turns images N×3×32×32 into codes N×embedding_dim×4×4."""
#
#     def __init__(self, out_c1, out_c2, embedding_dim):
#         super().__init__()
#         raise NotImplementedError("Exercise 3.1: make the three convolutions here, and remove this line.")
#
#     def forward(self, x):
#         raise NotImplementedError("Exercise 3.1: send x through them here, and remove this line.")
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# What a layer hands on is what the next one takes in: 3 channels, then `out_c1`, then `out_c2`, then
# `embedding_dim`. Make the layers in `__init__` and use them in `forward`.
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# `nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding)` makes a convolution, `F.relu(x)` or
# `nn.ReLU()` applies ReLU. Run `help(nn.Conv2d)` in a cell of your own.
#
# </details>
#
# <details><summary>Hint 3: nearly the code</summary>
#
# The first layer is `self.conv1 = nn.Conv2d(3, out_c1, kernel_size=4, stride=2, padding=1)`, and the first
# line of `forward` is `x = F.relu(self.conv1(x))`. Two more of each kind, the last without ReLU, and `return`.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# ConvEncoder = wu.use_solution("ConvEncoder")

# %% tags=["check", "nbval-check-output"] graded_as="encoder" points=5
wu.check_encoder(ConvEncoder).must_pass()

# %% [markdown] tags=["fragment", "answer"]
# Why is there no ReLU after the third layer? It would set every negative number of the code to
# zero, and what that held would be lost to the decoder.

# %% tags=["slide"]
torch.manual_seed(settings.seed)
encoder = ConvEncoder(8, 16, 32).to(settings.device)  # out_c1, out_c2, embedding_dim
decoder = ConvDecoder(8, 16, 32).to(settings.device)
wu.draw_autoencoder(encoder, decoder, "The autoencoder: image, code, reconstruction")

# %% [markdown]
# The code in the middle has 32 channels of 4×4: 512 numbers for an image of 3072. Check the
# shapes against the drawing; the second table should have the shapes of the first in reverse order.

# %% tags=["nbval-check-output"]
wu.show_layers(encoder)

# %% tags=["nbval-check-output"]
wu.show_layers(decoder, input_shape=(32, 4, 4))

# %% tags=["nbval-check-output"]
images, labels = next(iter(test_loader))
reconstructions = wu.reconstruct(encoder, decoder, images)
print("images:", tuple(images.shape), "reconstructions:", tuple(reconstructions.shape))
print("between 0 and 1:", bool((reconstructions >= 0).all() and (reconstructions <= 1).all()))

# %% [markdown]
# A matter of taste: encoder and decoder could also be two methods, `encode` and `decode`, of one
# `Autoencoder` class. Two modules make it easier to use one without the other, as notebook
# 4 does.

# %% [markdown] tags=["slide"]
# ## Training
#
# The loop is the one you know, with two differences: labels are ignored, and the loss compares
# the reconstruction with the image itself. The squared error is summed over the 3072 values of
# an image and averaged over the images, so the unit is **squared error per image**.

# %% tags=["slide"]
wu.show_source(train_autoencoder)

# %% [markdown]
# One optimizer must hold the parameters of both networks. `parameters()` yields them one by
# one, and `chain` joins the two sequences.
#
# The optimizer is Adam with learning rate 0.001. The full profile trains for 48 epochs. You may stop
# it and go on later, as in notebook 1: run the cell again.

# %%
optimizer = torch.optim.Adam(chain(encoder.parameters(), decoder.parameters()), lr=1e-3)
n_epochs = settings.profile.autoencoder_epochs
keep = wu.Keep("autoencoder", data, settings)
history = train_autoencoder(encoder, decoder, train_loader, test_loader, optimizer, n_epochs, keep)

# %%
train_loss, test_loss = history.train_loss[-1], history.test_loss[-1]
wu.show_result("autoencoder_train_loss", train_loss, data, settings)
wu.show_result("autoencoder_test_loss", test_loss, data, settings)

# %% [markdown] tags=["slide"]
# **Look at** the two curves: do they part?

# %% tags=["fragment"]
wu.plot_epoch_losses(history, f"Training the autoencoder, {data.title}", "squared error per image")

# %% [markdown]
# They hardly do: with << parameters.encoder >> parameters in the encoder and
# << parameters.decoder >> in the decoder, there is no room to learn the training images by
# heart. On CIFAR-10 the error ends, on average, near << full.autoencoder_train_loss >> for training images and
# << full.autoencoder_test_loss >> for test images. (The training loss of an epoch is measured
# while the weights still change, so it can even be the larger one.)
#
# Most of the fall happens in the first ten epochs, and at the end the curve still falls a
# little.

# %% [markdown] tags=["slide"]
# ## Looking at reconstructions
#
# Numbers do not tell what is lost. **Compare** each test image with its reconstruction: what
# survives, and what does not?

# %% tags=["fragment"]
reconstructions = wu.reconstruct(encoder, decoder, images[:8])
names = [data.classes[int(label)] for label in labels[:8]]
wu.show_image_rows(
    {"original": images[:8], "reconstruction": reconstructions},
    f"Test images, {data.title}",
    columns=names,
)

# %% [markdown] tags=["fragment"]
# Layout, colours and larger shapes survive, and most objects can still be recognised. Fine
# texture is gone: fur, water, lettering. (With the quick profile everything is fog: five epochs on few images
# are not enough.) Are 512 numbers too few for it? The next section answers that.

# %% [markdown] tags=["slide"]
# ## An honest comparison
#
# How good is that? PCA with the same 512 numbers per code is the natural opponent. We write it
# as what it is, a linear encoder and a linear decoder, and measure it with the same function.
#
# **Predict:** which is better, the linear method or the network?

# %%
mean, directions = wu.principal_directions(data.train_images)
code_sizes = (32, 64, 128, 256, 512)
pca = {size: wu.linear_autoencoder(mean, directions, size) for size in code_sizes}
pca_losses = {size: wu.test_autoencoder(*pca[size], test_loader) for size in code_sizes}

# %% tags=["fragment"]
wu.show_result("pca_test_loss", pca_losses[512], data, settings)
wu.plot_code_sizes(pca_losses, 512, test_loss, f"Reconstruction error, {data.title}")

# %% tags=["nbval-check-output"]
print("PCA has the smaller error:", pca_losses[512] < test_loss)

# %% tags=["slide"]
rows = {"original": images[:8], "autoencoder": reconstructions}
rows["PCA"] = wu.reconstruct(*pca[512], images[:8])
wu.show_image_rows(rows, f"512 numbers per image, {data.title}", columns=names)

# %% [markdown]
# PCA keeps much of the texture, so the code is large enough for it. The linear method wins, and clearly: on CIFAR-10 its
# error is << full.pca_test_loss >>, the
# autoencoder's << full.autoencoder_test_loss >> on average over several runs.
#
# Now read the figure of the errors sideways: how many numbers per code does PCA need to reach the
# autoencoder's error?

# %% [markdown] tags=["slide"]
# Three things set the two apart:
#
# - *size*: PCA has far more parameters. It stores 512 whole images; the network has two small stacks of filters;
# - *place*: the network uses the same filters everywhere; PCA may treat the top left corner differently
#   from the middle;
# - *training*: PCA's solution is computed exactly; the network's is searched for, step by step, among what its layers can
#   express.

# %% tags=["fragment", "nbval-check-output"]
n_network = wu.count_parameters(encoder) + wu.count_parameters(decoder)
n_pca = 3072 * 512 + 3072  # one matrix serves both ways; plus the mean image
print(
    f"parameters: autoencoder {n_network:,}, PCA {n_pca:,} ({n_pca / n_network:.0f} times as many)"
)

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 3.2 · Predict: why does PCA win?
#
# *Difficulty ●●●, about 3 minutes*
#
# Which of the three do you think matters most: `"size"`, `"place"` or `"training"`? Commit yourself; the
# next cells put it to the test.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** nearly everybody says "size", since the table above invites it. That is
# why the patches come next: an explanation that sounds right is not yet one that was tested.
#
# **Ask:** does this show that the network *cannot* do better? (No, only that size and place do not explain
# the difference. "Can a network beat PCA?", further down, tries another start.)

# %% tags=["exercise"]
### BEGIN SOLUTION
prediction = "training"
### STUB
# raise NotImplementedError('Exercise 3.2: replace this line by prediction = "size", "place" or "training".')
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint</summary>
#
# How could one take size and place away from PCA, and leave it everything else?
#
# </details>

# %% tags=["check", "nbval-check-output"]
wu.check_prediction(prediction, ("size", "place", "training")).must_pass()

# %% [markdown] tags=["slide"]
# The test: cut every image into 16 patches of 8×8 pixels, and let PCA describe each *patch* with 32 numbers.
# That is 512 numbers per image again. But all patches share one small set of directions, so this
# PCA has few parameters, and cannot know where in the image a patch lies.

# %% tags=["fragment"]
patches = wu.cut_into_patches(data.train_images, side=8)  # 16·N×3×8×8
patch_mean, patch_directions = wu.principal_directions(patches)
patch_pca = wu.linear_autoencoder(patch_mean, patch_directions, 32, image_shape=(3, 8, 8))
test_patches = wu.cut_into_patches(data.test_images, side=8) / 255
errors = (wu.reconstruct(*patch_pca, test_patches) - test_patches) ** 2
patch_loss = errors.sum().item() / len(data.test_images)
print(f"autoencoder {test_loss:.2f}, PCA {pca_losses[512]:.2f}, PCA on patches {patch_loss:.2f}")

# %% tags=["fragment", "nbval-check-output"]
n_patch_pca = 192 * 32 + 192
print(f"parameters: PCA on patches {n_patch_pca:,}, fewer than the network's {n_network:,}")
print("PCA on patches has the smaller error:", patch_loss < test_loss)

# %% [markdown] tags=["fragment", "answer"]
# PCA on patches has fewer parameters than the network, shares them over all places, and still has the
# smaller error. So neither size nor place explains it. What is left is the training, in a wide sense: either gradient
# descent, starting from random numbers, has not found in this time what PCA computes at once; or a network built like this
# one (few filters, ReLU between them) cannot express it. This test does not tell these two apart. "Can a network beat
# PCA?" below goes on from here.

# %% [markdown]
# That a network is non-linear does not make it better by itself. Its strengths are elsewhere: it
# works on images of other sizes (with sides divisible by 8), and there is room to make it larger and to
# train it longer.

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 3.3 · Predict and experiment: another code size
#
# *Difficulty ●●●, about 5 minutes, or as long as you like*
#
# `try_autoencoder` trains an autoencoder of your choice for a few epochs. Here its code gets a quarter of the
# channels, then as many as above, then four times as many. What will the test loss do from each to the next:
# `"halve"`, `"fall less and less"` or `"rise"`?


# %% [markdown] tags=["tutor"]
# **Expect:** "halve", since four times the numbers should hold four times as much. Ask which
# part of the error comes from the code and which from the training.


# %%
def try_autoencoder(data, settings, embedding_dim, out_c1=8, out_c2=16, learning_rate=1e-3):
    torch.manual_seed(settings.seed)
    encoder = ConvEncoder(out_c1, out_c2, embedding_dim).to(settings.device)
    decoder = ConvDecoder(out_c1, out_c2, embedding_dim).to(settings.device)
    both = nn.ModuleList([encoder, decoder])
    optimizer = torch.optim.Adam(both.parameters(), lr=learning_rate)
    loaders = data.loaders(batch_size=128)  # new ones, so that every run sees the same batches
    n_epochs = settings.profile.experiment_epochs
    history = train_autoencoder(encoder, decoder, *loaders, optimizer, n_epochs)
    return history, wu.count_parameters(both)


# %% tags=["exercise"]
### BEGIN SOLUTION
prediction = "fall less and less"
### STUB
# raise NotImplementedError('Exercise 3.3: replace this line by prediction = "halve", "fall less and less" or "rise".')
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint</summary>
#
# Two things make the error: what the code cannot hold, and what the network has not learnt yet. Which of
# them does a larger code make smaller?
#
# </details>

# %% tags=["check", "nbval-check-output"]
wu.check_prediction(prediction, ("halve", "fall less and less", "rise")).must_pass()

# %%
experiments = wu.Experiments(try_autoencoder, data, settings)
for embedding_dim in (8, 32, 128):
    experiments.run(embedding_dim=embedding_dim)

# %% tags=["slide"]
experiments.show()
wu.plot_experiments(experiments, f"Code size, {data.title}", against="embedding_dim")

# %% [markdown] tags=["fragment", "answer"]
# On CIFAR-10, the loss falls clearly from 8 to 32 channels, and much less from 32 to 128. A larger code can
# hold more, but the network must also learn to use it, and in a few epochs it does not. Compare
# the losses with those of PCA above, which uses every number it gets.

# %% [markdown]
# Now it is yours: `experiments.run(embedding_dim=32, out_c1=16, out_c2=32)`, or another learning rate. Add a cell
# below, then run the table and the plot again. (For a network with other sizes that notebook 4 is to
# find, its numbers must be changed there as well.)

# %% [markdown] tags=["slide"]
# ## To go further: larger and smaller codes
#
# *Optional, about 5 minutes.*
#
# The experiment again, and this time with care: four code sizes, three seeds each, ten epochs. (In the full profile you
# see the runs that came with the workbook.) Beside them stand PCA on whole images and PCA on patches, with as many
# numbers per code; the legend says on which images. A point is the mean of three seeds, and its bar reaches from the lowest
# to the highest. **Look at** the slopes: which line flattens first?

# %%
sizes = wu.sweep(wu.try_code_size, data, settings, embedding_dim=(2, 8, 32, 128))
sizes.show()

# %%
code_sizes = (32, 128, 512)
all_patches = wu.cut_into_patches(data.test_images, side=8)
patch_loader = wu.Loader(all_patches, data.test_labels.repeat_interleave(16), batch_size=2048)
on_images, on_patches = {}, {}
for size in code_sizes:
    whole = wu.linear_autoencoder(mean, directions, size)
    on_images[size] = wu.test_autoencoder(*whole, test_loader)
    part = wu.linear_autoencoder(patch_mean, patch_directions, size // 16, (3, 8, 8))
    on_patches[size] = 16 * wu.test_autoencoder(*part, patch_loader)

# %% tags=["slide"]
linear = {f"PCA, {data.title}": on_images, f"PCA on patches, {data.title}": on_patches}
wu.plot_code_size_sweep(sizes, linear, f"Codes of several sizes, {sizes.measured_on}")

# %% [markdown]
# With the smallest code the network is between the two: << sweep("try_code_size", embedding_dim=2) >>. Patches do
# worse there, since two numbers for each are hardly more than its brightness. With larger codes the lines of PCA fall
# much faster. From 512 numbers to 2048 the network hardly gains
# (<< sweep("try_code_size", embedding_dim=32) >> and << sweep("try_code_size", embedding_dim=128) >>), though
# PCA shows that 512 can do with << full.pca_test_loss >>. What the code can hold is not the limit there. Time is part of
# it: 48 epochs bring 512 numbers to << full.autoencoder_test_loss >>. Perhaps the few filters are, too. The longest bar is
# that of the largest code: there, luck matters most.
#
# Is it fair to compare codes of one size? The methods also differ in their numbers of parameters.

# %%
for size in code_sizes:
    [trial, *_] = sizes.where(embedding_dim=size // 16)
    print(f"code of {size}, parameters: autoencoder {trial.n_parameters:,}", end=", ")
    print(f"PCA on patches {192 * (size // 16 + 1):,}, PCA {3072 * (size + 1):,}")
n_directions = n_network // 3072 - 1
small = wu.test_autoencoder(*wu.linear_autoencoder(mean, directions, n_directions), test_loader)
print(
    f"PCA with no more parameters than the autoencoder from above: "
    f"{n_directions} directions, error {small:.1f}"
)

# %% [markdown] tags=["slide"]
# With as few parameters as the network, PCA on whole images can afford a handful of directions, and loses by far. PCA
# on patches needs fewer parameters than the network, and wins as soon as the code is large enough. So the answer depends
# on what is held equal. That the network loses to *patches* is the one result that too few parameters cannot explain.

# %% [markdown] tags=["slide"]
# ## To go further: can a network beat PCA?
#
# *Optional, about 5 minutes.*
#
# If training is what holds the network back, let us help it. The next autoencoder
#
# - **starts** where PCA on patches of 16×16 pixels ends: 128 numbers for each of four patches, 512 in all;
# - **adds** three convolutions before the encoder and three after the decoder, which may change what patches get wrong;
# - **trains** all of it together, with a learning rate that rises and falls again.
#
# Its limits were set beforehand: at most 200,000 parameters, an eighth of PCA's, and 15 minutes on one core.

# %% tags=["slide"]
wu.show_source(wu.patch_autoencoder)

# %%
wu.show_source(wu.Refinement)

# %% tags=["slide"]
better = wu.sweep(wu.try_patch_autoencoder, data, settings)
better.show()
print(f"PCA with 512 numbers, {data.title}: {pca_losses[512]:.2f}")

# %% tags=["fragment"]
patch_run = wu.find_run("patch_autoencoder", data, settings)
if patch_run:
    patch_encoder, patch_decoder = wu.patch_autoencoder(data.train_images)
    start = wu.test_autoencoder(patch_encoder, patch_decoder, test_loader)
    print(f"before training, test loss {start:.2f}; then {patch_run}")
    patch_run.load_into(encoder=patch_encoder, decoder=patch_decoder)
    rows = {"original": images[:8], "PCA": wu.reconstruct(*pca[512], images[:8])}
    rows["refined patches"] = wu.reconstruct(patch_encoder, patch_decoder, images[:8])
    wu.show_image_rows(rows, f"Again 512 numbers per image, {data.title}", columns=names)

# %% [markdown] tags=["slide"]
# It can, if narrowly. With three seeds on CIFAR-10 the loss ends between
# << lowest("try_patch_autoencoder") >> and << highest("try_patch_autoencoder") >>, where PCA has
# << full.pca_test_loss >>; a run takes << minutes("try_patch_autoencoder") >> minutes on one core. In the picture
# nobody could tell the two apart.
#
# It starts (almost) from the solution of PCA on patches: gradient descent need not search for that again, and spends its time
# on what is left, perhaps the seams between the patches. Exercise 3.2 named the training, and this fits. It is no
# proof: the network is larger, too. How far does it get from random numbers? You could try.

# %% [markdown] tags=["slide"]
# ## To go further: what the squared error does not see
#
# *Optional, about 5 minutes.*
#
# The training knows one measure only, the squared error. Is it ours? Here are test images, the same images moved by a
# single pixel, and the same with a grey square over the middle. The square was made so large that it costs about
# as much as the move. **Look at** the two lower rows: which error would *you* call larger?

# %% tags=["fragment"]
originals = images[:8]
moved = wu.shift(originals, right=1)
errors = wu.squared_error(moved, originals)  # one for each image
rows = {"original": originals, "moved": moved, "masked": wu.masked(originals, errors)}
columns = [f"error {error:.0f}" for error in errors]
wu.show_image_rows(rows, f"Equal squared errors, {data.title}", columns=columns)
print(f"mean error of these moves {errors.mean():.1f}, of the autoencoder {test_loss:.1f}")

# %% [markdown]
# A move that you hardly notice costs several times what the autoencoder loses on average. The squared error compares
# pixel with pixel, each in its place. It has no idea of an object that is merely somewhere else. So
# training rewards edges that are exactly in place, and not texture that *looks* right.

# %% [markdown] tags=["slide"]
# Has the network learnt photographs, or any image? Try it on some that no training image resembles.
# **Predict:** which of them will it reconstruct worst?

# %% tags=["fragment"]
unusual = wu.unusual_images(originals[0])
pictures = torch.stack(list(unusual.values()))
decoded = wu.reconstruct(encoder, decoder, pictures)
errors = wu.squared_error(decoded, pictures)
columns = [f"{name}\n{error:.0f}" for name, error in zip(unusual, errors, strict=True)]
rows = {"original": pictures, "reconstruction": decoded}
wu.show_image_rows(rows, "Never seen in training, with squared errors", columns=columns)

# %% [markdown] tags=["fragment"]
# Worst by far is the fine grid, then noise. No code of 512 numbers can hold noise. The grid *could* be held by a single
# number, but no training image asked for that. Upside down or inverted, the photograph keeps its soft areas and edges, and
# its error stays small. So the network seems to have learnt edges and smooth areas rather than objects; one photograph is
# little evidence, of course. Try others.

# %% [markdown] tags=["slide"]
# ## To go further: from noisy images to clean ones
#
# *Optional, about 6 minutes, of which the computer needs three or four.*
#
# A *denoising* autoencoder sees a noisy image and has to give back the clean one. To copy its input is no longer
# enough: it has to know what images look like. Our training loop can do it as it is. We put one more layer in front of
# the encoder, which adds noise in training, and only then:

# %% tags=["fragment"]
wu.show_source(wu.AddNoise)

# %% [markdown]
# For a fair comparison there are two of them. They differ in nothing but the noise: the first one gets none. Both have
# less time than the autoencoder from above.

# %%
n_epochs = settings.profile.sweep_epochs
short_runs = {}
for name, spread in (("plain", 0.0), ("denoising", 0.1)):
    print(f"{name}:")
    torch.manual_seed(settings.seed)
    its_encoder = nn.Sequential(wu.AddNoise(spread), ConvEncoder(8, 16, 32)).to(settings.device)
    its_decoder = ConvDecoder(8, 16, 32).to(settings.device)
    both = nn.ModuleList([its_encoder, its_decoder])
    optimizer = torch.optim.Adam(both.parameters(), lr=1e-3)
    loaders = data.loaders(batch_size=128)  # new ones, so that both see the same batches
    keep = wu.Keep(name, data, settings)
    train_autoencoder(its_encoder, its_decoder, *loaders, optimizer, n_epochs, keep)
    short_runs[name] = its_encoder, its_decoder

# %% [markdown] tags=["slide"]
# Now add noise of several strengths to the test images. Five methods shall give back the clean ones: these two, the
# autoencoder from above (*plain, longer*), and PCA with 512 and with 128 numbers, which was fitted to clean images.
# **Predict:** which is closest with little noise, and which with much?

# %% tags=["fragment"]
methods = {
    **short_runs,
    "plain, longer": (encoder, decoder),
    "PCA 512": pca[512],
    "PCA 128": pca[128],
}
spreads = (0.0, 0.05, 0.1, 0.2)
print("std. dev. of noise".ljust(18), *(f"{spread:>7}" for spread in spreads))
errors = {}
for name, networks in methods.items():
    errors[name] = wu.errors_with_noise(*networks, data.test_images[:2000] / 255, spreads)
    print(name.ljust(18), *(f"{error:7.2f}" for error in errors[name]))

# %%
saved = errors["plain"][-1] - errors["denoising"][-1]  # at the largest spread
wu.show_result("saved_by_denoising", saved, data, settings)

# %% tags=["slide"]
noisy = wu.add_noise(images[:8], 0.1)
rows = {"original": images[:8], "noisy": noisy}
rows |= {name: wu.reconstruct(*networks, noisy) for name, networks in methods.items()}
wu.show_image_rows(rows, f"Noise of standard deviation 0.1, {data.title}", columns=names)

# %% [markdown] tags=["fragment"]
# Read the table by columns, and compare the first two rows: they differ in nothing but the noise in training. Where there
# is none, it costs a little. At 0.1 it pays a little, and at 0.2 it saves an error of << full.saved_by_denoising >>, on
# average over several runs.

# %% [markdown]
# *Plain, longer* says what else would help: with little noise, more epochs buy far more. Only at 0.2 is it behind the
# denoising one.
#
# PCA's rows can be reckoned: noise with standard deviation s adds s² to the error for each number of the code. At 0.2 that is
# 512 · 0.04 = 20.5, or 128 · 0.04 = 5.1. Check it! So PCA with 128 numbers, which knows nothing of noise, does as well
# as the denoising network. A small code has no room for noise. Noise is mostly fine detail, fine detail is what a small code
# drops first, and so both lose noise and fur together. The pictures show the price: what is left is smooth.

# %% [markdown] tags=["slide"]
# ## What was found
#
# - An autoencoder squeezes an image into a code and unfolds it again; it learns without labels.
# - With 512 numbers per image and << parameters.autoencoder >> parameters, the squared error on CIFAR-10
#   is about << full.autoencoder_test_loss >>.
# - PCA with the same code size is better by a factor of
#   << (value.autoencoder_test_loss / value.pca_test_loss) | round(1) >>, with
#   << parameters.pca_ratio >> times as many parameters.
# - Their number is not the reason: PCA on patches has fewer parameters than the network, and beats it, too.
# - A larger network that *starts* as PCA on patches gets to << sweep("try_patch_autoencoder") >>, just below PCA.
#
# **Next:** [4 · Interpolation](04_interpolation.ipynb)
