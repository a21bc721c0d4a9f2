"""Answers to the graded exercises, as sources of their cells: right, wrong, harmful ones."""

import nbformat

from tools.grading.release import graded_notebooks

RIGHT = {
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


def altered(exercise: str, old: str, new: str) -> str:
    """A right answer with a mistake in it."""
    assert old in RIGHT[exercise]
    return RIGHT[exercise].replace(old, new)


# --- wrong answers ---

GREY_IMAGES = altered("mlp-parameters", "3072", "1024")
SIZES_KEPT = altered("cnn-shapes", "28, 28", "32, 32")
RELU_AT_THE_END = altered("encoder", "self.conv3(x)", "F.relu(self.conv3(x))")
MISSPELT = altered("encoder", "F.relu(self.conv1(x))", "F.rellu(self.conv1(x))")
SYNTAX_ERROR = altered("encoder", "def forward(self, x):", "def forward(self, x)")
BACKWARDS = altered("interpolation", "(1 - alpha) * start + alpha", "alpha * start + (1 - alpha)")
END_MISSING = altered("interpolation", "(0, 1, n_steps)", "(0, 1, n_steps + 1)[:-1]")
PIXELS_BLENDED = """
def latent_line(encoder, decoder, x, x_prime, n_steps=8):
    with torch.no_grad():
        return decoder(encoder(interpolate(x, x_prime, n_steps)))
"""
OWN_LATENT_LINE = """
def latent_line(encoder, decoder, x, x_prime, n_steps=8):  # right, without interpolate
    with torch.no_grad():
        z, z_prime = encoder(torch.stack([x, x_prime]))
        steps = [z + i / (n_steps - 1) * (z_prime - z) for i in range(n_steps)]
        return decoder(torch.stack(steps))
"""
ALL_WRONG = {
    "mlp-parameters": GREY_IMAGES,
    "cnn-shapes": SIZES_KEPT,
    "encoder": RELU_AT_THE_END,
    "interpolation": BACKWARDS,
    "latent-line": PIXELS_BLENDED,
}

# --- answers that do not end, end too much, or take too much ---

ENDLESS = "while True:\n    pass\n"
STUBBORN = """
while True:
    try:
        while True:
            pass
    except KeyboardInterrupt:
        pass
"""
ENDLESS_FORWARD = altered("encoder", "return self.conv3(x)", "while True:\n            x.abs()")
SLEEPING = "import time\ntime.sleep(3600)\n" + RIGHT["mlp-parameters"]
EXCEPTION = 'raise RuntimeError("I have tried everything")\n' + RIGHT["cnn-shapes"]
SYSTEM_EXIT = RIGHT["mlp-parameters"] + "import sys\nsys.exit(1)\n"
KERNEL_EXIT = RIGHT["encoder"] + "import os\nos._exit(1)\n"
SEGFAULT = """
def interpolate(start, end, n_steps=8):
    import ctypes
    return ctypes.string_at(0)
"""
HOG = "hoard = []\nwhile True:\n    hoard.append(torch.ones(10_000_000))\n"
HOG_IN_FUNCTION = """
def interpolate(start, end, n_steps=8):
    points = [start]
    while True:
        points += [point + 0 for point in points]
"""
FLOOD = 'while True:\n    print("here I am " * 1000)\n'
NOISY = (
    RIGHT["encoder"]
    + """
import sys, threading, time

def complain():
    while True:
        print("Warning: something will change in version 9", file=sys.__stderr__, flush=True)
        print("Warning: something will change in version 9", file=sys.stderr, flush=True)
        time.sleep(0.01)

threading.Thread(target=complain, daemon=True).start()
"""
)
MANY_PROCESSES = (
    RIGHT["encoder"]
    + """
import subprocess, sys
for _ in range(10):  # each outlives its parent
    code = "import time; time.sleep(600)  # left over"
    subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
"""
)
MANY_THREADS = (
    RIGHT["cnn-shapes"]
    + """
import threading, time
for _ in range(50):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
"""
)

# --- answers that look at, or change, what they should not ---

PARENT_KILLED = RIGHT["encoder"] + "import os, signal\nos.kill(os.getppid(), signal.SIGTERM)\n"
FILES_DELETED = (
    RIGHT["cnn-shapes"]
    + """
import os
for name in os.listdir("."):
    os.remove(name)
for i in range(100):
    open(f"file{i}.ipynb", "w").write("no notebook")
"""
)
GRADEBOOK_CHANGED = (
    GREY_IMAGES
    + """
import os, sqlite3
from pathlib import Path
for here in (Path.cwd(), Path(os.environ["WORKSHOP_DATA"]), Path.home()):
    for file in (folder / "gradebook.db" for folder in here.parents):
        if file.exists():
            db = sqlite3.connect(file)
            db.execute("UPDATE grade SET auto_score = 100, manual_score = 100")
            db.execute("UPDATE source_cell SET source = 'print(1)' WHERE name LIKE 'check%'")
            db.commit()
"""
)
OTHERS_EMPTIED = (
    RIGHT["cnn-shapes"]
    + """
from pathlib import Path
for folder in ("..", "../..", "../../..", "../../../.."):
    for file in Path(folder).glob("submitted/*/*/*.ipynb"):
        print(file.read_text())
        file.write_text("")
"""
)
CHECK_SILENCED = (
    RELU_AT_THE_END
    + """
class Silent:
    def must_pass(self):
        return 100

wu.check_encoder = lambda encoder: Silent()
"""
)
REFERENCE_TAKEN = 'ConvEncoder = wu.use_solution("ConvEncoder")'
FROM_PACKAGE = {
    "encoder": "class ConvEncoder(wu.ConvEncoder):\n    pass\n",
    "interpolation": "interpolate = wu.interpolate",
    "latent-line": "def latent_line(*given):\n    return wu.latent_line(*given)\n",
}
FROM_HELPER = "from helper import ConvEncoder\n"
HELPER = "import torch.nn.functional as F\nfrom torch import nn\n" + RIGHT["encoder"]

# --- right answers, and what stands around them ---

STUBS = {
    cell.metadata.nbgrader.grade_id: cell.source
    for file in graded_notebooks("workbook")
    for cell in nbformat.read(file, as_version=4).cells
    if "nbgrader" in cell.metadata
}
OWN_CELLS = (
    "import time\ntime.sleep(40)",
    "import time\nfor minute in range(60):\n    time.sleep(60)",
    'name = input("What is your name? ")',
    "plt.plot([1, 2, 3])\nplt.show()",
    'import urllib.request\nurllib.request.urlopen("http://localhost:9/cifar.zip")',
    "1 / 0",
    STUBBORN,
    "def half a function",
    "import os\nos._exit(1)",
)
FIRST_LINES = """%matplotlib widget
%load_ext tensorboard
%config InlineBackend.figure_format = "retina"
!pip install --quiet ipympl
%pip install ipympl
from google.colab import drive
drive.mount("/content/drive")
%cd /content/drive/MyDrive/lab
import os
os.chdir("/content/drive/MyDrive/lab")"""
HELPERS = (
    "layers = []\nsettings_of_mine = {}",
    "settings_of_mine['kernel_size'] = 4\nprint(input('kernel_size? '))",
    "import torch.nn as own_nn\n%time half = dict(stride=2, padding=1)",
    """
def convolution(n_in, n_out):
    return own_nn.Conv2d(n_in, n_out, **settings_of_mine, **half)
""",
    "layers.append(convolution)",
)
HELPED = """
from torch.nn import *
class ConvEncoder(Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.conv1 = layers[0](3, out_c1)
        self.conv2 = layers[0](out_c1, out_c2)
        self.conv3 = layers[0](out_c2, embedding_dim)

    def forward(self, x):
        return self.conv3(activation(self.conv2(activation(self.conv1(x)))))
activation = ReLU()
"""
HELPED_FROM_BELOW = """
def interpolate(start, end, n_steps=8):
    return torch.stack([point(start, end, i / (n_steps - 1)) for i in range(n_steps)])
"""
BELOW = """
def point(start, end, alpha):
    return (1 - alpha) * start + alpha * end
"""
TRIED_ON = (
    ("03_autoencoder.ipynb", "autoencoder-conclusion", RELU_AT_THE_END),
    ("04_interpolation.ipynb", "latent-line", BACKWARDS + "interpolate(torch.ones(2), 2, 3)"),
    ("04_interpolation.ipynb", "latent-line", RIGHT["interpolation"]),
)


# --- homework ---

HOMEWORK = {
    "convolution": """
def convolve(x, weight, bias, stride=1, padding=0):
    F_, C, k, _ = weight.shape
    windows = F.unfold(x, k, padding=padding, stride=stride)  # N×(C·k·k)×places
    maps = weight.reshape(F_, -1) @ windows + bias.reshape(-1, 1)
    rows = (x.shape[2] + 2 * padding - k) // stride + 1
    return maps.reshape(len(x), F_, rows, -1)
""",
    "transposed-convolution": """
def convolve_transposed(x, weight, bias, stride=1, padding=0):
    N, C, H, W = x.shape
    _, F_, k, _ = weight.shape
    big = torch.zeros(N, F_, (H - 1) * stride + k, (W - 1) * stride + k)
    for c in range(C):
        for i in range(H):
            for j in range(W):
                stamp = x[:, c, i, j].reshape(N, 1, 1, 1) * weight[c]
                big[:, :, i * stride : i * stride + k, j * stride : j * stride + k] += stamp
    if padding > 0:
        big = big[:, :, padding:-padding, padding:-padding]
    return big + bias[:, None, None]
""",
    "cnn-forward": """
def cnn_forward(cnn, x):
    x = torch.relu(cnn.pool(cnn.conv1(x)))
    x = torch.relu(cnn.pool(cnn.conv2(x)))
    x = x.reshape(len(x), -1)
    return cnn.logits(torch.relu(cnn.fc1(x)))
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
    "training-step": """
def training_step(model, criterion, optimizer, x, labels):
    optimizer.zero_grad()
    loss = criterion(model(x), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
""",
    "evaluation": """
def evaluate(model, criterion, loader):
    mode = model.training
    model.eval()
    losses, hits, n = 0, 0, 0
    with torch.no_grad():
        for images, labels in loader:
            scores = model(images)
            losses = losses + len(images) * criterion(scores, labels)
            hits = hits + (scores.argmax(1) == labels).sum()
            n = n + len(images)
    model.train(mode)
    return losses / n, hits / n
""",
    "causes": """
def causes():
    names = wu.CAUSES
    return {letter: names[i] for letter, i in zip("ABCDEFGH", (6, 4, 2, 1, 7, 0, 5, 3))}
""",
    "repair-preparation": """
def split(images, labels, n_validation):
    n = n_validation
    return images[n:], labels[n:], images[:n], labels[:n]


def shuffled(images, labels):
    order = torch.randperm(len(labels))
    return images[order], labels[order]


def prepare(make_network, learning_rate):
    net = make_network()
    return net, torch.optim.SGD(net.parameters(), lr=learning_rate, momentum=0.9)
""",
}
HOMEWORK["repair-loop"] = (
    HOMEWORK["training-step"]
    + HOMEWORK["evaluation"]
    + """

def probabilities(model, images):
    with torch.no_grad():
        return model(images).softmax(-1)
"""
)


def homework_but(exercise: str, old: str, new: str) -> str:
    """A right answer to a homework exercise with a mistake in it."""
    assert old in HOMEWORK[exercise]
    return HOMEWORK[exercise].replace(old, new)


HOMEWORK_WRONG = {
    "convolution": homework_but("convolution", " + bias.reshape(-1, 1)", ""),
    "transposed-convolution": homework_but("transposed-convolution", "+= stamp", "= stamp"),
    "cnn-forward": homework_but("cnn-forward", "torch.relu(cnn.fc1(x))", "cnn.fc1(x)"),
    "cnn-parameters": homework_but("cnn-parameters", "3 * 8 *", "8 *"),
    "training-step": homework_but("training-step", "    optimizer.zero_grad()\n", ""),
    "evaluation": homework_but("evaluation", "    model.train(mode)\n", ""),
    "causes": homework_but("causes", "6, 4, 2, 1", "6, 4, 1, 2"),
    "repair-preparation": homework_but(
        "repair-preparation", "images[n:], labels", "images, labels"
    ),
    "repair-loop": homework_but("repair-loop", "softmax(-1)", "softmax(0)"),
}
HOMEWORK_CALLED = {
    "convolution": """
def convolve(x, weight, bias, stride=1, padding=0):
    return F.conv2d(x, weight, bias, stride, padding)
""",
    "transposed-convolution": """
def convolve_transposed(x, weight, bias, stride=1, padding=0):
    layer = torch.nn.ConvTranspose2d(*weight.shape[:2], weight.shape[-1], stride, padding)
    layer.weight.data, layer.bias.data = weight, bias
    return layer(x)
""",
}
FROM = "from workshop_utils.exercises.{module} import {name} as theirs"
HOMEWORK_TAKEN = {
    exercise: FROM.format(module=module, name=name)
    + f"\n\n\ndef {name}({arguments}):\n    return theirs({arguments})\n"
    for exercise, module, name, arguments in (
        ("convolution", "convolution", "convolve", "x, weight, bias, stride, padding"),
        (
            "transposed-convolution",
            "transposed_convolution",
            "convolve_transposed",
            "x, weight, bias, stride, padding",
        ),
        ("cnn-forward", "cnn_forward", "cnn_forward", "cnn, x"),
        ("cnn-parameters", "counting", "cnn_parameters", ""),
        (
            "training-step",
            "training_step",
            "training_step",
            "model, criterion, optimizer, x, labels",
        ),
        ("evaluation", "evaluation", "evaluate", "model, criterion, loader"),
    )
}
HALF_MENDED = {
    "repair-preparation": homework_but("repair-preparation", "momentum=0.9", "momentum=0"),
    "repair-loop": homework_but("repair-loop", "    model.eval()\n", ""),
}
ENDLESS_STEP = homework_but(
    "training-step", "    loss.backward()\n", "    while True:\n        loss.detach()\n"
)
