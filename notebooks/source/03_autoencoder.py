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
# - what an autoencoder is trained for, and why the linear case is principal component analysis (PCA);
# - how to build an encoder from convolutions and a decoder from transposed convolutions;
# - an honest surprise, and how to find its reason: one change at a time.

# %% [markdown]
# **Time:** 20 minutes, of which the computer needs << duration["03_autoencoder"] >> on two cores.
#
# **Data:** CIFAR-10, or the stand-in; the second cell says which. Numbers in the text were measured on << measured_on >>.

# %% [markdown] tags=["tutor"]
# **By the minute:** 0 the idea and the linear case · 2 exercise 3.1, the heart of the notebook · 11 loop and
# reconstructions · 13 PCA · 14 hypotheses, exercise 3.2; everybody runs a variant · 17 what follows; collect sentences ·
# 19 the test set.
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
train_loader, validation_loader = data.loaders(batch_size=128)

# %% [markdown] tags=["slide"]
# ## The idea
#
# An image is a point $\mathbf{x}$ in $n = 3072$ dimensions. Nearly all such points look like noise; photographs should need
# fewer numbers. An **autoencoder** has two parts:
#
# - the **encoder** $f$ turns an image into a code $\mathbf{z} = f(\mathbf{x})$ of $d < n$ numbers;
# - the **decoder** $g$ turns the code back into an image $\hat{\mathbf{x}} = g(\mathbf{z})$.
#
# They are trained together, without labels (*unsupervised*), to bring $\hat{\mathbf{x}}$ close to $\mathbf{x}$:
#
# $$ \min_{f,\,g} \; \sum_k \Vert \mathbf{x}_k - g(f(\mathbf{x}_k)) \Vert^2 $$

# %% [markdown]
# Codes serve other tasks: compression, search, sharper images, learning from few labels.

# %% [markdown] tags=["slide"]
# ## The linear case
#
# Let both parts be matrices, $Y \in \mathbb{R}^{d \times n}$ and $Y' \in \mathbb{R}^{n \times d}$:
#
# $$ \min_{Y,\,Y'} \; \sum_k \Vert \mathbf{x}_k - Y' Y \mathbf{x}_k \Vert^2 $$
#
# For centred data, **PCA** solves this (Bourlard and Kamp, 1988): the rows of $Y$ are the $d$ directions in which the
# data vary most, and $Y'$ is its transpose. Nothing is trained; one eigendecomposition does it.

# %% [markdown] tags=["slide"]
# ## The networks
#
# The encoder has three convolutions with 8, 16 and 32 filters of size 4×4, stride 2 and padding 1. Stride 2 moves the filter
# two pixels at a time, so each layer halves height and width: (32 + 2 − 4) / 2 + 1 = 16. ReLU follows the first two; the
# output of the third is the code.
#
# The decoder goes the other way with **transposed convolutions**: each number is multiplied by a whole filter and added
# into the output, two pixels further for each step. (Filters of 4×4 overlap; those drawn here do not.)

# %% tags=["fragment"]
wu.draw_transposed_convolution()

# %% tags=["slide"]
wu.show_source(ConvDecoder)

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 3.1 · The convolutional encoder
#
# *Difficulty ●●○, 9 minutes*
#
# Write the encoder, the mirror image of the decoder above. The
# [reference of `torch.nn`](https://docs.pytorch.org/docs/stable/nn.html) describes the layers; `nn.Sequential` is
# welcome, too. Take the numbers of channels from the arguments. While you write: why does no ReLU follow the
# third layer?

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** ReLU after the third layer, copied from the line above it; stride
# forgotten in one layer; `super().__init__()` missing; numbers instead of the arguments; `return`
# forgotten. The check names each of these, so let it speak first.
#
# **Ask afterwards:** what would the ReLU have cost? (Every negative number of the code.)

# %% tags=["exercise"] graded_as="encoder"
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
# What one layer puts out, the next one takes in: 3 channels, then `out_c1`, then `out_c2`, then
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

# %% [markdown] tags=["answer"]
# Why is there no ReLU after the third layer? It would set every negative number of the code to
# zero, and what that held would be lost to the decoder.

# %%
torch.manual_seed(settings.seed)
encoder = ConvEncoder(8, 16, 32).to(settings.device)  # out_c1, out_c2, embedding_dim
decoder = ConvDecoder(8, 16, 32).to(settings.device)
wu.draw_autoencoder(encoder, decoder, "The autoencoder: image, code, reconstruction")

# %% [markdown]
# The code has 32 channels of 4×4: 512 numbers for an image of 3072. The second table should have the shapes of the first in
# reverse order.

# %% tags=["nbval-check-output"]
wu.show_layers(encoder)

# %% tags=["nbval-check-output"]
wu.show_layers(decoder, input_shape=(32, 4, 4))

# %% [markdown]
# ## Training
#
# Two things are new: labels are ignored, and the target is the input. The squared
# error is summed over the 3072 numbers of an image and averaged over the images. (`nn.BCELoss`, which takes values
# between 0 and 1 as probabilities, is a common alternative.)

# %% tags=["slide"]
wu.show_source(train_autoencoder)

# %% [markdown]
# One optimizer holds the parameters of both networks; `chain` joins them. Three epochs show how it goes:

# %%
optimizer = torch.optim.Adam(chain(encoder.parameters(), decoder.parameters()), lr=1e-3)
n_epochs = settings.profile.experiment_epochs
history = train_autoencoder(encoder, decoder, train_loader, validation_loader, optimizer, n_epochs)

# %% [markdown]
# Another 48 epochs take << minutes_to_train.autoencoder >> minutes, so here are the weights that came with the workbook: they fit the
# encoder that you wrote. (Where none came, the training goes on until it is done; ■ and running the cell again work as in
# notebook 1.)

# %%
run = wu.find_run("autoencoder", data, settings)
keep = wu.Keep("autoencoder", data, settings)
if run:
    print(run)
    run.load_into(encoder=encoder, decoder=decoder)
    history = run.history
else:
    n_epochs = settings.profile.autoencoder_epochs
    history = train_autoencoder(
        encoder, decoder, train_loader, validation_loader, optimizer, n_epochs, keep
    )

# %%
wu.show_result("autoencoder_train_loss", history.train_loss[-1], data, settings)
wu.show_result("autoencoder_validation_loss", history.validation_loss[-1], data, settings)

# %% [markdown] tags=["slide"]
# ## Reconstructions
#
# **Compare** each validation image with its reconstruction: what survives, and what does not?

# %% tags=["fragment"]
images, labels = next(iter(validation_loader))
reconstructions = wu.reconstruct(encoder, decoder, images[:8])
names = [data.classes[int(label)] for label in labels[:8]]
wu.show_image_rows(
    {"original": images[:8], "reconstruction": reconstructions},
    "Validation images",
    columns=names,
)

# %% [markdown] tags=["fragment"]
# Layout, colours and larger shapes survive. Fine texture is gone: fur, water, lettering. Are 512 numbers too few for it?

# %% [markdown] tags=["slide"]
# ## An honest comparison
#
# PCA with the same 512 numbers per code is the natural opponent: a linear encoder and a linear decoder, measured in the
# same way. **Predict:** which has the smaller error?

# %% tags=["guess"]
### BEGIN SOLUTION
error_guess = "network"
### STUB
# error_guess = "?"  # "PCA" or "network"
### END SOLUTION

# %% tags=["nbval-check-output"]
smaller = wu.check_prediction(error_guess, ("PCA", "network"), "smaller error")

# %%
mean, directions = wu.principal_directions(data.train_images)
pca = wu.linear_autoencoder(mean, directions, code_size=512)
pca_loss = wu.evaluate_autoencoder(*pca, validation_loader)
wu.show_result("pca_validation_loss", pca_loss, data, settings)
smaller.compare("PCA" if pca_loss < history.validation_loss[-1] else "network")

# %% tags=["fragment"]
rows = {"original": images[:8], "autoencoder": reconstructions}
rows["PCA"] = wu.reconstruct(*pca, images[:8])
wu.show_image_rows(rows, "512 numbers per image", columns=names)

# %% [markdown] tags=["fragment"]
# PCA keeps much of the texture: 512 numbers are enough for it. On CIFAR-10 its error is << full.pca_validation_loss >>, the
# network's << full.autoencoder_validation_loss >>. A network can do more than two matrices. Why does it lose?

# %% [markdown] tags=["slide"]
# ## Five hypotheses
#
# - *size*: PCA has << parameters.pca >> parameters, the network << parameters.autoencoder >>;
# - *place*: the network uses the same filters everywhere; PCA may treat the top left corner differently from the middle;
# - *training*: PCA is computed, the network is searched for, step by step, and may simply need more epochs;
# - *nonlinearity*: ReLU sets every negative number that passes through it to zero;
# - *filters*: there are few: 8 numbers in place of the 12 of each 2×2 square.
#
# The first two need no training. Cut every image into 16 patches of 8×8 pixels, and let PCA describe each *patch* with 32 numbers:
# 512 per image again, but all patches share one small set of directions.

# %% tags=["fragment"]
patches = wu.cut_into_patches(data.train_images, side=8)  # 16·N×3×8×8
patch_mean, patch_directions = wu.principal_directions(patches)
patch_pca = wu.linear_autoencoder(patch_mean, patch_directions, 32, image_shape=(3, 8, 8))
validation_patches = wu.cut_into_patches(data.validation_images, side=8) / 255
errors = wu.squared_error(wu.reconstruct(*patch_pca, validation_patches), validation_patches)
patch_loss = 16 * errors.mean().item()  # 16 patches are an image
print(f"PCA on patches: error {patch_loss:.2f} with {192 * 32 + 192:,} parameters")

# %% [markdown] tags=["slide"]
# So PCA needs neither its size nor its knowledge of places to win. That says nothing yet about the network: change *it*, one thing
# at a time. Each variant trains for ten epochs, with the same images, optimizer, learning rate and 512 numbers per code:
#
# - `"without ReLU"`: the same layers and parameters, ReLU deleted;
# - `"twice the filters"`: 16, 32, 32 in place of 8, 16, 32;
# - `"without ReLU, twice the filters"`: both;
# - `"one 8×8 convolution"` with stride 8, and its transpose: linear and without overlap, as PCA on patches is, but *trained*. It
#   changes place, depth and nonlinearity together.

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 3.2 · Predict, test, conclude
#
# *Difficulty ●●●, 4 minutes, of which the computer needs one*
#
# Which variant will end lowest after ten epochs: `"as above"`, `"without ReLU"`, `"twice the filters"`, `"without ReLU, twice the
# filters"` or `"one 8×8 convolution"`?

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** "twice the filters", since more is better. Hardly anybody takes the
# smallest network of all.

# %% tags=["exercise"]
### BEGIN SOLUTION
prediction = "one 8×8 convolution"
### STUB
# raise NotImplementedError('Exercise 3.2: replace this line by prediction = "...", with one of the five names.')
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint</summary>
#
# A 2×2 square of pixels holds 12 numbers. How many numbers does the first layer pass on in their place, and which signs can they have
# after ReLU?
#
# </details>

# %% tags=["check", "nbval-check-output"]
lowest = wu.check_prediction(prediction, wu.VARIANTS, "lowest variant")
lowest.must_pass()

# %% [markdown]
# Now run one of them yourself, about a minute. All were recorded on CIFAR-10, with three seeds each.

# %%
my_variant = "without ReLU"  # choose
my_history, n_parameters = wu.try_variant(data, settings, my_variant)

# %% tags=["slide"]
variants = wu.sweep(wu.try_variant, data, settings, variant=wu.VARIANTS)
wu.plot_variants(
    variants,
    {"PCA": pca_loss, "PCA on patches": patch_loss},
    "One change at a time, 512 numbers per code",
    longer=history,
    yours=my_history,
    before=settings.profile.experiment_epochs,
)

# %%
lowest.compare(min(wu.VARIANTS, key=lambda variant: variants.mean(variant=variant)))

# %% [markdown]
# **What follows, and what does not?** Write two or three sentences: which hypotheses are refuted, by which run? What is still
# open?

# %% [markdown] tags=["essay"] graded_as="autoencoder-conclusion" points=2
# Refuted as *the* reason: size and place (PCA on patches has fewer parameters and shares them) and gradient descent (the 8×8
# convolution, trained in the same way, comes close to the optimum). Held equal were images, optimizer, learning rate, epochs
# and the size of the code. Deleting ReLU and doubling the filters both lower the error, so both hold this network back; a
# likely reading is that eight channels of numbers that cannot be negative pass on too little of each place. Open: other learning
# rates, what much longer training would do, and whether this holds for other images.

# %% [markdown] tags=["fragment", "answer"]
# On CIFAR-10 the 8×8 convolution ends at << sweep("try_variant", variant="one 8×8 convolution") >>, close to PCA on patches, the best
# that any such pair can do: gradient descent can nearly find what the eigendecomposition computes. Our own network gains much
# without its ReLUs (<< sweep("try_variant", variant="as above") >> to << sweep("try_variant", variant="without ReLU") >>), less
# from more filters (<< sweep("try_variant", variant="twice the filters") >>), most from both
# (<< sweep("try_variant", variant="without ReLU, twice the filters") >>). More epochs help it, too: after 51 it has
# << full.autoencoder_validation_loss >>, still above the 8×8 convolution after ten.

# %% [markdown] tags=["tutor"]
# **Two points for the sentence:** one for a hypothesis with the run that refutes it, one for what the runs leave open. "PCA wins
# because it is exact" or "because it has more parameters" is refuted by the figure.

# %% [markdown] tags=["slide"]
# What do PCA and the 8×8 convolution look for? PCA's first directions of patches, and the filters that the 8×8 convolution learnt. **Look for**
# brightness, edges, colours. What does only one of the rows have?

# %%
torch.manual_seed(settings.seed)
patch_encoder, patch_decoder = wu.make_autoencoder("one 8×8 convolution")
both = nn.ModuleList([patch_encoder, patch_decoder]).to(settings.device)
optimizer = torch.optim.Adam(both.parameters(), lr=1e-3)
n_epochs = settings.profile.sweep_epochs
train_autoencoder(
    patch_encoder, patch_decoder, train_loader, validation_loader, optimizer, n_epochs
)

# %% tags=["fragment"]
strongest = patch_decoder.weight.flatten(start_dim=1).norm(dim=1).argsort(descending=True)
rows = {
    "PCA": wu.weights_as_images(patch_directions.T[:8].reshape(-1, 3, 8, 8)),
    "learnt": wu.weights_as_images(patch_decoder.weight[strongest[:8]]),
}
wu.show_image_rows(rows, "PCA's directions, and learnt filters")

# %% [markdown] tags=["fragment"]
# PCA orders its directions, from brightness to finer and finer stripes. The network has no reason to: each filter may mix
# several: its error only asks that all of them together span nearly the same space.

# %% [markdown] tags=["slide"]
# ## The last look

# %%
test_loss = wu.open_test_set(keep, encoder, decoder)
pca_test_loss = wu.evaluate_autoencoder(*pca, data.test_loader())

# %% tags=["fragment"]
wu.show_result("autoencoder_test_loss", test_loss, data, settings)
wu.show_result("pca_test_loss", pca_test_loss, data, settings)

# %%
wu.tally(smaller, lowest)

# %% [markdown] tags=["fragment"]
# **Next:** [4 · Interpolation](04_interpolation.ipynb). **Further:** [autoencoders and PCA](further/d_pca.ipynb).
