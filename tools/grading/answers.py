"""Right answers to the graded exercises, as students write them, in several ways."""

FIRST = {
    "mlp-parameters": """
def mlp_parameters():
    return {
        "input_layer": 3072 * 256 + 256,
        "hidden_layer": 256 * 100 + 100,
        "output_layer": 100 * 10 + 10,
    }
""",
    "cnn-shapes": """
def cnn_shapes():
    return {
        "conv1": (8, 28, 28),
        "pool1": (8, 14, 14),
        "conv2": (16, 10, 10),
        "pool2": (16, 5, 5),
        "fc1": (256,),
        "logits": (10,),
    }
""",
    "cnn-parameters": """
def cnn_parameters():
    return {
        "conv1": 3 * 8 * 25 + 8,
        "conv2": 8 * 16 * 25 + 16,
        "fc1": 400 * 256 + 256,
        "logits": 256 * 10 + 10,
    }
""",
    "encoder": """
class ConvEncoder(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.conv1 = nn.Conv2d(3, out_c1, kernel_size=4, stride=2, padding=1)
        self.conv2 = nn.Conv2d(out_c1, out_c2, kernel_size=4, stride=2, padding=1)
        self.conv3 = nn.Conv2d(out_c2, embedding_dim, kernel_size=4, stride=2, padding=1)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.conv3(x)
""",
    "interpolation": """
def interpolate(start, end, n_steps=8):
    points = []
    for alpha in torch.linspace(0, 1, n_steps):
        points.append((1 - alpha) * start + alpha * end)
    return torch.stack(points)
""",
    "latent-line": """
def latent_line(encoder, decoder, x, x_prime, n_steps=8):
    with torch.no_grad():
        code, code_prime = encoder(torch.stack([x, x_prime]))
        return decoder(interpolate(code, code_prime, n_steps))
""",
}

# Reckoned by loops and by PyTorch, layers in one nn.Sequential, all points at once.
SECOND = {
    "mlp-parameters": """
def mlp_parameters():
    sizes = [3 * 32 * 32, 256, 100, 10]
    names = ["input_layer", "hidden_layer", "output_layer"]
    return {name: (n + 1) * m for name, n, m in zip(names, sizes, sizes[1:])}
""",
    "cnn-shapes": """
def cnn_shapes():
    shapes, channels, size = {}, (8, 16), 32
    for i, c in enumerate(channels, start=1):
        size = size - 5 + 1
        shapes[f"conv{i}"] = (c, size, size)
        size //= 2
        shapes[f"pool{i}"] = (c, size, size)
    shapes["fc1"], shapes["logits"] = (256,), (10,)
    return shapes
""",
    "cnn-parameters": """
def cnn_parameters():
    return {
        name: sum(p.numel() for p in getattr(cnn, name).parameters())
        for name in ("conv1", "conv2", "fc1", "logits")
    }
""",
    "encoder": """
class ConvEncoder(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        sizes = dict(kernel_size=4, stride=2, padding=1)
        self.layers = nn.Sequential(
            nn.Conv2d(3, out_c1, **sizes),
            nn.ReLU(),
            nn.Conv2d(out_c1, out_c2, **sizes),
            nn.ReLU(),
            nn.Conv2d(out_c2, embedding_dim, **sizes),
        )

    def forward(self, x):
        return self.layers(x)
""",
    "interpolation": """
def interpolate(start, end, n_steps=8):
    alpha = torch.linspace(0, 1, n_steps).view(-1, *[1] * start.dim())
    return start + alpha * (end - start)
""",
    "latent-line": """
@torch.no_grad()
def latent_line(encoder, decoder, x, x_prime, n_steps=8):
    z, z_prime = encoder(x[None])[0], encoder(x_prime[None])[0]
    return torch.cat([decoder(point[None]) for point in interpolate(z, z_prime, n_steps)])
""",
}
