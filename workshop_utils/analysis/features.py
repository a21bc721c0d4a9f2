"""What the layers of a network see: weights as pictures, and images as a layer describes them."""

import torch
from torch import Tensor

from workshop_utils.networks.pca import widest_first

N_PATCHES = 8  # for each filter, a row of images


def weights_as_images(weights: Tensor) -> Tensor:
    """Weights as colour pictures: mid-grey is zero, brighter is positive, darker negative.

    Args:
        weights: K×3×H×W, one set for each of K filters or units.

    Returns:
        K×3×H×W, values in [0, 1]; each picture is scaled by its own largest weight.
    """
    weights = weights.detach()
    largest = weights.abs().amax(dim=(1, 2, 3), keepdim=True)
    return 0.5 + 0.5 * weights / largest.clamp(min=1e-12)


def maps_as_images(maps: Tensor) -> Tensor:
    """Feature maps as grey pictures: black is zero and below, white is the largest value.

    Args:
        maps: K×H×W, the outputs of K filters for one image.

    Returns:
        K×3×H×W, values in [0, 1]; all K on one scale.
    """
    maps = maps.detach().clamp(min=0)  # what ReLU lets pass
    return (maps / maps.max().clamp(min=1e-12))[:, None].expand(-1, 3, -1, -1)


def strongest_patches(maps: Tensor, images: Tensor, size: int, stride: int) -> Tensor:
    """For each filter, the patches of images that excite it most, one from each image at most.

    Args:
        maps: N×K×H×W, what K filters make of the images.
        images: N×3×32×32.
        size: pixels in a row that a place of the maps sees (its receptive field).
        stride: pixels from one place of the maps to the next.

    Returns:
        K×8×3×size×size, the strongest first.
    """
    width = maps.shape[-1]
    height_of_peak, place = maps.flatten(start_dim=2).max(dim=2)  # both N×K
    chosen = height_of_peak.topk(N_PATCHES, dim=0).indices  # 8×K
    rows = []
    for k, numbers in enumerate(chosen.T):
        patches = []
        for number in numbers:
            top, left = divmod(int(place[number, k]), width)
            top, left = top * stride, left * stride
            patches.append(images[number, :, top : top + size, left : left + size])
        rows.append(torch.stack(patches))
    return torch.stack(rows)


def neighbours_agree(features: Tensor, labels: Tensor) -> float:
    """How often the nearest other image is of the same class.

    Args:
        features: N×D, numbers that describe each image.
        labels: N whole numbers.

    Returns:
        A fraction from 0 to 1; with ten classes of equal size, about 0.1 is chance.
    """
    return (labels[nearest_neighbours(features)] == labels).float().mean().item()


def nearest_neighbours(features: Tensor) -> Tensor:
    """For each image the number of the nearest other one.

    Args:
        features: N×D, numbers that describe each image.

    Returns:
        N whole numbers.
    """
    distances = torch.cdist(features, features)  # N×N
    distances.fill_diagonal_(float("inf"))  # nobody is one's own neighbour
    return distances.argmin(dim=1)


def to_plane(features: Tensor, method: str) -> Tensor:
    """Two numbers for each image in place of many, to draw it as a point.

    Args:
        features: N×D, numbers that describe each image.
        method: "PCA" keeps the two directions of largest variance; "t-SNE" tries to keep near
            what is near, and says little about distances between far points.

    Returns:
        N×2.

    Raises:
        ValueError: no such method.

    Source: van der Maaten and Hinton (2008) for t-SNE.
    """
    if method == "PCA":
        mean, directions = widest_first([features])
        two = directions[:, :2]
        largest = two.gather(0, two.abs().argmax(dim=0, keepdim=True))
        return ((features - mean) @ (two * largest.sign())).cpu()  # on no computer mirrored
    if method == "t-SNE":
        from sklearn.manifold import TSNE

        reduction = TSNE(n_components=2, init="pca", random_state=0)
        return torch.from_numpy(reduction.fit_transform(features.cpu().numpy()))
    raise ValueError(f'method is {method!r}, but it must be "PCA" or "t-SNE".')
