# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # A · What the layers see
#
# *Optional: nothing in the lab builds on it.*
#
# - what the units of an MLP look for, and what it can do without;
# - filters, feature maps and favourite patches of a CNN;
# - how a hidden layer arranges images.

# %% [markdown]
# **Time:** 12 minutes, of which the computer needs << duration["a_layers"] >> on two cores.
# Numbers in the text were measured on << measured_on >>. **Before:** [1 · MLP](../01_mlp.ipynb) and [2 · CNN](../02_cnn.ipynb).

# %%
import torch
import torch.nn.functional as F

import workshop_utils as wu
from workshop_utils import BasicConvNet, MultilayerPerceptronModel

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)
_, validation_loader = data.loaders(batch_size=128)
mlp = wu.trained("mlp", data, settings)
cnn = wu.trained("cnn", data, settings)

# %% [markdown] tags=["slide"]
# ## The first layer of the MLP
#
# A hidden unit has one weight for each number of an image. Laid out as an image, mid-grey means zero, and where a colour
# is bright, that colour makes the unit's output larger. Here are the eight units with the largest weights, before and after
# training. **Look at** the lower row: objects, or parts of objects?

# %% tags=["fragment"]
torch.manual_seed(settings.seed)
untrained = MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10).to(settings.device)
strongest = mlp.input_layer.weight.norm(dim=1).argsort(descending=True)[:8]
rows = {}
for name, model in (("before training", untrained), ("after", mlp)):
    weights = model.input_layer.weight[strongest]  # 8×3072
    rows[name] = wu.weights_as_images(weights.reshape(-1, 3, 32, 32))
wu.show_image_rows(rows, "Weights of eight hidden units")

# %% [markdown] tags=["fragment"]
# After the full training: coarse patches of colour, no wheels, no ears. (After the quick training it is nearly all noise.)

# %% [markdown] tags=["slide"]
# ## What can it do without?
#
# Take something away from the validation images, and see what the same network still gets right. **Predict:** does it
# need the *arrangement* of colours, or only how much of each colour there is?


# %%
def shuffled_each(x):  # another shuffle for every image
    orders = (torch.randperm(32 * 32) for _ in x)
    return torch.cat([wu.shuffle_pixels(x[[i]], order) for i, order in enumerate(orders)])


def thumbnail(x, side):
    return F.interpolate(F.adaptive_avg_pool2d(x, side), size=32)


# %%
changes = {
    "as they are": lambda x: x,
    "8×8 thumbnails": lambda x: thumbnail(x, 8),
    "4×4 thumbnails": lambda x: thumbnail(x, 4),
    "grey": lambda x: x.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1),
    "one mean colour": lambda x: thumbnail(x, 1),
    "every image shuffled in its own way": shuffled_each,
}

# %% tags=["fragment"]
images, labels = data.validation_images / 255, data.validation_labels
mlp.eval()
found = {}
for name, change in changes.items():
    with torch.no_grad():
        found[name] = wu.accuracy(mlp(change(images)), labels)
    print(f"{name}: {found[name]:.1%}")

# %% tags=["nbval-check-output"]
names = ["8×8 thumbnails", "every image shuffled in its own way"]
print("layout counts for more than the amounts of colour:", found[names[0]] > found[names[1]])

# %% [markdown] tags=["fragment"]
# A thumbnail of 8×8 pixels is as good as the image. The same colours in another order, other for each image, are no better than
# one mean colour. So it goes by coarse *layout*: which colour is where. (The network was trained on none of these; one that is
# trained on grey images should do better on grey ones.)

# %% [markdown] tags=["slide"]
# ## The second hidden layer
#
# It describes each image by 100 numbers (*features*). Do images of a class get similar ones? For 1,000 images we look
# for the nearest neighbour, and ask whether it has the same class. One in ten would be chance. **Predict:** what about the
# pixels themselves, and an untrained network?

# %% tags=["fragment"]
some, their_labels = images[:1000], labels[:1000]
features = {
    "pixels": some.flatten(start_dim=1),
    "before training": wu.layer_outputs(untrained, some)["dropout2"],  # after the second ReLU
    "after training": wu.layer_outputs(mlp, some)["dropout2"],
}
agree = {name: wu.neighbours_agree(found, their_labels) for name, found in features.items()}
for name, fraction in agree.items():
    print(f"{name}: {fraction:.0%} of nearest neighbours agree")

# %% tags=["nbval-check-output"]
print("training raises the number:", agree["after training"] > agree["before training"] + 0.03)

# %% [markdown]
# A standard error is about 1.4 percentage points here. Untrained features do nearly as well as the pixels: random weights keep
# neighbours together. Training raises the number clearly.

# %% [markdown] tags=["slide"]
# As a picture: **t-SNE** (van der Maaten and Hinton, 2008) lays points out so that neighbours stay neighbours as far as
# possible; large distances mean little in it. **Look for** classes that keep together.

# %% tags=["fragment"]
planes = {
    name: wu.to_plane(features[name][:500], "t-SNE")
    for name in ("before training", "after training")
}
wu.plot_planes(planes, their_labels[:500], data.classes, "500 images in the second hidden layer")

# %% [markdown] tags=["slide"]
# ## The filters of the CNN
#
# A filter of the first layer is a small image of its own, 5×5 pixels in three colours. Mid-grey means zero.
# **Look for** filters that have a direction, and for filters that have a colour.

# %% tags=["fragment"]
torch.manual_seed(settings.seed)
untrained_cnn = BasicConvNet(out_c1=8, out_c2=16, dense_units=256).to(settings.device)
rows = {
    "before training": wu.weights_as_images(untrained_cnn.conv1.weight),  # 8×3×5×5
    "after": wu.weights_as_images(cnn.conv1.weight),
}
wu.show_image_rows(rows, "The eight filters of conv1")

# %% [markdown]
# A filter whose output is negative at all places of all images is *dead*: ReLU lets nothing pass, no gradient comes back, and
# it stays as it is. Is there one? For each filter: how much it has changed in training, and its largest output over all
# validation images.

# %%
change = (cnn.conv1.weight - untrained_cnn.conv1.weight).flatten(start_dim=1).norm(dim=1)
largest = wu.layer_outputs(cnn, images)["conv1"].amax(dim=(0, 2, 3))
for number in range(8):
    print(f"filter {number}: changed by {change[number]:.2f}, at most {largest[number]:+.2f}")

# %% [markdown] tags=["slide"]
# Now follow one image through the network: eight feature maps of each layer. Black means that the filter found nothing
# there, or next to nothing beside the strongest places of that layer.

# %% tags=["fragment"]
outputs = wu.layer_outputs(cnn, images[1:2])  # of one image
rows = {"image": images[1:2].expand(8, -1, -1, -1)}
for name in ("conv1", "pool1", "conv2", "pool2"):
    maps = outputs[name][0]  # such as 8×28×28
    rows[f"{name} {'×'.join(map(str, maps.shape))}"] = wu.maps_as_images(maps[:8])
wu.show_image_rows(rows, f"Through the network: {data.classes[int(labels[1])]}")

# %% [markdown]
# The first maps can still be read as pictures. Towards the end, *whether* something was found counts more and more, *where*
# less and less.

# %% [markdown] tags=["slide"]
# A filter of the second layer reads eight maps, so its weights are no picture. But which patches excite it most? One place of
# its map sees 14×14 pixels, its *receptive field*. **Look at** each row: what do its patches have in common?

# %% tags=["fragment"]
maps = wu.layer_outputs(cnn, some)["conv2"]  # 1000×16×10×10
patches = wu.strongest_patches(maps, some, size=14, stride=2)  # 16×8×3×14×14
rows = {f"filter {k}": patches[k] for k in range(6)}
wu.show_image_rows(rows, "Patches that excite filters of conv2 most")

# %% [markdown] tags=["fragment"]
# Most rows share something that can be named: a colour, an edge in one direction, dark above light. Not objects: two layers
# of convolution see too little for that.

# %% [markdown] tags=["slide"]
# ## Look inside yourself
#
# Here the CNN runs in the page. Draw on the image or move it, and watch all maps and scores. Choose any number of a map to
# see its window, its filter and their products; change the filter, and see what follows. **Try:** move the image by one pixel,
# then by two. Which maps move along?

# %% tags=["fragment"]
wu.look_inside(cnn, data=data)
