"""The networks of the workbook: a perceptron, a convolutional network, an autoencoder.

Shapes are written as N×C×H×W: images in the batch, channels, height, width.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workshop_utils.validation import check_shape


class MultilayerPerceptronModel(nn.Module):
    """A multilayer perceptron (MLP) with two hidden layers.

    Args:
        n_features: numbers per image, 3·32·32 = 3072 for CIFAR-10.
        n_classes: how many classes to tell apart.
        hidden_dim1: units of the first hidden layer.
        hidden_dim2: units of the second hidden layer.

    Source: worksheet 8, "Multilayer Perceptron".
    """

    def __init__(
        self, n_features: int, n_classes: int, hidden_dim1: int = 256, hidden_dim2: int = 100
    ) -> None:
        super().__init__()
        self.n_features = n_features
        self.input_layer = nn.Linear(n_features, hidden_dim1)
        self.hidden_layer = nn.Linear(hidden_dim1, hidden_dim2)
        self.output_layer = nn.Linear(hidden_dim2, n_classes)
        self.dropout = nn.Dropout(0.25)

    def forward(self, x: Tensor) -> Tensor:
        """Return one score per class (logits), N×n_classes, for images of n_features numbers."""
        x = x.flatten(start_dim=1)  # N×3×32×32 -> N×3072: rows and columns are forgotten here
        check_shape("MultilayerPerceptronModel", x, (self.n_features,))
        x = self.dropout(F.relu(self.input_layer(x)))  # -> N×hidden_dim1
        x = self.dropout(F.relu(self.hidden_layer(x)))  # -> N×hidden_dim2
        return self.output_layer(x)  # -> N×n_classes


class BasicConvNet(nn.Module):
    """Two convolutions with max-pooling, then two fully connected layers, for 32×32 images.

    Args:
        out_c1: filters of the first convolution.
        out_c2: filters of the second convolution.
        dense_units: units of the fully connected layer.
        n_classes: how many classes to tell apart.

    Source: worksheet 8, "Convolutional Networks"; after LeCun et al. (1998), LeNet-5.
    """

    def __init__(self, out_c1: int, out_c2: int, dense_units: int, n_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, out_c1, kernel_size=5)
        self.conv2 = nn.Conv2d(out_c1, out_c2, kernel_size=5)
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.fc1 = nn.Linear(out_c2 * 5 * 5, dense_units)
        self.logits = nn.Linear(dense_units, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return one score per class (logits), N×n_classes, for images N×3×32×32."""
        check_shape("BasicConvNet", x, (3, 32, 32))
        # ReLU after pooling gives the same values as before it, with a quarter of the work.
        x = self.conv1(x)  # N×3×32×32 -> N×out_c1×28×28
        x = F.relu(self.pool(x))  # -> N×out_c1×14×14
        x = self.conv2(x)  # -> N×out_c2×10×10
        x = F.relu(self.pool(x))  # -> N×out_c2×5×5
        x = x.flatten(start_dim=1)  # -> N×(out_c2·5·5)
        x = F.relu(self.fc1(x))  # -> N×dense_units
        return self.logits(x)  # -> N×n_classes


class DeeperConvNet(nn.Module):
    """Four convolutions, each with batch normalisation, and one fully connected layer.

    Args:
        n_classes: how many classes to tell apart.

    Source: after Simonyan and Zisserman (2015); batch normalisation: Ioffe and Szegedy (2015).
    """

    def __init__(self, n_classes: int = 10) -> None:
        super().__init__()
        # Batch normalisation adds a bias of its own.
        self.conv1 = nn.Conv2d(3, 32, kernel_size=3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3, padding=1, bias=False)
        self.conv3 = nn.Conv2d(64, 128, kernel_size=3, padding=1, bias=False)
        self.conv4 = nn.Conv2d(128, 128, kernel_size=3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(32)
        self.norm2 = nn.BatchNorm2d(64)
        self.norm3 = nn.BatchNorm2d(128)
        self.norm4 = nn.BatchNorm2d(128)
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.logits = nn.Linear(128, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return one score per class (logits), N×n_classes, for images N×3×32×32."""
        check_shape("DeeperConvNet", x, (3, 32, 32))
        x = F.relu(self.norm1(self.pool(self.conv1(x))))  # N×3×32×32 -> N×32×16×16
        x = F.relu(self.norm2(self.pool(self.conv2(x))))  # -> N×64×8×8
        x = F.relu(self.norm3(self.conv3(x)))  # -> N×128×8×8
        x = F.relu(self.norm4(self.pool(self.conv4(x))))  # -> N×128×4×4
        x = x.amax(dim=(2, 3))  # -> N×128: what was found, no matter where
        return self.logits(x)  # -> N×n_classes


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
        check_shape("ConvEncoder", x, (3, None, None))
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
        self.embedding_dim = embedding_dim
        self.deconv1 = nn.ConvTranspose2d(embedding_dim, out_c2, kernel_size=4, stride=2, padding=1)
        self.deconv2 = nn.ConvTranspose2d(out_c2, out_c1, kernel_size=4, stride=2, padding=1)
        self.deconv3 = nn.ConvTranspose2d(out_c1, 3, kernel_size=4, stride=2, padding=1)
        # Codes are small at first, so random biases would decide which channels the ReLUs let
        # pass. With bad luck it is none, and then only the last biases learn.
        nn.init.zeros_(self.deconv1.bias)
        nn.init.zeros_(self.deconv2.bias)

    def forward(self, z: Tensor) -> Tensor:
        """Return images N×3×32×32, values in [0, 1], for codes N×embedding_dim×4×4."""
        check_shape("ConvDecoder", z, (self.embedding_dim, None, None))
        x = F.relu(self.deconv1(z))  # N×embedding_dim×4×4 -> N×out_c2×8×8
        x = F.relu(self.deconv2(x))  # -> N×out_c1×16×16
        return torch.sigmoid(self.deconv3(x))  # -> N×3×32×32, each value between 0 and 1
