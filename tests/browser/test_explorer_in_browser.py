"""The page to walk between images, in Chromium with the network cut."""

import base64

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

import workshop_utils as wu
from tools.pages import explorer

pytestmark = pytest.mark.browser
LAPTOP, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}

# The picture that the page shows, as the bytes of a list of decimal numbers.
IN_CODES = """([first, second, alpha]) => {
  const image = window.explorer.inCodes(first, second, alpha);
  return btoa(String.fromCharCode(...new Uint8Array(image.buffer)));
}"""
FRAMES = """() => {
  const slider = document.getElementById("alpha"), started = performance.now();
  for (let step = 0; step < 60; step++) {
    slider.value = step / 60;
    slider.dispatchEvent(new Event("input"));
  }
  return 60000 / (performance.now() - started);
}"""


@pytest.fixture(scope="module")
def networks():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder, decoder = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    with torch.no_grad():
        for weight in (*encoder.parameters(), *decoder.parameters()):
            weight.mul_(3)  # far from the grey that a new decoder makes of everything
    return encoder, decoder


@pytest.fixture(scope="module")
def images():
    """Pictures of noise, ten of each class in turn."""
    noise = torch.Generator().manual_seed(0)
    pictures = torch.randint(256, (100, 3, 32, 32), generator=noise, dtype=torch.uint8)
    labels = torch.arange(100) % 10
    return wu.ImageData("noise", "", *[pictures, labels] * 3)


@pytest.fixture
def page(chromium, networks, images, tmp_path, request):
    file = tmp_path / "explorer.html"
    file.write_text(explorer.to_page(*networks, images), encoding="utf-8")
    context = chromium.new_context(viewport=getattr(request, "param", LAPTOP), offline=True)
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request", lambda asked: wrong.extend([] if asked.url.startswith("file:") else [asked.url])
    )
    page.goto(file.as_uri())
    yield page
    context.close()
    assert wrong == []


@pytest.mark.parametrize(
    ("first", "second", "alpha"), [(0, 39, 0.5), (3, 17, 0.0), (8, 8, 1.0), (5, 30, 0.37)]
)
def test_the_decoder_in_the_page_computes_what_pytorch_does(
    page, networks, images, first, second, alpha
):
    text = page.evaluate(IN_CODES, [first, second, alpha])
    shown = torch.from_numpy(np.frombuffer(base64.b64decode(text), np.float32).copy())
    encoder, decoder = networks
    chosen = explorer.some_of_each_class(images.validation_labels, explorer.PER_CLASS)
    with torch.no_grad():
        codes = encoder(images.validation_images[chosen][[first, second]] / 255)
        expected = decoder(((1 - alpha) * codes[0] + alpha * codes[1])[None])
    assert expected.std() > 0.02  # no grey
    assert (shown - expected.flatten()).abs().max() < 1e-4


def test_the_error_between_the_pictures_is_the_squared_error(page, networks, images):
    chosen = explorer.some_of_each_class(images.validation_labels, explorer.PER_CLASS)
    pair = images.validation_images[chosen][[0, 39]] / 255
    decoded = wu.latent_line(*networks, *pair, n_steps=3)[1]
    expected = ((pair.mean(dim=0) - decoded) ** 2).sum().item()
    expect(page.locator("#error")).to_have_text(f"{expected:.1f}")


def test_it_is_drawn_thirty_times_a_second_or_more(page):
    assert page.evaluate(FRAMES) > 30


def test_everything_can_be_done_with_the_keyboard(page):
    page.keyboard.press("Tab")
    expect(page.locator("#alpha")).to_be_focused()
    before = page.locator("#error").text_content()
    page.keyboard.press("End")
    expect(page.locator("#alpha-value")).to_have_text("1.00")
    assert page.locator("#error").text_content() != before
    page.keyboard.press("Tab")
    expect(page.locator("input[name=first]").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("input[name=first]").nth(1)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("input[name=second]").nth(38)).to_be_checked()
    words = page.locator("#codes").get_attribute("aria-label")
    assert words == "Codes blended, from airplane to truck, α = 1.00"


@pytest.mark.parametrize("page", [LAPTOP, PHONE], indirect=True, ids=["laptop", "phone"])
def test_it_fits_the_screen_and_shows_pictures_and_slider_at_once(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for name in ("#pixels", "#codes", "#alpha"):
        box = page.locator(name).bounding_box()
        assert box["y"] + box["height"] <= page.viewport_size["height"]
        assert box["width"] > 120
