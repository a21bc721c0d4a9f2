"""The classifiers of the workbook: a perceptron and two convolutional networks.

Shapes are written as N×C×H×W: images in the batch, channels, height, width.
"""

import torch.nn.functional as F
from torch import Tensor, nn


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
        self.input_layer = nn.Linear(n_features, hidden_dim1)
        self.hidden_layer = nn.Linear(hidden_dim1, hidden_dim2)
        self.output_layer = nn.Linear(hidden_dim2, n_classes)
        self.dropout = nn.Dropout(0.25)

    def forward(self, x: Tensor) -> Tensor:
        """Return one score per class (logits), N×n_classes, for images of n_features numbers."""
        x = x.flatten(start_dim=1)  # N×3×32×32 -> N×3072: rows and columns are forgotten here
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
        x = F.relu(self.conv1(x))  # N×3×32×32 -> N×out_c1×28×28
        x = self.pool(x)  # -> N×out_c1×14×14
        x = F.relu(self.conv2(x))  # -> N×out_c2×10×10
        x = self.pool(x)  # -> N×out_c2×5×5
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
        x = F.relu(self.norm1(self.pool(self.conv1(x))))  # N×3×32×32 -> N×32×16×16
        x = F.relu(self.norm2(self.pool(self.conv2(x))))  # -> N×64×8×8
        x = F.relu(self.norm3(self.conv3(x)))  # -> N×128×8×8
        x = F.relu(self.norm4(self.pool(self.conv4(x))))  # -> N×128×4×4
        x = x.amax(dim=(2, 3))  # -> N×128: what was found, no matter where
        return self.logits(x)  # -> N×n_classes
