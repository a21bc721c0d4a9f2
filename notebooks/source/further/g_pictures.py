# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # G · Your own pictures
#
# *Optional: nothing in the lab builds on it.*
#
# - how PyTorch's own dataset, `ToTensor` and `DataLoader` are used;
# - that they give what the workbook's loader gives;
# - how to train on pictures of your own.

# %% [markdown]
# **Time:** 5 minutes, of which the computer needs << duration["g_pictures"] >> on two cores.
# Numbers in the text were measured on << measured_on >>. **Before:** [1 · MLP](../01_mlp.ipynb).

# %%
import tempfile
from pathlib import Path

import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import Compose, Resize, ToTensor

import workshop_utils as wu
from workshop_utils import BasicConvNet, train

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)

# %% [markdown] tags=["slide"]
# ## The usual way
#
# In most tutorials, CIFAR-10 comes like this (it needs a network, and downloads 170 MB):
#
# ```python
# from torchvision.datasets import CIFAR10
#
# train_set = CIFAR10("data", train=True, download=True, transform=ToTensor())
# train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
# ```
#
# The dataset opens one image when it is asked for it, `ToTensor` turns it into a tensor 3×H×W with values from 0 to 1, and
# `DataLoader` puts batches together. The same works with any folder of pictures that holds a folder for each class. Let us make
# one, from images of the workbook:

# %%
folder = Path(tempfile.mkdtemp())
for number, (image, label) in enumerate(
    zip(data.validation_images[:500], data.validation_labels[:500], strict=True)
):
    (folder / data.classes[int(label)]).mkdir(exist_ok=True)
    picture = Image.fromarray(image.permute(1, 2, 0).cpu().numpy())  # H×W×C, as pictures are
    picture.save(folder / data.classes[int(label)] / f"{number:03}.png")

# %% tags=["nbval-check-output"]
pictures = ImageFolder(folder, transform=Compose([Resize((32, 32)), ToTensor()]))
loader = DataLoader(pictures, batch_size=128, shuffle=True)
x, labels = next(iter(loader))
print(pictures.classes)
print("images:", tuple(x.shape), x.dtype)

# %% [markdown]
# Labels follow the alphabet, and so do the workbook's. Is a picture from the folder the image that went in?

# %% tags=["nbval-check-output"]
file, label = pictures.samples[0]
picture, _ = pictures[0]
original = data.validation_images[int(Path(file).stem)].cpu() / 255
print("the same image:", torch.equal(picture, original))

# %% [markdown] tags=["slide"]
# ## And train
#
# `train` takes such loaders as they are. Pictures in other sizes are resized above; other numbers of classes go into the
# network. For pictures of your own, make `folder` yours, and keep some of them in a second folder, for validation.

# %%
torch.manual_seed(settings.seed)
cnn = BasicConvNet(8, 16, 256, n_classes=len(pictures.classes))
optimizer = torch.optim.SGD(cnn.parameters(), lr=1e-2, momentum=0.9)
history = train(cnn, loader, loader, optimizer, n_epochs=2)  # no validation images here!

# %% [markdown] tags=["fragment"]
# Two epochs of 500 images teach it next to nothing; they only show that it runs. It is slower than the workbook's loader, since every picture is opened anew in every epoch. (With a GPU, the batches have to be
# moved as well: `x.to(device)`. The workbook's images lie there already.)
