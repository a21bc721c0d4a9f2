# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 3 · Convolutional autoencoders
#
# **What you will learn**
#
# - what an autoencoder is trained for, and what its code is good for;
# - why the linear case is principal component analysis (PCA);
# - how to build an encoder from convolutions and a decoder from transposed convolutions;
# - how good the reconstructions are, and an honest surprise.
#
# **Time:** about 25 minutes to read and try, of which the computer needs
# << duration["03_autoencoder"] >> on two cores. Start the training, then read on.
#
# **Data:** CIFAR-10, or the stand-in where it cannot be had; the second cell says which. Numbers
# quoted in the text were measured on << measured_on >>.

# %%
from itertools import chain

import torch

import workshop_utils as wu
from workshop_utils import ConvDecoder, ConvEncoder, train_autoencoder

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)
train_loader, test_loader = data.loaders(batch_size=128)

# %% [markdown]
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
#
# Nobody labels anything: the input is its own target. Learning without labels is called
# *unsupervised*. Since the code is too small to hold everything, the encoder must drop what
# is redundant and keep what makes one image different from another. Related models are used to
# synthesise images and speech, to sharpen images (super-resolution), and to recover signals
# from few measurements (compressed sensing).
#
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
#
# ## The networks
#
# Now both parts become convolutional. **Your task:** write the encoder before you read its
# source below. It has three convolutions with filters of size 4×4, stride 2 and padding 1, with 8, 16 and 32 filters.
# ReLU follows the first two. Nothing follows the third: its output is the code.
#
# Stride 2 means that the filter moves two pixels at a time; padding 1 adds a border of zeros, one
# pixel wide. Together, a filter has room for (32 + 2 − 4) / 2 + 1 = 16 positions in a row of 32: each
# layer halves height and width.
#
# The [reference of `torch.nn`](https://docs.pytorch.org/docs/stable/nn.html) describes the layers;
# the decoder further down is a template, since the two mirror each other.

# %%
wu.show_source(ConvEncoder)

# %% [markdown]
# **Question:** why is there no ReLU after the third layer? *(It would set every negative
# number of the code to zero, and what that held would be lost to the decoder.)*
#
# By convention the decoder mirrors the encoder: same filter sizes and strides, channels in reverse. Its
# **transposed convolutions** go the other way: each input value is multiplied by a whole
# filter and added into the output, two pixels further for each step. So height and width double.
# This undoes the change of shape, not the convolution itself.
#
# The last layer has 3 filters, one for each colour. A sigmoid keeps its values between 0 and 1,
# like those of the images.
#
# Two lines set biases of the decoder to zero before training. PyTorch's default, small random
# numbers, is usually harmless. Here, with bad luck, it switches off every ReLU of a layer. No
# gradient then reaches the layers before it, and all that can be learnt is an average colour: the
# network is *dead*.

# %%
wu.show_source(ConvDecoder)

# %%
torch.manual_seed(settings.seed)
encoder = ConvEncoder(out_c1=8, out_c2=16, embedding_dim=32).to(settings.device)
decoder = ConvDecoder(out_c1=8, out_c2=16, embedding_dim=32).to(settings.device)
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
#
# ## Training
#
# The loop is the one you know, with two differences: labels are ignored, and the loss compares
# the reconstruction with the image itself. The squared error is summed over the 3072 values of
# an image and averaged over the images, so the unit is **squared error per image**.

# %%
wu.show_source(train_autoencoder)

# %% [markdown]
# One optimizer must hold the parameters of both networks. `parameters()` yields them one by
# one, and `chain` joins the two sequences.
#
# The optimizer is Adam with learning rate 0.001. The full profile trains for 48 epochs.

# %%
optimizer = torch.optim.Adam(chain(encoder.parameters(), decoder.parameters()), lr=1e-3)
n_epochs = settings.profile.autoencoder_epochs
history = train_autoencoder(encoder, decoder, train_loader, test_loader, optimizer, n_epochs)

# %%
train_loss, test_loss = history.train_loss[-1], history.test_loss[-1]
wu.show_result("autoencoder_train_loss", train_loss, data, settings)
wu.show_result("autoencoder_test_loss", test_loss, data, settings)
wu.save_run("autoencoder", history, data, settings, encoder=encoder, decoder=decoder)

# %% tags=["nbval-check-output"]
wu.report_result("autoencoder_train_loss", train_loss, data, settings)
wu.report_result("autoencoder_test_loss", test_loss, data, settings)

# %% [markdown]
# **Look at** the two curves: do they part?

# %%
wu.plot_epoch_losses(history, f"Training the autoencoder, {data.title}", "squared error per image")

# %% [markdown]
# They hardly do: with << parameters.encoder >> parameters in the encoder and
# << parameters.decoder >> in the decoder, there is no room to learn the training images by
# heart. On CIFAR-10 the error ends near << full.autoencoder_train_loss >> for training images and
# << full.autoencoder_test_loss >> for test images. (The training loss of an epoch is measured
# while the weights still change, so it can even be the larger one.)
#
# Most of the fall happens in the first ten epochs, and at the end the curve still falls a
# little.
#
# ## Looking at reconstructions
#
# Numbers do not tell what is lost. **Compare** each test image with its reconstruction: what
# survives, and what does not?

# %%
reconstructions = wu.reconstruct(encoder, decoder, images[:8])
names = [data.classes[int(label)] for label in labels[:8]]
wu.show_image_rows(
    {"original": images[:8], "reconstruction": reconstructions},
    f"Test images, {data.title}",
    columns=names,
)

# %% [markdown]
# Layout, colours and larger shapes survive, and most objects can still be recognised. Fine
# texture is gone: fur, water, lettering. The network spends its 512 numbers where the squared
# error is, and that is in large areas and strong edges.
#
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

# %%
wu.show_result("pca_test_loss", pca_losses[512], data, settings)
wu.plot_code_sizes(pca_losses, 512, test_loss, f"Reconstruction error, {data.title}")

# %% tags=["nbval-check-output"]
wu.report_result("pca_test_loss", pca_losses[512], data, settings)
print("PCA has the smaller error:", pca_losses[512] < test_loss)

# %%
rows = {"original": images[:8], "autoencoder": reconstructions}
rows["PCA"] = wu.reconstruct(*pca[512], images[:8])
wu.show_image_rows(rows, f"512 numbers per image, {data.title}", columns=names)

# %% [markdown]
# The linear method wins, and clearly: on CIFAR-10 its error is << full.pca_test_loss >>, the
# autoencoder's << full.autoencoder_test_loss >>.
#
# **Why?** Three things to consider:
#
# 1. *Size.* Count what each of them may adjust (next cell). PCA stores 512 whole images;
#    the network has two small stacks of filters.
# 2. *Sharing.* The network uses the same filters everywhere. PCA may treat the top left
#    corner differently from the middle, and so uses what is typical of each place.
# 3. *Optimum.* PCA's solution is exact. The network's training goes downhill and
#    has not reached the bottom.

# %% tags=["nbval-check-output"]
n_network = wu.count_parameters(encoder) + wu.count_parameters(decoder)
n_pca = 3072 * 512 + 3072  # one matrix serves both ways; plus the mean image
print(f"autoencoder: {n_network:,} numbers, PCA: {n_pca:,} ({n_pca / n_network:.0f} times as many)")

# %% [markdown]
# That a network is non-linear does not make it better by itself. Its strengths are elsewhere: it
# is far smaller, it works on images of other sizes (with sides divisible by 8), and there is room
# to make it larger and to train it longer.
#
# Now read the figure sideways: how many numbers per code does PCA need to reach the autoencoder's
# error?
#
# ## What was found
#
# - An autoencoder squeezes an image into a code and unfolds it again; it learns without labels.
# - With 512 numbers per image and << parameters.autoencoder >> parameters, the squared error on CIFAR-10
#   is about << full.autoencoder_test_loss >>.
# - PCA with the same code size is better by a factor of
#   << (value.autoencoder_test_loss / value.pca_test_loss) | round(1) >>, with
#   << parameters.pca_ratio >> times as many numbers to choose.
#
# **To try:** more channels, a fourth layer, or another code size (`embedding_dim`). What does
# each do to the reconstruction error? Do it in a copy of this notebook: cells that say 512 or
# (32, 4, 4) must follow another code size, and without `save_run` notebook 4 still finds the
# network it expects.
#
# **Next:** [4 · Interpolation](04_interpolation.ipynb)
