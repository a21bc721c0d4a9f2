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
# - what a plain autoencoder does not promise, and where variational ones come in.

# %% [markdown]
# **Time:** about 20 minutes to read and try, of which the computer needs
# << duration["04_interpolation"] >> on two cores.
#
# **Data:** CIFAR-10, or the stand-in where it cannot be had; the second cell says which. Numbers
# quoted in the text were measured on << measured_on >>.

# %% [markdown] tags=["tutor"]
# **Plan for 20 minutes:** 3 for the idea, 9 for exercises 4.1 and 4.2, 5 for looking at the rows of pictures
# (let everyone say what they see before you do), 3 for the number and for what it does not promise.
#
# **Questions to ask:** What would you have to see to call a space of codes *meaningful*? Why is a single
# pair of images a poor proof?

# %%
from itertools import chain

import torch

import workshop_utils as wu
from workshop_utils import BasicConvNet, ConvDecoder, ConvEncoder, train, train_autoencoder

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

# %% [markdown] tags=["slide"]
# ## The idea
#
# Take two images, $\mathbf{x}$ and $\mathbf{x}'$. The straight line between them is made of
# blends $(1-\alpha)\,\mathbf{x} + \alpha\,\mathbf{x}'$, with $\alpha$ from 0 to 1. In pixel space
# each blend is a double exposure: one picture fades out while the other fades in.
#
# Now walk in the space of codes instead (the *latent space*), and decode each point of the line:
#
# $$ I(\mathbf{x}, \mathbf{x}'; \alpha) = g\big((1-\alpha)\, f(\mathbf{x}) + \alpha\, f(\mathbf{x}')\big) $$

# %% tags=["fragment"]
wu.draw_interpolation("Interpolation in latent space")

# %% [markdown] tags=["slide"]
# Suppose the decoded blends look like *one* object that changes shape, rather than two that
# overlap. That would suggest that nearby codes mean similar things, perhaps even that classes lie
# together: a *meaningful* space, whose coordinates may help in other tasks. It would not prove it;
# interpolation is a way to look.

# %% [markdown]
# ## Two lines
#
# The first and the fourth of the test images, and eight points on the line between them.

# %%
images, labels = next(iter(test_loader))
x, x_prime = images[0], images[3]
names = [data.classes[int(labels[i])] for i in (0, 3)]
print(f"from {names[0]} to {names[1]}")

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 4.1 · A straight line between two tensors
#
# *Difficulty ●●○, about 5 minutes*
#
# Write a function that returns `n_steps` points on the line from `start` to `end`, both ends included. It
# should work for images and for codes, so for tensors of any shape.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** the last point missing (`arange(n) / n`); the line runs backwards; works
# for images only, since three dimensions were written down; a list instead of a tensor.

# %% tags=["slide", "exercise"] graded_as="interpolation"
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
# *Difficulty ●●○, about 4 minutes*
#
# Now the formula at the top, $I(\mathbf{x}, \mathbf{x}'; \alpha)$, for all α at once: encode both images, walk from
# code to code, decode.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** pixels blended first and the blends encoded (then ask whether the encoder
# is linear); `decoder` forgotten.

# %% tags=["slide", "exercise"] graded_as="latent-line"
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

# %% [markdown]
# Where do the lines begin and end? In pixel space exactly at the two images. In latent space at
# their *reconstructions*, since everything passes through the decoder.

# %% tags=["nbval-check-output"]
ends = wu.reconstruct(encoder, decoder, torch.stack([x, x_prime]))
print("pixel line from x to x':", torch.equal(pixels[[0, -1]], torch.stack([x, x_prime])))
print("latent line from x^ to x'^:", torch.allclose(decoded[[0, -1]], ends, atol=1e-3))

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 4.3 · Predict: which line looks like one object?
#
# *Difficulty ●○○, about 1 minute*
#
# In the middle of which line will you see *one* object rather than two overlapping ones: of the `"pixels"`, of the
# `"codes"`, or of `"neither"`?

# %% [markdown] tags=["tutor"]
# **Expect:** "codes", since lectures and blog posts say so. Let them count the objects they see in the
# fourth and fifth picture, row by row.

# %% tags=["exercise"]
### BEGIN SOLUTION
prediction = "neither"
### STUB
# raise NotImplementedError('Exercise 4.3: replace this line by prediction = "pixels", "codes" or "neither".')
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint</summary>
#
# There is no right or wrong yet. What did the training ask of the codes, and what of the points between
# them?
#
# </details>

# %% tags=["check", "nbval-check-output"]
wu.check_prediction(prediction, ("pixels", "codes", "neither")).must_pass()

# %% [markdown] tags=["slide"]
# **Look at** the middle of each row. Do you see two pictures at once, or one? Do edges fade, or
# do they move?

# %% tags=["fragment"]
columns = [f"α = {step / 7:.2f}" for step in range(8)]
wu.show_image_rows(
    {"in pixels": pixels, "in codes": decoded},
    f"From {names[0]} to {names[1]}, {data.title}",
    columns=columns,
)

# %% [markdown] tags=["fragment", "answer"]
# The pixel row is a double exposure, as it must be. The latent row is blurrier, since it has gone
# through the decoder. But look closely: in its middle, too, both pictures are still there. (With the
# quick profile, the reconstructions are too blurred to tell.)

# %% [markdown] tags=["slide"]
# One pair may be luck. Here are four more.

# %% tags=["fragment"]
pairs = ((1, 2), (4, 7), (5, 10), (8, 11))
for first, second in pairs:
    start, end = images[first], images[second]
    in_codes = latent_line(encoder, decoder, start, end, 8)
    rows = {"in pixels": interpolate(start, end, 8), "in codes": in_codes}
    names = [data.classes[int(labels[i])] for i in (first, second)]
    wu.show_image_rows(rows, f"From {names[0]} to {names[1]}, {data.title}")

# %% [markdown]
# Now choose for yourself: two menus for the images, and a slider from one to the other. (Where sliders do not
# run, you see a row of pictures. `make explorer` writes a page with such a slider that needs no Python.)

# %%
names = [data.classes[int(label)] for label in labels]
wu.explore_lines(encoder, decoder, images, names)

# %% [markdown] tags=["slide"]
# ## How far from a cross-fade?
#
# Let us put a number on it. Decode the middle of two codes, and compare it with the mean of the
# two reconstructions. For a *linear* decoder the two are the same: PCA can do nothing but
# cross-fade. The larger the difference, the more the network does something of its own.
#
# As a yardstick, the second number is how far that mean is from either end.

# %% tags=["fragment"]
half = len(data.test_images) // 2
first, second = data.test_images[:half] / 255, data.test_images[half : 2 * half] / 255
gap, distance = wu.midpoint_gap(encoder, decoder, first, second)
wu.show_result("latent_midpoint_gap", gap, data, settings)
print(f"squared distance of that mean from the ends: {distance:.1f} per image")
print(f"as lengths, the gap is {(gap / distance) ** 0.5:.0%} of that distance")

# %% tags=["fragment"]
mean, directions = wu.principal_directions(data.train_images)
pca = wu.linear_autoencoder(mean, directions, code_size=512)
pca_gap, _ = wu.midpoint_gap(*pca, first, second)
print(f"the same for PCA: {pca_gap:.6f}")

# %% tags=["nbval-check-output"]
print("the network's gap is more than a hundred times PCA's:", gap > 100 * pca_gap)

# %% [markdown] tags=["fragment"]
# Averaged over thousands of pairs of test images, the latent middle differs from a cross-fade,
# and PCA's does not. On CIFAR-10 the gap is << full.latent_midpoint_gap >> on average. Compare it with the
# distance to the ends: the latent line bends away from the cross-fade, but not far.

# %% [markdown] tags=["slide"]
# ## What plain autoencoders do not promise
#
# It is often said that each decoded blend resembles one class. Judge for yourself from the rows
# above: with this small autoencoder it is rarely so.
#
# Nothing in the training asked for it. The loss speaks about codes *of images*, and never about
# the points between them. The encoder may scatter its codes in any way that lets the decoder tell
# them apart, so a point in between can decode to anything, or to a blurred mixture.

# %% [markdown] tags=["slide"]
# A **variational autoencoder** (VAE) does ask for it. Its encoder gives a whole distribution for
# each image, and a second term in the loss draws these distributions towards a common one, so
# that they overlap and leave fewer empty regions. The user chooses that common distribution, and
# with it the structure of the space of codes. Deep learning meets Bayesian
# statistics there; Kingma and Welling (2014) is the paper to begin with.

# %% [markdown] tags=["slide"]
# ## To go further: is the space of codes meaningful?
#
# *Optional, about 10 minutes.*
#
# Three questions, each answered with many images.
#
# **First: are neighbours alike?** For each of 2,000 test images, we look for the nearest other one, once by pixels and
# once by codes. How often does it have the same class? One in ten would be chance.

# %% tags=["fragment"]
some, their_labels = data.test_images[:2000] / 255, data.test_labels[:2000]
with torch.no_grad():
    codes = encoder(some)  # 2000×32×4×4
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
wu.show_image_rows(rows, f"Nearest neighbours, {data.title}", columns=names)

# %% [markdown] tags=["fragment"]
# Codes are hardly better than pixels (<< full.neighbours_by_codes >> on average over several runs): both find images with similar colours in similar places. Being
# alike means the same to this autoencoder as to the squared error it was trained with.

# %% [markdown] tags=["slide"]
# **Second: do the blends look like images?** We take 200 pairs of the same class and 200 of different
# classes. At each point of the line we measure
#
# - the squared distance to the nearest of 2,000 training images;
# - the probability that the CNN of notebook 2 gives to the classes of the two ends together.
#
# There are three kinds of line. The third is an arc (*spherical interpolation*, slerp): on a straight line, codes in the
# middle have a smaller norm than those at the ends, and White (2016) suggests to keep the norm instead.
#
# In the figure below, **look at** one field at a time: do the lines part in the middle? (Do not compare left with right: on
# the right, the probabilities of two classes are added.)

# %%
torch.manual_seed(settings.seed)
cnn = BasicConvNet(out_c1=8, out_c2=16, dense_units=256).to(settings.device)
cnn_run = wu.find_run("cnn", data, settings)
if cnn_run:
    print(cnn_run)
    cnn_run.load_into(model=cnn)
else:
    optimizer = torch.optim.SGD(cnn.parameters(), lr=1e-2, momentum=0.9)
    train(cnn, train_loader, test_loader, optimizer, settings.profile.short_epochs)

# %% tags=["slide"]
real = data.train_images[:2000] / 255
lines = {}
for group, same_class in (("same class", True), ("different classes", False)):
    first, second = wu.choose_pairs(their_labels, same_class, n_pairs=200)
    ends, end_labels = (some[first], some[second]), (their_labels[first], their_labels[second])
    lines[group] = wu.measure_lines(encoder, decoder, cnn, ends, end_labels, real)
wu.plot_lines(lines, f"From image to image, 200 pairs each, {data.title}")

# %%
for group, kinds in lines.items():
    for kind, line in kinds.items():
        at_ends, in_middle = 50 * (line.ends[0] + line.ends[-1]), 100 * line.ends[2]
        print(f"{group}, {kind}: {at_ends:.0f} % at the ends, {in_middle:.0f} % in the middle")

# %%
middles = {kind: line.ends[2] for kind, line in lines["different classes"].items()}
difference = 100 * (middles["codes"] - middles["pixels"])
wu.show_result("codes_minus_pixels", difference, data, settings)

# %% [markdown] tags=["fragment"]
# Codes do what pixels do, almost to the point (on average over several
# runs, << full.codes_minus_pixels >> in the middle between different classes). Between different
# classes, the CNN becomes less sure of both ends in the middle; within a class, by little. Either way it hardly
# matters on which line one walks. The arc changes nothing for the CNN, and its blends are further from real images.

# %% [markdown]
# The distance has a trap. It is *smallest* in the middle, yet nobody would call a double exposure the most natural
# picture of all. A likely reason: a blend has less contrast, and what is pale is nearer to everything. A small squared
# distance does not make an image.

# %% [markdown] tags=["slide"]
# **Third: what do random codes decode to?** If all of the space stood for images, random points in it would decode to
# images. We draw codes in two ways: *each* number *alone*, with the mean and the standard deviation that it has over the
# test images; and all numbers *together*, so that they are also correlated as they are in real codes (a sum of real codes with
# random weights does that).

# %% tags=["fragment"]
with torch.no_grad():
    rows = {
        "reconstructed": decoder(codes[:8]),
        "each alone": decoder(wu.random_codes(codes, together=False)),
        "together": decoder(wu.random_codes(codes, together=True)),
    }
wu.show_image_rows(rows, f"Codes of images, and random codes, {data.title}")

# %% [markdown] tags=["slide"]
# *Each alone*, random numbers decode to coloured noise, though each of them is one that occurs. *Together*, they decode to
# something like photographs out of focus: large shapes, a middle that differs from its surroundings. No row shows an object.
#
# So what matters is how the numbers of a code fit together. Part of that are their correlations, and nothing was said in
# training about any of it: the codes of images fill a small part of the space, and it has a shape of its own.

# %% [markdown] tags=["slide"]
# ## What was found
#
# - A line in pixel space is a cross-fade. A line in latent space, once decoded, is not quite one.
# - Numbers over many pairs say how far the latent line is from a cross-fade; a single lucky
#   picture does not.
# - To a classifier, and to the search for the nearest image, blends of codes are what blends of pixels are. Neighbours
#   by codes share their class hardly more often than neighbours by pixels.
# - A plain autoencoder gives no guarantee about the space between codes. A variational one is trained with that space in
#   mind; how much that helps is the question of notebook 5.
#
# **To try:** choose two images of the same class. Is the middle of the latent line more
# convincing?
#
# **Next, if you like:** [5 · Variational autoencoders](05_variational.ipynb), which is optional.
