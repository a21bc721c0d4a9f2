# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # 5 · Convolutions by hand
#
# **What you will learn**
#
# - what every number in a feature map is made of, stride and padding included;
# - how a transposed convolution makes an image larger, and what happens where its filters overlap;
# - that a trained network is its weights and a few lines of arithmetic, which you can write.

# %% [markdown]
# **Time:** about an hour, at home. The computer needs << duration["05_by_hand"] >>.
#
# **Data:** CIFAR-10, or the stand-in where it cannot be had; the second cell says which.
#
# Everything you write here is used at once: your convolution runs the first layer of a trained network, your transposed
# convolution its decoder, and your forward pass classifies the validation images.

# %% [markdown] tags=["tutor"]
# **As homework** this needs notebooks 2 and 3 first. Loops are welcome: speed is not the point, and the check gives 30
# seconds. Whoever is quick may write 5.1 with `F.unfold` and a matrix product.
#
# **Questions to ask:** Why is it cheaper to multiply one large matrix than to loop? Which pixels of a padded image does a filter
# with stride 2 never have in its middle?

# %%
import torch
import torch.nn.functional as F

import workshop_utils as wu
from workshop_utils import BasicConvNet

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)
_, validation_loader = data.loaders(batch_size=128)

# %% [markdown]
# The two networks are yours from notebooks 2 and 3, or those that came with the workbook; if there are none, they are
# trained now.

# %%
cnn = wu.trained("cnn", data, settings).eval()
encoder, decoder = wu.trained("autoencoder", data, settings)

# %% [markdown] tags=["slide"]
# ## One number of a feature map
#
# A filter sees a window of k×k pixels through all C channels. Its output at row i and column j is the sum of C·k·k products,
# plus the filter's bias:
#
# $$ y_{n,f,i,j} = b_f + \sum_{c} \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} w_{f,c,u,v} \; x_{n,\,c,\;i s + u,\;j s + v} $$
#
# Here s is the *stride*, and x has been *padded*: a border of zeros, p pixels wide, is put around the image on all four sides. A filter then
# finds H' = (H + 2p − k) // s + 1 rows of places, and likewise W' = (W + 2p − k) // s + 1 columns.

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 5.1 · A convolution
#
# *Difficulty ●●●, 20 minutes*
#
# Write what `nn.Conv2d` does, without calling it or any other convolution of PyTorch's. Images `x` are N×C×H×W, `weight` is
# F×C×k×k, `bias` has F numbers; return N×F×H'×W'. A loop over positions is enough: whole windows can be multiplied at once.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** the window begins at i instead of i · stride; the bias added once for each channel; the last row
# and column forgotten (`range((H - k) // s)`); padding on two sides only. The check names each of these.


# %% tags=["exercise"] graded_as="convolution"
### BEGIN SOLUTION
convolve = wu.use_solution("convolve")
wu.show_source(convolve)
### STUB
# def convolve(x, weight, bias, stride=1, padding=0):
#     """Images N×C×H×W, filters F×C×k×k and F biases: maps N×F×H'×W'."""
#     raise NotImplementedError("Exercise 5.1: return the maps, and remove this line.")
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# Three steps: pad `x`; make a tensor of zeros for the result; fill it, position by position. How large is it? Once `x` is padded, its own
# height and width hold the 2p already.
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# `F.pad(x, (p, p, p, p))` adds p columns left and right and p rows above and below. `x[:, :, top : top + k, left : left + k]` is
# the window of all images at once, N×C×k×k. With `window[:, None] * weight` each of them meets each filter: N×F×C×k×k.
#
# </details>
#
# <details><summary>Hint 3: nearly the code</summary>
#
# Inside two loops over i and j: `top, left = i * stride, j * stride`, then
# `maps[:, :, i, j] = (window[:, None] * weight).sum(dim=(2, 3, 4)) + bias`.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# convolve = wu.use_solution("convolve")

# %% tags=["check", "nbval-check-output"] graded_as="convolution" points=5
wu.check_convolution(convolve).must_pass()

# %% [markdown] tags=["slide"]
# Now let it run the first layer of the trained network, with the weights it has learnt. Of its eight maps, here are the two with the
# largest contrasts. **Compare:** yours, and PyTorch's.

# %% tags=["fragment"]
images, labels = next(iter(validation_loader))
layer = cnn.conv1
maps = convolve(images[:8].cpu(), layer.weight.detach().cpu(), layer.bias.detach().cpu())
theirs = layer(images[:8]).detach().cpu()
rows = {"image": images[:8]}
for number in theirs.std(dim=(0, 2, 3)).argsort(descending=True)[:2].tolist():
    rows[f"map {number}, yours"] = wu.maps_as_images(maps[:, number])
    rows[f"map {number}, PyTorch's"] = wu.maps_as_images(theirs[:, number])
wu.show_image_rows(rows, "The trained network's first layer, by your convolution")

# %% tags=["nbval-check-output"]
print("as PyTorch's, to within 0.0001:", (maps - theirs).abs().max().item() < 1e-4)

# %% [markdown] tags=["slide"]
# ## And back
#
# A transposed convolution goes the other way: each number of the input is multiplied by a whole filter, and the products are *added*
# into the output, s pixels further on for each step. The filters drawn here lie side by side, since they are as wide as the stride; wider
# ones overlap, and where they do, the products add up. `padding` cuts p pixels off each side of what comes out. So H becomes
# (H − 1) · s + k − 2p.

# %% tags=["fragment"]
wu.draw_transposed_convolution()

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 5.2 · A transposed convolution
#
# *Difficulty ●●●, 15 minutes*
#
# Write what `nn.ConvTranspose2d` does, again without PyTorch's convolutions. Mind the order in `weight`: here it is C×F×k×k, first the
# channels of `x`, then the filters. Filters that overlap are added.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** `=` where `+=` is needed; padding put around the input; `[p:-p]`, which is empty for p = 0; the bias
# added with every filter.


# %% tags=["exercise"] graded_as="transposed-convolution"
### BEGIN SOLUTION
convolve_transposed = wu.use_solution("convolve_transposed")
wu.show_source(convolve_transposed)
### STUB
# def convolve_transposed(x, weight, bias, stride=1, padding=0):
#     """Numbers N×C×H×W, filters C×F×k×k and F biases: maps N×F×H'×W'."""
#     raise NotImplementedError("Exercise 5.2: return the maps, and remove this line.")
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# Begin with zeros for the whole result, before anything is cut off: N×F×((H − 1) · s + k)×((W − 1) · s + k).
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# `x[:, :, i, j]` holds the numbers of one position, N×C. `torch.einsum("nc,cfkl->nfkl", ...)` multiplies them by the filters
# and adds up over the channels; a loop over the channels does it, too.
#
# </details>
#
# <details><summary>Hint 3: nearly the code</summary>
#
# `maps[:, :, top : top + k, left : left + k] += filters`, with `top, left = i * stride, j * stride`. In the end cut
# `maps[:, :, p : height - p, p : width - p]` and add `bias.reshape(1, -1, 1, 1)`.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# convolve_transposed = wu.use_solution("convolve_transposed")

# %% tags=["check", "nbval-check-output"] graded_as="transposed-convolution" points=4
wu.check_transposed_convolution(convolve_transposed).must_pass()

# %% [markdown] tags=["slide"]
# The decoder of notebook 3 is three such layers with ReLU between them, and a sigmoid at the end. With your function:

# %% tags=["fragment"]
layers = (decoder.deconv1, decoder.deconv2, decoder.deconv3)
learnt = [(layer.weight.detach().cpu(), layer.bias.detach().cpu()) for layer in layers]
codes = encoder(images[:8]).detach().cpu()  # 8×32×4×4
x = F.relu(convolve_transposed(codes, *learnt[0], 2, 1))  # stride 2, padding 1: 8×16×8×8
x = F.relu(convolve_transposed(x, *learnt[1], 2, 1))  # 8×8×16×16
decoded = torch.sigmoid(convolve_transposed(x, *learnt[2], 2, 1))  # 8×3×32×32
theirs = wu.reconstruct(encoder, decoder, images[:8])
wu.show_image_rows({"original": images[:8], "decoded by you": decoded}, "Codes, decoded by hand")

# %% tags=["nbval-check-output"]
print("as PyTorch's, to within 0.0001:", (decoded - theirs.cpu()).abs().max().item() < 1e-4)

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 5.3 · The forward pass of the CNN
#
# *Difficulty ●●○, 8 minutes*
#
# [Notebook 2](../02_cnn.ipynb) showed `BasicConvNet`, with a table of its layers. Write its forward pass: given a network with the layers
# `conv1`, `conv2`, `pool`, `fc1` and `logits`, which you may call, return the scores for images N×3×32×32. It is tried on networks of
# several sizes.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** a ReLU missing after `fc1`; a softmax at the end; `flatten()` without `start_dim=1`, which joins the images
# of the batch.


# %% tags=["exercise"] graded_as="cnn-forward"
### BEGIN SOLUTION
cnn_forward = wu.use_solution("cnn_forward")
wu.show_source(cnn_forward)
### STUB
# def cnn_forward(cnn, x):
#     """Scores N×n_classes for images N×3×32×32."""
#     raise NotImplementedError("Exercise 5.3: send x through the layers of cnn, and remove this line.")
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# Convolution, ReLU, pooling; the same again; then rows of numbers.
#
# </details>
#
# <details><summary>Hint 2: nearly the code</summary>
#
# It begins with `x = cnn.pool(F.relu(cnn.conv1(x)))`; between the convolutions and `fc1` stands `x.flatten(start_dim=1)`.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# (Where exercises are graded, this line earns no points.)
# cnn_forward = wu.use_solution("cnn_forward")

# %% tags=["check", "nbval-check-output"] graded_as="cnn-forward" points=3
wu.check_cnn_forward(cnn_forward).must_pass()

# %% [markdown] tags=["slide"]
# A method is a function whose first argument is the object. So yours can take the place of the class's own:


# %% tags=["fragment"]
class OwnConvNet(BasicConvNet):
    forward = cnn_forward


own = OwnConvNet(out_c1=8, out_c2=16, dense_units=256).to(settings.device)
own.load_state_dict(cnn.state_dict())
criterion = torch.nn.CrossEntropyLoss()
own_loss, own_accuracy = wu.evaluate(own, criterion, validation_loader)
print(f"validation accuracy with your forward pass: {own_accuracy:.1%}")

# %% tags=["nbval-check-output"]
print("as before:", own_accuracy == wu.evaluate(cnn, criterion, validation_loader)[1])

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise 5.4 · Counting the parameters of the CNN
#
# *Difficulty ●●○, 3 minutes*
#
# How many numbers does each layer of the CNN of [notebook 2](../02_cnn.ipynb) learn: 8 and 16 filters, 256 units, 10 classes? You know
# fully connected layers from notebook 1. For a convolution: how many filters are there, and how many weights has one?

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** the channels that come in forgotten (8 · 5 · 5); multiplied by the
# 28 × 28 positions (then ask what *shared* means); a flattened size of 16 · 10 · 10, before pooling.


# %% tags=["exercise"] graded_as="cnn-parameters"
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
#     raise NotImplementedError("Exercise 5.4: put a number for every layer below, and remove this line.")
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

# %% tags=["check", "nbval-check-output"] graded_as="cnn-parameters" points=1
wu.check_parameter_counts(cnn_parameters, cnn).must_pass()

# %% tags=["nbval-check-output"]
wu.show_layers(cnn)

# %% [markdown] tags=["fragment"]
# Nothing is hidden in `nn.Conv2d` but speed: PyTorch rearranges windows into one large matrix (or does better still), where your loops
# visit them one by one.
#
# **To try:** time both with `%timeit`. Write 5.1 with `F.unfold` and a matrix product, and time it again.
#
# **Next:** [6 · The loop by hand](06_loop.ipynb).
