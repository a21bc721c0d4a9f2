# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # B · Does it matter where the object is?
#
# *Optional: nothing in the lab builds on it.*
#
# - equivariance and invariance, which are easily mixed up;
# - what pooling and training do about moved images;
# - what makes a network tolerate them.

# %% [markdown]
# **Time:** 8 minutes, of which the computer needs << duration["b_moved"] >> on two cores.
# Numbers in the text were measured on << measured_on >>. **Before:** [2 · CNN](../02_cnn.ipynb).

# %%
import torch

import workshop_utils as wu
from workshop_utils import BasicConvNet

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)
_, validation_loader = data.loaders(batch_size=128)
mlp = wu.trained("mlp", data, settings)
cnn = wu.trained("cnn", data, settings)

# %% [markdown] tags=["slide"]
# ## Two words
#
# Convolutional networks are often called *translation invariant*. A function is
#
# - **equivariant** if its output moves along with its input;
# - **invariant** if its output stays the same.
#
# A convolution is equivariant, exactly. `shift` moves images by whole pixels and repeats the edge where something has to come
# in, so we compare the feature maps away from that edge.

# %% tags=["fragment", "nbval-check-output"]
cnn.eval()
images, labels = next(iter(validation_loader))
with torch.no_grad():
    maps = cnn.conv1(images)  # 128×8×28×28
    maps_of_shifted = cnn.conv1(wu.shift(images, right=2))
    pooled, pooled_of_shifted = cnn.pool(maps), cnn.pool(maps_of_shifted)
same = torch.allclose(maps_of_shifted[..., 2:], maps[..., :-2], atol=1e-5)
print("the feature maps move along with the image:", same)
same = torch.allclose(pooled_of_shifted[..., 1:], pooled[..., :-1], atol=1e-5)
print("two pixels are one place after pooling:", same)

# %% [markdown] tags=["slide"]
# ## One pixel
#
# By one pixel, pooled maps cannot move half a place; but a largest value that stays in its square changes nothing. That is the
# invariance that pooling buys. **Predict:** how much changes before pooling, after it, and in the scores? Changes are
# compared with how much images differ from each other: 0% is invariant, and 100% as different as another image, roughly.

# %% tags=["fragment"]
torch.manual_seed(settings.seed)
untrained = BasicConvNet(out_c1=8, out_c2=16, dense_units=256).to(settings.device)
shifted = wu.shift(images, right=1)
print(f"pixels: {wu.relative_change(images, shifted):.0%}")
for name, model in (("untrained", untrained), ("trained", cnn)):
    with torch.no_grad():
        maps, moved = model.conv1(images), model.conv1(shifted)
        after_conv = wu.relative_change(maps, moved)
        after_pool = wu.relative_change(model.pool(maps), model.pool(moved))
        scores = wu.relative_change(model(images), model(shifted))
    print(f"{name}: conv1 {after_conv:.0%}, pooled {after_pool:.0%}, scores {scores:.0%}")

# %% [markdown] tags=["fragment"]
# Pooling makes the change a little smaller. The scores of the trained network change less than those of an untrained one:
# part of the tolerance is *learnt*. Nothing in the architecture makes sure of it. To the fully connected layers, each place of
# the maps is a number of its own, just as each pixel is to the MLP.

# %% [markdown] tags=["slide"]
# ## The whole network
#
# We move 2,000 images up, down, left and right. **Look at** both ends of the lines: which network starts higher, and which loses
# more?

# %%
models = {"MLP": mlp, "CNN": cnn}
some = wu.Loader(data.validation_images[:2000], data.validation_labels[:2000])
accuracies = {
    name: wu.accuracy_when_shifted(model, some, range(0, 9, 2)) for name, model in models.items()
}

# %% tags=["fragment"]
wu.plot_shifts(accuracies, "Moving the validation images")

# %%
lost = {name: 100 * (found[0] - found[8]) for name, found in accuracies.items()}
wu.show_result("mlp_lost_when_moved", lost["MLP"], data, settings)
wu.show_result("cnn_lost_when_moved", lost["CNN"], data, settings)

# %% [markdown] tags=["slide"]
# At eight pixels a quarter of the picture has left. So move the images by eight pixels *and back again*: everything stands in
# its place, with the same part missing. **Predict:** how much of the loss remains? And how many single answers change
# when an image moves by one pixel?

# %% tags=["fragment"]
regained = []
one_pixel = wu.Loader(wu.shift(some.images.float(), right=1).byte(), some.labels)
for name, model in models.items():
    back = wu.accuracy_when_shifted(model, some, [8], and_back=True)[8]
    regained.append(back - accuracies[name][8] > (accuracies[name][0] - accuracies[name][8]) / 2)
    answers = [wu.predict(model, loader)[0].argmax(dim=1) for loader in (some, one_pixel)]
    changed = (answers[0] != answers[1]).float().mean()
    print(
        f"{name}: {accuracies[name][0]:.1%}, moved by 8 {accuracies[name][8]:.1%}, "
        f"and back {back:.1%}; {changed:.0%} of answers change at one pixel"
    )

# %%
print("moved back, each regains more than half of its loss:", all(regained))

# %% [markdown] tags=["fragment"]
# On CIFAR-10 the CNN loses << full.cnn_lost_when_moved >>, the MLP << full.mlp_lost_when_moved >> (mean of several seeds; from
# 2,000 images, the standard error is about one point): the CNN stays ahead because it started ahead. Moved back again, both
# regain most of it, so it was the place that mattered, more than the missing part. And one answer in ten changes when an image moves by
# a single pixel, though the accuracy hardly does.

# %% [markdown]
# Where invariance is wanted, it has to come from elsewhere: from training on moved images, or from pooling over all places. The
# deeper network has both at once, so it does not tell which of them helps. Taking away one of them would.
