"""A student in JupyterLab, in a notebook and inside a network: pytest -m browser tests/browser."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

from tools.handout import pack
from tools.notebooks import build

pytestmark = pytest.mark.browser
NOTEBOOK = "03_autoencoder.ipynb"
ENCODER = """class ConvEncoder(nn.Module):
    def __init__(self, out_c1, out_c2, embedding_dim):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, out_c1, 4, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(out_c1, out_c2, 4, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(out_c2, embedding_dim, 4, stride=2, padding=1),
        )

    def forward(self, x):
        return self.layers(x)"""
LINES = """import torch
import workshop_utils as wu
torch.manual_seed(0)
images = torch.rand(4, 3, 32, 32)
wu.explore_lines(wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32), images, list("abcd"))"""
INSIDE = """import workshop_utils as wu
wu.look_inside(wu.BasicConvNet(8, 16, 256))"""
WITH_A_THIRD_RELU = ENCODER.replace("self.layers(x)", "torch.relu(self.layers(x))")
SETTINGS = {
    # All cells are in the page, also those out of sight; and no question about news.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
COLOURS = """image => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  const pixels = new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return new Set(pixels).size;
}"""


@pytest.fixture(params=["workbook", "handout"])
def workbook(request, tmp_path):
    """The folder of the workbook, or one into which a student has unpacked the handout."""
    if request.param == "workbook":
        return build.ROOT
    handout, _solutions = pack.pack(tmp_path)
    shutil.unpack_archive(handout, tmp_path)
    return tmp_path / pack.NAME


@pytest.fixture
def lab(tmp_path, workbook):
    """JupyterLab on this computer alone, with three notebooks; name of a notebook -> address."""
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(workbook / "notebooks" / NOTEBOOK, work)
    for name, code in (("slider", LINES), ("inside", INSIDE)):
        notebook = new_notebook(cells=[new_code_cell(code)], metadata=build.METADATA)
        nbformat.write(notebook, work / f"{name}.ipynb")
    for name, setting in SETTINGS.items():
        file = tmp_path / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(setting), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex()
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"),
        "JUPYTER_TOKEN": token,
        "PYTHONPATH": str(workbook),
        "WORKSHOP_PROGRESS": "1",  # with sliders
    }
    del environment["MPLBACKEND"]  # figures are to be shown
    options = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    log = (tmp_path / "lab.log").open("w", encoding="utf-8")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", *options],
        cwd=work,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/api", server, Path(log.name))
        yield lambda name: f"http://127.0.0.1:{port}/lab/tree/{name}?token={token}"
    finally:
        server.terminate()  # shuts its kernels down, too
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


def _wait_until_up(address, server, log):
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')}")


class Student:
    """What a student does with a notebook, once it is open and its kernel ready."""

    def __init__(self, page, address):
        self.page = page
        page.goto(address)
        self.wait()

    def wait(self):
        """Until the kernel has nothing more to do."""
        self.page.wait_for_function("document.body.innerText.includes('| Idle')", timeout=60_000)

    def cell(self, text):
        return self.page.locator(".jp-Notebook .jp-CodeCell").filter(has_text=text)

    def choose(self, menu, entry):
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()

    def answer(self, check):
        """What a check said when it was run last."""
        self.wait()
        return check.get_by_role("status").inner_text()

    def run_all(self):
        self.choose("Run", "Run All Cells")
        self.wait()

    def type_into(self, cell, code):
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Shift+Enter")

    def run(self, cell):
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")


@pytest.fixture
def page(chromium):
    context = chromium.new_context(viewport={"width": 1366, "height": 900})
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def test_a_student_gets_an_answer_on_a_wrong_encoder_and_goes_on_with_a_right_one(page, lab):
    student = Student(page, lab(NOTEBOOK))
    stub = student.cell("class ConvEncoder(nn.Module)")
    check = student.cell("wu.check_encoder")

    student.run_all()
    assert "✗ Not written yet" in student.answer(check)
    assert "The notebook stops here" in check.inner_text()
    assert "Traceback (most recent call last)" not in page.locator("body").inner_text()
    assert student.cell("wu.draw_autoencoder").locator(".jp-OutputArea-output").count() == 0

    student.type_into(stub, WITH_A_THIRD_RELU)
    student.run(check)
    assert re.search("✗ The ReLU after the third", student.answer(check))

    student.type_into(stub, ENCODER)
    student.run(check)
    assert "✓" in student.answer(check)

    student.cell("wu.draw_autoencoder").locator(".cm-content").click()
    student.choose("Run", "Run Selected Cell and All Below")
    figures = ("wu.draw_autoencoder", '"reconstruction": reconstructions')
    for drawn_by in figures:
        figure = student.cell(drawn_by).locator("img")
        figure.wait_for(timeout=100_000)
        assert figure.evaluate(COLOURS) > 50, drawn_by
    # Further down, the notebook waits for the next answer.
    next_exercise = student.cell("Exercise 3.2: replace").locator(".jp-OutputArea")
    expect(next_exercise).to_contain_text("NotImplementedError: Exercise 3.2", timeout=60_000)


def test_a_student_walks_between_two_images_with_the_keyboard(page, lab):
    student = Student(page, lab("slider.ipynb"))
    student.run_all()

    picture = page.get_by_alt_text("blend of pixels")
    error = page.get_by_text("squared error between the two")
    slider = page.get_by_role("slider")
    slider.wait_for(timeout=60_000)
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 32
    in_the_middle, its_error = picture.get_attribute("src"), error.inner_text()

    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", in_the_middle)
    expect(error).not_to_have_text(its_error)
    page.keyboard.press("ArrowLeft")
    expect(picture).to_have_attribute("src", in_the_middle)

    page.get_by_label("to", exact=True).select_option("4: d")
    expect(picture).not_to_have_attribute("src", in_the_middle)


def test_a_student_looks_inside_a_network(page, lab):
    student = Student(page, lab("inside.ipynb"))
    student.run_all()

    inside = page.frame_locator(".jp-OutputArea iframe")
    scores = inside.locator(".scores tbody tr")
    expect(scores).to_have_count(10, timeout=60_000)
    inside.get_by_label("Move to the right").press("ArrowRight")
    expect(inside.locator(".moves tbody tr").first).to_contain_text("1 and 0")
