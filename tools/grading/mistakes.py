"""Wrong answers, and code that does harm: what students hand in by mistake or to see what happens.

Each is the source of an exercise's cell; `answers.FIRST` says what would have been right.
"""

from tools.grading.answers import FIRST

# --- wrong answers ---

NO_BIASES = """
def mlp_parameters():
    return {
        "input_layer": 3072 * 256,
        "hidden_layer": 256 * 100,
        "output_layer": 100 * 10,
    }
"""
GREY_IMAGES = """
def mlp_parameters():
    return {
        "input_layer": 32 * 32 * 256 + 256,
        "hidden_layer": 256 * 100 + 100,
        "output_layer": 100 * 10 + 10,
    }
"""
SIZES_KEPT = """
def cnn_shapes():
    return {
        "conv1": (8, 32, 32),
        "pool1": (8, 16, 16),
        "conv2": (16, 16, 16),
        "pool2": (16, 8, 8),
        "fc1": (256,),
        "logits": (10,),
    }
"""
COLOURS_FORGOTTEN = """
def cnn_parameters():
    return {
        "conv1": 8 * 5 * 5 + 8,
        "conv2": 16 * 5 * 5 + 16,
        "fc1": 16 * 5 * 5 * 256 + 256,
        "logits": 256 * 10 + 10,
    }
"""
RELU_AT_THE_END = FIRST["encoder"].replace("return self.conv3(x)", "return F.relu(self.conv3(x))")
STRIDE_FORGOTTEN = FIRST["encoder"].replace(
    "out_c2, kernel_size=4, stride=2", "out_c2, kernel_size=4"
)
NO_RETURN = FIRST["encoder"].replace("return self.conv3(x)", "x = self.conv3(x)")
MISSPELT = FIRST["encoder"].replace("F.relu(self.conv1(x))", "F.rellu(self.conv1(x))")
SYNTAX_ERROR = FIRST["encoder"].replace("def forward(self, x):", "def forward(self, x)")
BACKWARDS = FIRST["interpolation"].replace(
    "(1 - alpha) * start + alpha", "alpha * start + (1 - alpha)"
)
END_MISSING = """
def interpolate(start, end, n_steps=8):
    return torch.stack([start + i / n_steps * (end - start) for i in range(n_steps)])
"""
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
REFERENCE_TAKEN = 'ConvEncoder = wu.use_solution("ConvEncoder")'
ALL_WRONG = {
    "mlp-parameters": GREY_IMAGES,
    "cnn-shapes": SIZES_KEPT,
    "cnn-parameters": COLOURS_FORGOTTEN,
    "encoder": RELU_AT_THE_END,
    "interpolation": BACKWARDS,
    "latent-line": PIXELS_BLENDED,
}

# --- code that does not end, or ends too much ---

ENDLESS = "while True:\n    pass\n"
STUBBORN = """
while True:
    try:
        while True:
            pass
    except KeyboardInterrupt:
        pass
"""
ENDLESS_FORWARD = FIRST["encoder"].replace(
    "return self.conv3(x)", "while True:\n            x = x + 0"
)
SLEEPING = "import time\ntime.sleep(3600)\n" + FIRST["mlp-parameters"]
EXCEPTION = 'raise RuntimeError("I have tried everything")\n' + FIRST["cnn-shapes"]
KERNEL_EXIT = FIRST["encoder"] + "\nimport os\nos._exit(1)\n"
SEGFAULT = """
import ctypes

def interpolate(start, end, n_steps=8):
    return ctypes.string_at(0)
"""

# --- code that takes too much ---

HOG = """
hoard = []
while True:
    hoard.append(torch.ones(10_000_000))
"""
HOG_IN_FUNCTION = """
def interpolate(start, end, n_steps=8):
    points = [start]
    while True:
        points += [point + 0 for point in points]
"""
MANY_PROCESSES = (
    FIRST["encoder"]
    + """
import subprocess, sys
for _ in range(10):  # each outlives its parent
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
"""
)
MANY_THREADS = (
    FIRST["cnn-shapes"]
    + """
import threading, time
for _ in range(50):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
"""
)
FLOOD = 'while True:\n    print("here I am " * 1000)\n'
NOISY = (
    FIRST["encoder"]
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

# --- code that looks at, or changes, what it should not ---

WRITES_AND_DELETES = (
    FIRST["cnn-shapes"]
    + """
import os
for name in os.listdir("."):
    os.remove(name)
for i in range(100):
    open(f"file{i}.ipynb", "w").write("no notebook")
"""
)
CHANGES_GRADEBOOK = (
    GREY_IMAGES
    + """
import os, sqlite3
from pathlib import Path
for folder in (Path("../../.."), Path(os.environ["WORKSHOP_DATA"]).parent):
    if (folder / "gradebook.db").exists():
        db = sqlite3.connect(folder / "gradebook.db")
        db.execute("UPDATE grade SET auto_score = 100, manual_score = 100")
        db.execute("UPDATE source_cell SET source = 'print(1)' WHERE name LIKE 'check%'")
        db.commit()
        db.close()
"""
)
LOOKS_AT_OTHERS = (
    FIRST["cnn-shapes"]
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
FROM_HELPER = "from helper import ConvEncoder\n"
"""Needs a file of its own, helper.py."""
