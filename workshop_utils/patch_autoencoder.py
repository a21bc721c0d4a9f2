"""An autoencoder that starts as PCA on patches and learns what is left to learn."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workshop_utils.pca import cut_into_patches, principal_directions

SIDE = 16  # of a patch, in pixels: four patches in an image of 32×32


class Refinement(nn.Module):
    """Adds to an image what three convolutions find in it; before training, nothing.

    The convolutions work at half the resolution, with four times the channels: no number is lost,
    and they see more of the image.

    Args:
        n_filters: of the first and the second convolution.

    Source: residual connections: He et al. (2016); resolution into channels: Shi et al. (2016).
    """

    def __init__(self, n_filters: int = 32) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(12, n_filters, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(n_filters, n_filters, kernel_size=3, padding=1)
        self.conv3 = nn.Conv2d(n_filters, 12, kernel_size=3, padding=1)
        nn.init.zeros_(self.conv3.weight)  # adds nothing at first
        nn.init.zeros_(self.conv3.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return images of the same shape, N×3×H×W; H and W are even."""
        found = F.pixel_unshuffle(x, 2)  # N×3×32×32 -> N×12×16×16
        found = F.relu(self.conv1(found))  # -> N×n_filters×16×16
        found = F.relu(self.conv2(found))  # -> N×n_filters×16×16
        return x + F.pixel_shuffle(self.conv3(found), 2)  # -> N×12×16×16 -> N×3×32×32


def patch_autoencoder(images: Tensor, code_size: int = 512) -> tuple[nn.Module, nn.Module]:
    """A linear encoder and decoder of patches, as PCA has them, with a refinement on either side.

    Args:
        images: uint8, N×3×32×32, whose patches PCA looks at.
        code_size: numbers per image, a multiple of 4.

    Returns:
        An encoder (images N×3×32×32 to codes N×code_size/4×2×2) and a decoder (back again).
    """
    mean, directions = principal_directions(cut_into_patches(images, SIDE))
    n_kept = code_size // 4
    shape = (n_kept, 3, SIDE, SIDE)
    encode = nn.Conv2d(3, n_kept, kernel_size=SIDE, stride=SIDE)  # a step is a patch
    decode = nn.ConvTranspose2d(n_kept, 3, kernel_size=SIDE, stride=SIDE)
    kept = directions[:, :n_kept]  # 768×n_kept
    with torch.no_grad():
        encode.weight.copy_(kept.T.reshape(shape))  # z = keptᵀ (x - mean)
        encode.bias.copy_(-kept.T @ mean)
        decode.bias.copy_(mean.reshape(3, -1).mean(dim=1))  # one number for each colour
    decode.weight = encode.weight  # the same numbers both ways, as in PCA
    encoder, decoder = nn.Sequential(Refinement(), encode), nn.Sequential(decode, Refinement())
    return encoder.to(images.device), decoder.to(images.device)
