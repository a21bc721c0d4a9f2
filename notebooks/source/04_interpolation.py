# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # 4 · Between two images
#
# **What you will learn**
#
# - how to walk in a straight line from one image to another, in pixels and in codes;
# - how to tell a blend of codes from a mere cross-fade, by eye and by a number;
# - what a plain autoencoder does not promise.

# %% [markdown]
# **Time:** 9 minutes, of which the computer needs << duration["04_interpolation"] >> on two cores.
#
# **Data:** CIFAR-10, or the stand-in; the second cell says which. Numbers in the text were measured on << measured_on >>.

# %% [markdown] tags=["tutor"]
# **By the minute:** 0 the idea, exercises 4.1 and 4.2 · 6 the prediction and the rows of pictures (let everyone say
# what they see before you do) · 8 the number.
#
# **Questions to ask:** What would you have to see to call a space of codes *meaningful*? Why is a single
# pair of images a poor proof?

# %%
import torch

import workshop_utils as wu

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)
_, validation_loader = data.loaders(batch_size=128)

# %% [markdown]
# The autoencoder is the trained one of notebook 3: your own run, or the one that came with the workbook. If there is
# neither, it is trained now.

# %%
encoder, decoder = wu.trained("autoencoder", data, settings)

# %% [markdown] tags=["slide"]
# ## The idea
#
# The straight line between two images $\mathbf{x}$ and $\mathbf{x}'$ is made of blends
# $(1-\alpha)\,\mathbf{x} + \alpha\,\mathbf{x}'$, with $\alpha$ from 0 to 1: one picture fades out while the other fades
# in. Now walk between their *codes* (in *latent space*), and decode each point of the line:
#
# $$ I(\mathbf{x}, \mathbf{x}'; \alpha) = g\big((1-\alpha)\, f(\mathbf{x}) + \alpha\, f(\mathbf{x}')\big) $$

# %% tags=["fragment"]
wu.draw_interpolation("Interpolation in latent space")

# %% [markdown]
# Would the decoded blends look like *one* object that changes its shape?

# %%
images, labels = next(iter(validation_loader))
x, x_prime = images[0], images[3]
names = [data.classes[int(labels[i])] for i in (0, 3)]
print(f"from {names[0]} to {names[1]}")

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 4.1 · A straight line between two tensors
#
# *Difficulty ●●○, 4 minutes*
#
# Write a function that returns `n_steps` points on the line from `start` to `end`, both ends included. It
# should work for images and for codes, so for tensors of any size.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** the last point missing (`arange(n) / n`); the line runs backwards; works
# for images only, since three dimensions were written down; a list instead of a tensor.

# %% tags=["exercise"] graded_as="interpolation"
### BEGIN SOLUTION
interpolate = wu.use_solution("interpolate")
wu.show_source(interpolate)
### STUB
# def interpolate(start, end, n_steps=8):
#     """Points (1 - α)·start + α·end, α evenly from 0 to 1: n_steps×(shape of start)."""
#     raise NotImplementedError("Exercise 4.1: return the points on the line, and remove this line.")
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# Make the α first. Then there are two ways: a loop over them, or all at once with a shape that fits.
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# `torch.linspace` gives evenly spaced numbers, both ends included. `torch.stack` makes one tensor of a list
# of tensors.
#
# </details>
#
# <details><summary>Hint 3: nearly the code</summary>
#
# One point is `(1 - alpha) * start + alpha * end`. Put the points for `alpha` in `torch.linspace(0, 1, n_steps)`
# into a list, and `torch.stack` it.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# interpolate = wu.use_solution("interpolate")

# %% tags=["check", "nbval-check-output"] graded_as="interpolation" points=3
wu.check_interpolation(interpolate).must_pass()

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 4.2 · The line in latent space
#
# *Difficulty ●●○, 2 minutes*
#
# Now the formula at the top, $I(\mathbf{x}, \mathbf{x}'; \alpha)$, for all α at once: encode both images, walk from
# code to code, decode.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** pixels blended first and the blends encoded (then ask whether the encoder
# is linear); `decoder` forgotten.

# %% tags=["exercise"] graded_as="latent-line"
### BEGIN SOLUTION
latent_line = wu.use_solution("latent_line")
wu.show_source(latent_line)
### STUB
# def latent_line(encoder, decoder, x, x_prime, n_steps=8):
#     """Images n_steps×3×32×32 on the line between the codes of two images 3×32×32."""
#     raise NotImplementedError("Exercise 4.2: encode, interpolate, decode, and remove this line.")
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# The encoder takes a *batch* of images, N×3×32×32, and `x` is a single one, 3×32×32.
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# `torch.stack([x, x_prime])` is a batch of two. Its codes can be taken apart again:
# `code, code_prime = encoder(...)`. `torch.no_grad()` saves memory, since nothing is learnt here.
#
# </details>
#
# <details><summary>Hint 3: nearly the code</summary>
#
# What `interpolate(code, code_prime, n_steps)` returns is a batch of codes: just what the decoder takes.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# latent_line = wu.use_solution("latent_line")

# %% tags=["check", "nbval-check-output"] graded_as="latent-line" points=3
wu.check_latent_line(latent_line, encoder, decoder, x, x_prime).must_pass()

# %% tags=["nbval-check-output"]
pixels = interpolate(x, x_prime, 8)
decoded = latent_line(encoder, decoder, x, x_prime, 8)
print("each line:", tuple(pixels.shape), tuple(decoded.shape))

# %% [markdown] tags=["slide"]
# ## Which line looks like one object?
#
# **Predict:** in the middle of which line will you see *one* object rather than two overlapping ones: of the `"pixels"`,
# of the `"codes"`, or of `"neither"`? What did the training ask of the codes, and what of the points between them?

# %% [markdown] tags=["tutor"]
# **Expect:** "codes", since lectures and blog posts say so. Let them count the objects they see in the
# fourth and fifth picture, row by row.

# %% tags=["guess"]
### BEGIN SOLUTION
object_guess = "neither"
### STUB
# object_guess = "?"  # "pixels", "codes" or "neither"
### END SOLUTION

# %% tags=["nbval-check-output"]
one_object = wu.check_prediction(object_guess, ("pixels", "codes", "neither"), "one object")

# %% [markdown] tags=["slide"]
# **Look at** the middle of each row. Do you see two pictures at once, or one? Do edges fade, or do they move?

# %% tags=["fragment"]
columns = [f"α = {step / 7:.2f}" for step in range(8)]
wu.show_image_rows(
    {"in pixels": pixels, "in codes": decoded},
    f"From {names[0]} to {names[1]}",
    columns=columns,
)

# %% [markdown] tags=["fragment", "answer"]
# The pixel row is a double exposure, as it must be, and begins and ends exactly at the images. The latent row begins and ends
# at their *reconstructions*; in its middle, too, both pictures are still there.

# %% [markdown] tags=["slide"]
# One pair may be luck. Here are two more; then choose for yourself.

# %% tags=["fragment"]
for first, second in ((1, 2), (5, 10)):
    start, end = images[first], images[second]
    in_codes = latent_line(encoder, decoder, start, end, 8)
    rows = {"in pixels": interpolate(start, end, 8), "in codes": in_codes}
    names = [data.classes[int(labels[i])] for i in (first, second)]
    wu.show_image_rows(rows, f"From {names[0]} to {names[1]}")

# %%
names = [data.classes[int(label)] for label in labels]
wu.explore_lines(encoder, decoder, images, names)

# %% [markdown] tags=["slide"]
# ## How far from a cross-fade?
#
# Decode the middle of two codes, and compare it with the mean of the two reconstructions, their cross-fade. The **gap** is the squared distance
# between these two. The yardstick is how far the cross-fade is from either end.

# %% tags=["fragment"]
half = len(data.validation_images) // 2
first, second = (data.validation_images[: 2 * half] / 255).split(half)
gap, distance = wu.midpoint_gap(encoder, decoder, first, second)
wu.show_result("latent_midpoint_gap", gap, data, settings)
print(f"squared distance of that mean from the ends: {distance:.1f} per image")
print(f"as lengths, not squares: the gap is {(gap / distance) ** 0.5:.0%} of it")

# %%
is_cross_fade = gap < distance / 4  # by lengths, nearer to the cross-fade than to its ends
one_object.compare("neither" if is_cross_fade else "codes")

# %% [markdown] tags=["slide"]
# **Predict:** how large is PCA's gap?

# %% tags=["guess"]
### BEGIN SOLUTION
gap_guess = "smaller than the network's"
### STUB
# gap_guess = "?"  # "zero", "smaller than the network's" or "larger"
### END SOLUTION

# %% tags=["nbval-check-output"]
gaps = ("zero", "smaller than the network's", "larger")
gap_of_pca = wu.check_prediction(gap_guess, gaps, "PCA's gap")

# %% tags=["fragment"]
mean, directions = wu.principal_directions(data.train_images)
pca = wu.linear_autoencoder(mean, directions, code_size=512)
pca_gap, _ = wu.midpoint_gap(*pca, first, second)
print(f"the same for PCA: {pca_gap:.6f}")

# %%
is_rounding = pca_gap < 0.001
gap_of_pca.compare(gaps[0] if is_rounding else gaps[1] if pca_gap < gap else gaps[2])

# %% tags=["nbval-check-output"]
print("PCA's gap is less than a hundredth of the network's:", 100 * pca_gap < gap)

# %%
wu.tally(one_object, gap_of_pca)

# %% [markdown] tags=["fragment"]
# A *linear* decoder can do nothing but cross-fade. With the network, the latent line bends away from it, but not far: over
# many pairs, the gap is << full.latent_midpoint_gap >> on CIFAR-10.
#
# Nothing in the training asked for more. The loss speaks of codes *of images*, and never of the points between them. A
# **variational autoencoder** asks for more, by making each code a distribution (Kingma and Welling, 2014; a worked introduction:
# [Paul Rubenstein's post](http://paulrubenstein.co.uk/variational-autoencoders-are-not-autoencoders/)).
#
# **To try:** two images of the same class. **Further:** [the space of codes](further/e_codes.ipynb),
# [variational autoencoders](further/f_variational.ipynb).
