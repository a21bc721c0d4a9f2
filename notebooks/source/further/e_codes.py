# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # E · Is the space of codes meaningful?
#
# *Optional: nothing in the lab builds on it.*
#
# - whether neighbours by codes are alike;
# - what a classifier sees on the way from one image to another;
# - what random codes decode to.

# %% [markdown]
# **Time:** 10 minutes, of which the computer needs << duration["e_codes"] >> on two cores.
# Numbers in the text were measured on << measured_on >>. **Before:** [4 · Interpolation](../04_interpolation.ipynb).

# %%
import torch

import workshop_utils as wu

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)
encoder, decoder = wu.trained("autoencoder", data, settings)
cnn = wu.trained("cnn", data, settings)
some, their_labels = data.validation_images[:2000] / 255, data.validation_labels[:2000]
with torch.no_grad():
    codes = encoder(some)  # 2000×32×4×4

# %% [markdown] tags=["slide"]
# ## Are neighbours alike?
#
# For each of 2,000 images we look for the nearest other one, once by pixels and once by codes. How often does it have the same
# class? One in ten would be chance.

# %% tags=["fragment"]
by_pixels = wu.nearest_neighbours(some.flatten(start_dim=1))
by_codes = wu.nearest_neighbours(codes.flatten(start_dim=1))
agree = {
    name: (their_labels[neighbours] == their_labels).float().mean().item()
    for name, neighbours in (("pixels", by_pixels), ("codes", by_codes))
}
print(f"nearest by pixels: {agree['pixels']:.1%} have the same class")
wu.show_result("neighbours_by_codes", agree["codes"], data, settings)

# %% tags=["slide"]
rows = {"image": some[:8], "by pixels": some[by_pixels[:8]], "by codes": some[by_codes[:8]]}
names = [data.classes[int(label)] for label in their_labels[:8]]
wu.show_image_rows(rows, "Nearest neighbours", columns=names)

# %% [markdown] tags=["fragment"]
# Codes are hardly better than pixels (<< full.neighbours_by_codes >> on average over several seeds; a standard error is one point):
# both find images with similar colours in similar places. Being alike means the same to this autoencoder as to the squared error it
# was trained with.

# %% [markdown] tags=["slide"]
# ## Do the blends look like images?
#
# We take 200 pairs of the same class and 200 of different classes. At each point of the line we measure the squared distance to the
# nearest of 2,000 training images, and the probability that the CNN of notebook 2 gives to the classes of both ends together. The
# third kind of line is an arc (*spherical interpolation*, slerp), which keeps the norm of the codes (White, 2016).
#
# **Look at** one panel at a time: do the lines part in the middle?

# %% tags=["slide"]
real = data.train_images[:2000] / 255
lines = {}
for group, same_class in (("same class", True), ("different classes", False)):
    first, second = wu.choose_pairs(their_labels, same_class, n_pairs=200)
    ends, end_labels = (some[first], some[second]), (their_labels[first], their_labels[second])
    lines[group] = wu.measure_lines(encoder, decoder, cnn, ends, end_labels, real)
wu.plot_lines(lines, "From image to image, 200 pairs each")

# %%
middles = {kind: line.ends[2] for kind, line in lines["different classes"].items()}
difference = 100 * (middles["codes"] - middles["pixels"])
wu.show_result("codes_minus_pixels", difference, data, settings)

# %% [markdown] tags=["fragment"]
# To the CNN, blends of codes are what blends of pixels are: in the middle between different classes they differ by
# << low.codes_minus_pixels >> to << high.codes_minus_pixels >> over the seeds, where 200 pairs alone leave a standard error of
# 1.4 points.
#
# The distance has a trap. It is *smallest* in the middle, yet nobody would call a double exposure the most natural picture of all.
# A blend has less contrast, and what is pale is nearer to everything. A small squared distance does not make an image.

# %% [markdown] tags=["slide"]
# ## What do random codes decode to?
#
# If all of the space stood for images, random points would decode to images. We draw codes in two ways: *each* number *alone*, with
# the mean and the standard deviation that it has over the images; and all numbers *together*, correlated as they are in real codes.

# %% tags=["fragment"]
with torch.no_grad():
    rows = {
        "reconstructed": decoder(codes[:8]),
        "each alone": decoder(wu.random_codes(codes, together=False)),
        "together": decoder(wu.random_codes(codes, together=True)),
    }
wu.show_image_rows(rows, "Codes of images, and random codes")

# %% [markdown] tags=["fragment"]
# *Each alone*: coloured noise, though each number is one that occurs. *Together*: something like photographs out of focus, but no
# objects. So what matters is how the numbers of a code fit together, and correlations are only part of it: the codes of images fill
# a small part of the space, and it has a shape of its own.

# %% [markdown] tags=["slide"]
# ## Change a code yourself
#
# Walk between two images, and change single numbers of the code. **Try:** what does one number do to the image, and where? Is
# there one that stands for something that could be named?

# %% tags=["fragment"]
wu.look_inside(encoder, decoder, data=data)
