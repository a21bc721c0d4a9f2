"""The autoencoder's networks.

Shapes are written as N×C×H×W: images in the batch, channels, height, width.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# What `make_autoencoder` makes: the autoencoder of notebook 3, and each with one thing changed.
VARIANTS = (
    "as above",
    "without ReLU",
    "twice the filters",
    "without ReLU, twice the filters",
    "one 8×8 convolution",
)


class AddNoise(nn.Module):
    """Adds noise to images while training, and nothing afterwards, as dropout does.

    Args:
        spread: standard deviation of the noise, for values in [0, 1].

    Source: Vincent et al. (2008), denoising autoencoders.
    """

    def __init__(self, spread: float) -> None:
        super().__init__()
        self.spread = spread

    def forward(self, x: Tensor) -> Tensor:
        """Return images of the same shape, N×C×H×W."""
        return x + self.spread * torch.randn_like(x) if self.training else x


class ConvEncoder(nn.Module):
    """Three convolutions, each halving height and width: image to code.

    Args:
        out_c1: filters of the first convolution.
        out_c2: filters of the second convolution.
        embedding_dim: channels of the code; with 32, a 32×32 image becomes 32·4·4 = 512 numbers.

    Source: worksheet 8, "Convolutional Autoencoders".
    """

    def __init__(self, out_c1: int, out_c2: int, embedding_dim: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, out_c1, kernel_size=4, stride=2, padding=1)
        self.conv2 = nn.Conv2d(out_c1, out_c2, kernel_size=4, stride=2, padding=1)
        self.conv3 = nn.Conv2d(out_c2, embedding_dim, kernel_size=4, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the codes, N×embedding_dim×4×4, of images N×3×32×32."""
        x = F.relu(self.conv1(x))  # N×3×32×32 -> N×out_c1×16×16
        x = F.relu(self.conv2(x))  # -> N×out_c2×8×8
        return self.conv3(x)  # -> N×embedding_dim×4×4: no ReLU, a code may be negative


class ConvDecoder(nn.Module):
    """The encoder in the mirror: three transposed convolutions, code to image.

    Args:
        out_c1: filters of the encoder's first convolution.
        out_c2: filters of the encoder's second convolution.
        embedding_dim: channels of the code.

    Source: worksheet 8, "Convolutional Autoencoders".
    """

    def __init__(self, out_c1: int, out_c2: int, embedding_dim: int) -> None:
        super().__init__()
        self.deconv1 = nn.ConvTranspose2d(embedding_dim, out_c2, kernel_size=4, stride=2, padding=1)
        self.deconv2 = nn.ConvTranspose2d(out_c2, out_c1, kernel_size=4, stride=2, padding=1)
        self.deconv3 = nn.ConvTranspose2d(out_c1, 3, kernel_size=4, stride=2, padding=1)
        # Codes are small at first, so random biases would decide which channels the ReLUs let
        # pass. With bad luck it is none, and then only the last biases learn.
        nn.init.zeros_(self.deconv1.bias)
        nn.init.zeros_(self.deconv2.bias)

    def forward(self, z: Tensor) -> Tensor:
        """Return images N×3×32×32, values in [0, 1], for codes N×embedding_dim×4×4."""
        x = F.relu(self.deconv1(z))  # N×embedding_dim×4×4 -> N×out_c2×8×8
        x = F.relu(self.deconv2(x))  # -> N×out_c1×16×16
        return torch.sigmoid(self.deconv3(x))  # -> N×3×32×32, each value between 0 and 1


def make_autoencoder(variant: str) -> tuple[nn.Module, nn.Module]:
    """Make an encoder and a decoder for codes of 512 numbers, as in notebook 3 or nearly so.

    Args:
        variant: one of `VARIANTS`.

    Raises:
        ValueError: there is no such variant.
    """
    if variant not in VARIANTS:
        raise ValueError(
            f"There is no variant {variant!r}. There are: {'; '.join(map(repr, VARIANTS))}."
        )
    if variant == "one 8×8 convolution":
        return (
            nn.Conv2d(3, 32, kernel_size=8, stride=8),  # N×3×32×32 -> N×32×4×4
            nn.ConvTranspose2d(32, 3, kernel_size=8, stride=8),  # and back
        )
    out_c1, out_c2 = (16, 32) if "twice the filters" in variant else (8, 16)
    encoder, decoder = ConvEncoder(out_c1, out_c2, 32), ConvDecoder(out_c1, out_c2, 32)
    if "without ReLU" in variant:
        return (
            nn.Sequential(encoder.conv1, encoder.conv2, encoder.conv3),
            nn.Sequential(decoder.deconv1, decoder.deconv2, decoder.deconv3, nn.Sigmoid()),
        )
    return encoder, decoder
