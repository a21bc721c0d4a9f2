"""Answers to the graded exercises, as sources of their cells: right, wrong, harmful ones."""

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


def altered(exercise: str, old: str, new: str) -> str:
    """A right answer with a mistake in it."""
    assert old in RIGHT[exercise]
    return RIGHT[exercise].replace(old, new)


# --- wrong answers ---

GREY_IMAGES = altered("mlp-parameters", "3072", "1024")
COLOURS_FORGOTTEN = altered("cnn-parameters", "3 * 8 *", "8 *").replace("8 * 16 *", "16 *")
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
    "cnn-parameters": COLOURS_FORGOTTEN,
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
