# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 4 · Between two images
#
# **What you will learn**
#
# - how to walk in a straight line from one image to another, in pixels and in codes;
# - how to tell a blend of codes from a mere cross-fade, by eye and by a number;
# - what a plain autoencoder does not promise, and where variational ones come in.
#
# **Time:** about 15 minutes to read and try, of which the computer needs
# << duration["04_interpolation"] >> on two cores.
#
# **Data:** CIFAR-10, or the stand-in where it cannot be had; the second cell says which. Numbers
# quoted in the text were measured on << measured_on >>.

# %%
from itertools import chain

import torch

import workshop_utils as wu
from workshop_utils import ConvDecoder, ConvEncoder, interpolate, train_autoencoder

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)
train_loader, test_loader = data.loaders(batch_size=128)

# %% [markdown]
# ## A trained autoencoder
#
# The weights come from your own run of notebook 3. If there is none, those that came with the
# workbook are taken; and if there are none for this data set, a short training follows.

# %%
torch.manual_seed(settings.seed)
encoder = ConvEncoder(out_c1=8, out_c2=16, embedding_dim=32).to(settings.device)
decoder = ConvDecoder(out_c1=8, out_c2=16, embedding_dim=32).to(settings.device)
run = wu.find_run("autoencoder", data, settings)
if run:
    print(run)
    run.load_into(encoder=encoder, decoder=decoder)
else:
    optimizer = torch.optim.Adam(chain(encoder.parameters(), decoder.parameters()), lr=1e-3)
    n_epochs = settings.profile.short_epochs
    train_autoencoder(encoder, decoder, train_loader, test_loader, optimizer, n_epochs)

# %% [markdown]
# ## The idea
#
# Take two images, $\mathbf{x}$ and $\mathbf{x}'$. The straight line between them is made of
# blends $(1-\alpha)\,\mathbf{x} + \alpha\,\mathbf{x}'$, with $\alpha$ from 0 to 1. In pixel space
# each blend is a double exposure: one picture fades out while the other fades in.
#
# Now walk in the space of codes instead, and decode each point of the line:
#
# $$ I(\mathbf{x}, \mathbf{x}'; \alpha) = g\big((1-\alpha)\, f(\mathbf{x}) + \alpha\, f(\mathbf{x}')\big) $$

# %%
wu.draw_interpolation("Interpolation in latent space")

# %% [markdown]
# Suppose the decoded blends look like *one* object that changes shape, rather than two that
# overlap. That would suggest that nearby codes mean similar things, perhaps even that classes lie
# together: a *meaningful* space, whose coordinates may help in other tasks. It would not prove it;
# interpolation is a way to look.
#
# ## Two lines
#
# The first and the fourth of the test images, and eight points on the line between them.

# %%
images, labels = next(iter(test_loader))
x, x_prime = images[0], images[3]
names = [data.classes[int(labels[i])] for i in (0, 3)]
print(f"from {names[0]} to {names[1]}")

# %% tags=["nbval-check-output"]
pixel_line = interpolate(x, x_prime, n_steps=8)
with torch.no_grad():
    code, code_prime = encoder(torch.stack([x, x_prime]))
    latent_line = decoder(interpolate(code, code_prime, n_steps=8))
print("image:", tuple(x.shape), "code:", tuple(code.shape))
print("each line:", tuple(pixel_line.shape), tuple(latent_line.shape))

# %% [markdown]
# Before looking at the lines, check their ends and their middle. In pixel space the line must
# begin and end exactly at the two images. In latent space it begins and ends at their
# *reconstructions*, since everything passes through the decoder.

# %% tags=["nbval-check-output"]
print("pixel line starts at x:", torch.equal(pixel_line[0], x))
print("pixel line ends at x':", torch.equal(pixel_line[-1], x_prime))

# %% tags=["nbval-check-output"]
ends = wu.reconstruct(encoder, decoder, torch.stack([x, x_prime]))
print("latent line starts at x^:", torch.allclose(latent_line[0], ends[0], atol=1e-3))
print("latent line ends at x'^:", torch.allclose(latent_line[-1], ends[1], atol=1e-3))

# %% tags=["nbval-check-output"]
middle = interpolate(x, x_prime, n_steps=3)[1]
print("middle of the pixel line is the mean:", torch.allclose(middle, (x + x_prime) / 2))
steps = pixel_line.diff(dim=0)
print("all steps are alike:", torch.allclose(steps, steps[:1].expand_as(steps), atol=1e-5))

# %% [markdown]
# **Look at** the middle of each row. Do you see two pictures at once, or one? Do edges fade, or
# do they move?

# %%
columns = [f"α = {step / 7:.2f}" for step in range(8)]
wu.show_image_rows(
    {"in pixels": pixel_line, "in codes": latent_line},
    f"From {names[0]} to {names[1]}, {data.title}",
    columns=columns,
)

# %% [markdown]
# The pixel row is a double exposure, as it must be. The latent row is blurrier, since it has gone
# through the decoder. But look closely: in its middle, too, both pictures are still there.
#
# One pair may be luck. Here are four more.

# %%
pairs = ((1, 2), (4, 7), (5, 10), (8, 11))
for first, second in pairs:
    with torch.no_grad():
        codes = interpolate(encoder(images[[first]])[0], encoder(images[[second]])[0])
        latent = decoder(codes)
    rows = {"in pixels": interpolate(images[first], images[second]), "in codes": latent}
    names = [data.classes[int(labels[i])] for i in (first, second)]
    wu.show_image_rows(rows, f"From {names[0]} to {names[1]}, {data.title}")

# %% [markdown]
# ## How far from a cross-fade?
#
# Let us put a number on it. Decode the middle of two codes, and compare it with the mean of the
# two reconstructions. For a *linear* decoder the two are the same: PCA can do nothing but
# cross-fade. The larger the difference, the more the network does something of its own.
#
# As a yardstick, the second number is how far that mean is from either end.

# %%
half = len(data.test_images) // 2
first, second = data.test_images[:half] / 255, data.test_images[half : 2 * half] / 255
gap, distance = wu.midpoint_gap(encoder, decoder, first, second)
wu.show_result("latent_midpoint_gap", gap, data, settings)
print(f"squared distance of that mean from the ends: {distance:.1f} per image")
print(f"as lengths, the gap is {(gap / distance) ** 0.5:.0%} of that distance")

# %% tags=["nbval-check-output"]
wu.report_result("latent_midpoint_gap", gap, data, settings)

# %%
mean, directions = wu.principal_directions(data.train_images)
pca = wu.linear_autoencoder(mean, directions, code_size=512)
pca_gap, _ = wu.midpoint_gap(*pca, first, second)
print(f"the same for PCA: {pca_gap:.6f}")

# %% [markdown]
# Averaged over thousands of pairs of test images, the latent middle differs from a cross-fade,
# and PCA's does not. On CIFAR-10 the gap is << full.latent_midpoint_gap >>. Compare it with the
# distance to the ends: the latent line bends away from the cross-fade, but not far.
#
# ## What plain autoencoders do not promise
#
# It is often said that each decoded blend resembles one class. Judge for yourself from the rows
# above: with this small autoencoder it is rarely so.
#
# Nothing in the training asked for it. The loss speaks about codes *of images*, and never about
# the points between them. The encoder may scatter its codes in any way that lets the decoder tell
# them apart, so a point in between can decode to anything, or to a blurred mixture.
#
# A **variational autoencoder** (VAE) does ask for it. Its encoder gives a whole distribution for
# each image, and a second term in the loss draws these distributions towards a common one, so
# that they overlap and leave no empty regions. The user chooses that common distribution, and
# with it the structure of the space of codes. Deep learning meets Bayesian
# statistics there; Kingma and Welling (2014) is the paper to begin with.
#
# ## What was found
#
# - A line in pixel space is a cross-fade. A line in latent space, once decoded, is not quite one.
# - Numbers over many pairs say how far the latent line is from a cross-fade; a single lucky
#   picture does not.
# - A plain autoencoder gives no guarantee about the space between codes. Variational ones are
#   built to give one.
#
# **To try:** choose two images of the same class. Is the middle of the latent line more
# convincing? What do codes drawn at random decode to?
#
# This was the last of the four notebooks. Back to [1 · The MLP](01_mlp.ipynb).
