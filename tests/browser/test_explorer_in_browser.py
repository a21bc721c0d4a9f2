"""The page on which networks can be looked into, in Chromium with the network cut."""

import re

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from playwright.sync_api import expect

import workshop_utils as wu
from tools.measuring import bench
from tools.pages import explorer
from workshop_utils.images.dataset import CIFAR10
from workshop_utils.inside.examples import examples_for
from workshop_utils.inside.page import to_page
from workshop_utils.settings import Settings

pytestmark = pytest.mark.browser
LAPTOP, DESKTOP = {"width": 1366, "height": 768}, {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}
NEAR = 1e-4

# All numbers of a network by the names of its steps, as text that is quick to read.
VALUES = """(net) => Object.fromEntries(net.operations.map(
  (op, k) => [op.name, Array.from(net.values[k + 1])]))"""
NETWORK = f"() => ({VALUES})(inside.network.net)"


@pytest.fixture(scope="module")
def networks():
    """The workbook's own, loaded as the explorer loads them."""
    settings = Settings.from_environment({"WORKSHOP_RUNS": "nowhere"})
    with torch.random.fork_rng():
        cnn = wu.BasicConvNet(8, 16, 256)
        encoder, decoder = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
    subjects = (
        explorer.load("cnn", settings, model=cnn),
        explorer.load("autoencoder", settings, encoder=encoder, decoder=decoder),
    )
    return cnn, encoder, decoder, to_page(*subjects)


@pytest.fixture(scope="module")
def images():
    return examples_for(CIFAR10).images / 255


@pytest.fixture
def page(chromium, networks, tmp_path, request):
    file = tmp_path / "explorer.html"
    file.write_text(networks[-1], encoding="utf-8")
    choices = {"viewport": LAPTOP, **getattr(request, "param", {})}
    context = chromium.new_context(offline=True, **choices)
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: wrong.append(asked.url) if asked.url[:4] == "http" else None)
    page.goto(file.as_uri())
    yield page
    context.close()
    assert wrong == []


def differ(ours, theirs):
    ours, theirs = torch.as_tensor(ours), theirs.detach().flatten()
    assert ours.shape == theirs.shape
    return (ours - theirs).abs().max()


def largest_difference(values, model, x):
    """Of all that the steps of a network hand on, those that have no layer of their own, too."""
    outputs = wu.layer_outputs(model, x)
    relus = iter([name for name in values if name.startswith("relu")])
    found = []
    for name, output in outputs.items():
        found.append(differ(values[name], output))
        if name.startswith(("conv", "deconv", "fc")) and (after := next(relus, None)):
            found.append(differ(values[after], F.relu(output)))
    with torch.no_grad():
        found.append(differ([*values.values()][-1], model(x)))
    assert len(found) >= len(values)
    return max(found)


def shown(number, digits=3):
    """A number as the page writes it."""
    return f"{number:.{digits}f}".replace("-", "−")


def tab_to(page, selector, backwards=False):
    """Go on with the Tab key until something has the focus."""
    for _ in range(150):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if page.evaluate("(what) => document.activeElement.matches(what)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with the Tab key")


def wait_for_frame(page):
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


# --- the numbers ---


def test_all_numbers_of_all_images_are_those_of_pytorch(page, networks, images):
    cnn = networks[0]
    for i in range(len(images)):
        page.evaluate("(i) => { inside.network.picture.choose(i); inside.network.draw(); }", i)
        assert largest_difference(page.evaluate(NETWORK), cnn, images[[i]]) < NEAR


def test_codes_blends_pictures_and_errors_are_those_of_pytorch(page, networks, images):
    _cnn, encoder, decoder, _page = networks
    for first, second, alpha in ((0, 29, 0.5), (3, 17, 0.0), (8, 8, 1.0), (5, 23, 0.37)):
        found = page.evaluate(
            f"""([first, second, alpha]) => {{
              const view = inside.autoencoder;
              Object.assign(view, {{ends: [first, second], alpha}});
              view.draw();
              return [Array.from(view.code), view.shown.map((x) => Array.from(x)),
                      ({VALUES})(view.encoder), ({VALUES})(view.decoder)];
            }}""",
            [first, second, alpha],
        )
        code, (plain, decoded), encoding, decoding = found
        pair = images[[first, second]]
        with torch.no_grad():
            codes = encoder(pair)
            blend = ((1 - alpha) * codes[0] + alpha * codes[1])[None]
            expected = decoder(blend)[0]
            own = wu.squared_error(wu.reconstruct(encoder, decoder, pair), pair)
        between = (1 - alpha) * pair[0] + alpha * pair[1]
        assert differ(code, blend) < NEAR
        assert differ(plain, between) < NEAR
        assert differ(decoded, expected) < NEAR
        assert largest_difference(encoding, encoder, pair[:1]) < NEAR
        assert largest_difference(decoding, decoder, blend) < NEAR
        for name, error in (
            ("pictures", wu.squared_error(between[None], expected[None])[0]),
            ("first", own[0]),
            ("second", own[1]),
        ):
            told = page.locator(f"[data-error={name}]").text_content()
            assert float(told) == pytest.approx(error.item(), abs=0.06)


def test_a_changed_filter_changes_all_that_follows_and_is_put_back(page, networks, images):
    cnn = wu.BasicConvNet(8, 16, 256)
    cnn.load_state_dict(networks[0].state_dict())
    before = page.evaluate(NETWORK)
    for name, map_ in (("conv1", 7), ("conv2", 3)):
        k = [*before].index(name)
        index = page.evaluate("([k, map]) => map * inside.network.net.shape(k)[1] ** 2", [k, map_])
        page.evaluate("([k, index]) => inside.network.layers.select(k, index)", [k, index])
        page.locator("#network .inspector [role=gridcell]").nth(6).click()
        slider = page.locator("#network .editor input")
        slider.evaluate("(x) => { x.value = 0.75; x.dispatchEvent(new Event('input')); }")
        wait_for_frame(page)
        with torch.no_grad():
            getattr(cnn, name).weight[map_, 0, 1, 1] = 0.75
        values = page.evaluate(NETWORK)
        assert largest_difference(values, cnn, images[:1]) < NEAR
        assert values["logits"] != before["logits"]
    page.get_by_role("button", name="Filter to zero").click()
    wait_for_frame(page)
    assert set(page.evaluate(NETWORK)["conv2"][300:400]) == {0}
    page.locator("#network .editor").get_by_role("button", name="As it was learnt").click()
    wait_for_frame(page)
    with torch.no_grad():
        cnn.conv2.weight.copy_(networks[0].conv2.weight)
    assert largest_difference(page.evaluate(NETWORK), cnn, images[:1]) < NEAR
    page.locator("#network .reset").click()
    wait_for_frame(page)
    assert page.evaluate(NETWORK) == before


# --- what is written about them ---


@pytest.mark.parametrize(
    ("layer", "place"),
    [("conv1", (2, 11, 5)), ("relu1", (7, 0, 27)), ("relu1", (3, 10, 13)), ("pool1", (1, 6, 13)),
     ("conv2", (9, 4, 4)), ("pool2", (4, 2, 1)), ("fc1", (200,)), ("logits", (3,))],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_click_shows_how_a_number_comes_about(page, networks, images, layer, place):
    cnn, x = networks[0], images[:1]
    outputs = wu.layer_outputs(cnn, x)
    outputs |= {f"relu{i}": F.relu(outputs[f"conv{i}"]) for i in (1, 2)}
    value = outputs[layer][0][place].item()
    index = sum(n * m for n, m in zip(place, outputs[layer][0].stride(), strict=True))
    x_, y_ = page.evaluate(
        """([name, index]) => {
          const {canvas, plan, shape} = inside.network.layers.figures.find((f) => f.name === name);
          canvas.scrollIntoView({block: "center"});
          const [map, row, column] = shape.length === 3
            ? [Math.floor(index / shape[1] / shape[2]), Math.floor(index / shape[2]) % shape[1],
               index % shape[2]] : [index, 0, 0];
          const box = canvas.getBoundingClientRect(), cell = box.width / plan.width;
          return [
            box.left + ((map % plan.across) * (plan.columns + plan.gap) + column + 0.8) * cell,
            box.top + (Math.floor(map / plan.across) * (plan.rows + plan.gap) + row + 0.8) * cell];
        }""",
        [layer, index],
    )
    page.mouse.click(x_, y_)
    where = f"unit {place[0]}" if len(place) == 1 else "map {}, row {}, column {}".format(*place)
    expect(page.locator("#network .status")).to_have_text(f"{layer}, {where}: {shown(value)}")
    chosen = page.locator(f"#network [data-step={layer}]")
    expect(chosen).to_have_class(re.compile("chosen"))
    text = chosen.inner_text()
    if layer.startswith("relu"):
        before = outputs[layer.replace("relu", "conv")][0][place].item()
        assert f"max(0, {shown(before)}) = {shown(value)}" in text
    elif layer.startswith("pool"):
        map_, row, column = place
        relu = F.relu(outputs[layer.replace("pool", "conv")])[0, map_]
        window = relu[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].flatten()
        cells = chosen.locator("td").all_text_contents()
        assert cells == [shown(each) for each in window.tolist()]
        assert f"here number {int(window.argmax()) + 1}" in text
        expect(chosen.locator("td.marked")).to_have_text(shown(value))
    else:
        bias = getattr(cnn, layer).bias[place[0]].item()
        assert f"products {shown(value - bias)}" in text
        assert f"{shown(abs(bias))} bias" in text
        assert f"= {shown(value)}" in text
    if layer == "conv1":
        map_, row, column = place
        window = x[0, :, row : row + 5, column : column + 5]
        weight = cnn.conv1.weight[map_]
        for name, numbers in (("window", window), ("products", window * weight)):
            for channel, colour in enumerate(("red", "green", "blue")):
                table = chosen.get_by_label(f"{name}, {colour}", exact=True)
                texts = table.locator("td").all_text_contents()
                expected = numbers[channel].flatten().tolist()
                assert [float(each.replace("−", "-")) for each in texts] == pytest.approx(
                    expected, abs=0.0051
                )
    if layer == "fc1":
        products = outputs["pool2"][0].flatten() * cnn.fc1.weight[place[0]]
        strongest = products[products.abs().argmax()].item()
        assert chosen.locator("tbody tr").first.locator("td").last.text_content() == shown(
            strongest
        )


def test_of_a_number_that_pooling_leaves_it_is_said_that_another_is_taken(page, images, networks):
    relu = F.relu(wu.layer_outputs(networks[0], images[:1])["conv1"])[0, 7]
    windows = relu.unfold(0, 2, 2).unfold(1, 2, 2).flatten(2)  # 14×14×4
    row, column = divmod(int((windows.amax(2) - windows.amin(2)).argmax()), 14)
    window = windows[row, column]
    for number, said in ((int(window.argmax()), False), (int(window.argmin()), True)):
        index = (7 * 28 + 2 * row + number // 2) * 28 + 2 * column + number % 2
        page.evaluate("(index) => inside.network.layers.select(0, index)", index)
        text = page.locator("#network [data-step=pool1]").inner_text()
        assert ("not the one above" in text) == said


def test_scores_and_probabilities_are_written_down(page, networks, images):
    page.get_by_label("Move to the right").fill("3")
    wait_for_frame(page)
    with torch.no_grad():
        scores = networks[0](wu.shift(images[:1], right=3))[0]
    rows = page.locator("#network .scores tbody tr")
    for i, (score, probability) in enumerate(zip(scores, scores.softmax(dim=0), strict=True)):
        texts = rows.nth(i).locator("td").all_text_contents()
        assert texts[-2:] == [shown(score.item(), 2), f"{shown(100 * probability.item(), 1)} %"]
    expect(page.locator("#network .scores .best")).to_have_count(1)
    expect(rows.nth(int(scores.argmax()))).to_have_class("best")


def test_behind_every_picture_there_is_a_table_of_its_numbers(page, images):
    canvases = page.locator("main canvas:not(.choices canvas)").count()
    tables = page.locator("details.numbers")
    assert tables.count() == canvases > 20
    for table in tables.all():
        table.locator("summary").click()
        expect(table.locator("tbody td").nth(9)).not_to_be_empty()
    of_image = page.locator(".image details.numbers td")
    expect(of_image.nth(40)).not_to_be_empty()
    row = page.locator(".image details.numbers tbody tr").nth(5).locator("td").all_text_contents()
    assert row == [shown(value) for value in images[0, 0, 5].tolist()]


def test_maps_move_along_with_the_image(page, networks, images):
    right = page.get_by_label("Move to the right")
    right.fill("3")
    page.get_by_label("Move down").fill("-4")
    wait_for_frame(page)
    moved = wu.shift(images[:1], down=-4, right=3)
    assert largest_difference(page.evaluate(NETWORK), networks[0], moved) < NEAR
    rows = {
        cells[0]: cells[1:]
        for row in page.locator(".moves tbody tr").all()
        for cells in [row.locator("th, td").all_text_contents()]
    }
    assert rows["conv1"][:2] == ["3 and −4", "0 %"]
    assert rows["pool1"][:2] == ["1.50 and −2", "between two places"]
    assert int(rows["conv1"][2].split()[0]) > 5
    right.fill("4")
    wait_for_frame(page)
    cells = page.locator(".moves tbody tr", has_text="pool1").locator("td")
    assert cells.all_text_contents()[:2] == ["2 and −2", "0 %"]


# --- an image of one's own ---


def test_a_file_becomes_the_image(page, tmp_path):
    picture = Image.new("RGB", (64, 96), (255, 0, 0))
    picture.paste((0, 51, 255), (0, 16, 64, 80))  # the square in the middle
    picture.save(tmp_path / "own.png")
    page.get_by_text("Draw, or take a file").click()
    page.get_by_label("File").set_input_files(tmp_path / "own.png")
    expect(page.locator(".told")).to_have_text("own.png, 32×32 pixels from the middle.")
    wait_for_frame(page)
    colours = page.evaluate("[0, 1, 2].map((c) => inside.network.net.values[0][c * 1024 + 500])")
    assert colours == pytest.approx([0, 0.2, 1], abs=0.01)
    page.get_by_label("File").set_input_files(
        {"name": "no.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    expect(page.locator(".told")).to_contain_text("no.png is not a picture")


def test_the_mouse_draws(page):
    box = page.locator("canvas.picture").bounding_box()
    cell = box["width"] / 32
    page.mouse.move(box["x"] + 8.5 * cell, box["y"] + 20.5 * cell)
    page.mouse.down()
    page.mouse.move(box["x"] + 12.5 * cell, box["y"] + 20.5 * cell, steps=8)
    page.mouse.up()
    wait_for_frame(page)
    red = "(x) => inside.network.net.values[0][20 * 32 + x]"
    assert [page.evaluate(red, x) for x in (8, 10, 12)] == [1, 1, 1]


# --- the keyboard alone ---


def test_the_network_is_worked_with_the_keyboard_alone(page):
    before = page.evaluate(NETWORK)["logits"]
    tab_to(page, "canvas.picture")  # draw
    for key in ("ArrowLeft", "ArrowUp", "ArrowUp", " "):
        page.keyboard.press(key)
    wait_for_frame(page)
    assert page.evaluate("inside.network.net.values[0][14 * 32 + 15]") == 1
    tab_to(page, "input[type=range]")  # move
    page.keyboard.press("ArrowRight")
    tab_to(page, "input[type=radio]")  # choose
    page.keyboard.press("ArrowRight")
    wait_for_frame(page)
    drawn = page.evaluate(NETWORK)["logits"]
    assert drawn != before
    tab_to(page, "[data-layer=relu1]")  # reach a number
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "PageDown"):
        page.keyboard.press(key)
    expect(page.locator("#network .status")).to_contain_text("relu1, map 1, row 1, column 2: ")
    label = page.locator("#network [data-layer=relu1]").get_attribute("aria-label")
    assert "map 1, row 1, column 2" in label
    page.keyboard.press("Tab")  # other layers do not take the selection
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")  # choose a weight of its filter
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#network [role=gridcell]:focus")).to_have_attribute(
        "aria-label", re.compile("filter 1, red, row 1, column 1: ")
    )
    tab_to(page, "#network .editor input")  # change it
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    wait_for_frame(page)
    assert page.evaluate(NETWORK)["logits"] != drawn
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.layer") == "relu1"
    tab_to(page, ".reset", backwards=True)  # and put everything back
    page.keyboard.press("Enter")
    wait_for_frame(page)
    assert page.evaluate("[inside.network.picture.right, inside.network.net.isChanged(0)]") == [
        0,
        False,
    ]
    tab_to(page, "[data-layer=conv1] ~ * summary, .layer summary")
    page.keyboard.press("Enter")
    expect(page.locator(".layer details[open] td").nth(100)).to_be_attached()  # filled in later


def test_the_bench_is_worked_with_the_keyboard_alone(page):
    formula = page.locator("#bench .formula")
    expect(formula).to_contain_text("⌊(6 + 2·1 − 3) / 2⌋ + 1 = 3")
    assert page.locator("#bench td.left").count() > 10
    tab_to(page, "#bench input[type=radio]")
    for value, key in (
        ("5", "ArrowLeft"),
        ("4", "ArrowRight"),
        ("1", "ArrowLeft"),
        ("0", "ArrowLeft"),
    ):
        page.keyboard.press("Tab")
        page.keyboard.press(key)
        expect(page.locator("#bench input:focus")).to_have_value(value)
    expect(formula).to_contain_text("⌊(5 + 2·0 − 4) / 1⌋ + 1 = 2")
    assert page.locator("#bench td.left").count() == 0
    tab_to(page, "#bench [role=gridcell]")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#bench .equation")).to_contain_text("Row 1, column 0: ")
    tab_to(page, "#bench input[type=radio]", backwards=True)
    page.keyboard.press("ArrowDown")
    expect(formula).to_contain_text("(5 − 1)·1 − 2·0 + 4 = 8")
    sides = page.locator("#bench figcaption").all_text_contents()
    assert sides == ["input, 5×5", "filter, 4×4", "output, 8×8"]


def test_the_autoencoder_is_worked_with_the_keyboard_alone(page):
    error = page.locator("[data-error=pictures]")
    before = error.text_content()
    tab_to(page, "#autoencoder .walk input")
    page.keyboard.press("End")
    wait_for_frame(page)
    assert page.evaluate("inside.autoencoder.alpha") == 1
    assert error.text_content() != before
    tab_to(page, "#autoencoder .gallery input")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    wait_for_frame(page)
    assert page.evaluate("inside.autoencoder.ends") == [1, 28]
    label = page.locator("#autoencoder .pair canvas").nth(1).get_attribute("aria-label")
    assert label == "The blend of codes, decoded, from airplane to truck, α = 1.00"
    tab_to(page, "[data-layer=code]", backwards=True)
    picture = "Array.from(inside.autoencoder.shown[1])"
    plain, code = page.evaluate(picture), page.evaluate("Array.from(inside.autoencoder.code)")
    for key in ("PageDown", "ArrowRight", "+", "+"):
        page.keyboard.press(key)
    changed = page.evaluate("Array.from(inside.autoencoder.code)")
    assert [i for i, (a, b) in enumerate(zip(code, changed, strict=True)) if a != b] == [17]
    assert page.evaluate(picture) != plain
    tab_to(page, "#autoencoder .layer .editor button")
    page.keyboard.press("Enter")
    assert page.evaluate(picture) == plain


def test_a_changed_code_is_decoded_as_pytorch_decodes_it(page, networks):
    decoder = networks[2]
    page.evaluate("inside.autoencoder.decoding.select(-1, 100)")
    slider = page.locator("#autoencoder .layer .editor input")
    slider.evaluate("(x) => { x.value = x.max; x.dispatchEvent(new Event('input')); }")
    code, picture, limit = page.evaluate(
        """[Array.from(inside.autoencoder.code), Array.from(inside.autoencoder.shown[1]),
            inside.autoencoder.limit]"""
    )
    assert code[100] == pytest.approx(limit)
    with torch.no_grad():
        assert differ(picture, decoder(torch.tensor(code).reshape(1, 32, 4, 4))) < NEAR


# --- screens ---


@pytest.mark.parametrize(
    "page",
    [{"viewport": size, "color_scheme": scheme} for size in (LAPTOP, DESKTOP, PHONE)
     for scheme in ("light", "dark")],
    indirect=True,
    ids=lambda choices: f"{choices['viewport']['width']}-{choices['color_scheme']}",
)  # fmt: skip
def test_it_fits_the_screen(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    wide = page.evaluate(
        """[...document.querySelectorAll("main canvas, main button, main input, main figcaption")]
          .filter((x) => x.checkVisibility() && x.getBoundingClientRect().right > innerWidth + 1)
          .map((x) => x.outerHTML)"""
    )
    assert wide == []
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (paper == "rgb(255, 255, 255)") != is_dark


def test_it_is_drawn_thirty_times_a_second_or_more(chromium):
    page = chromium.new_page(viewport=LAPTOP)
    seconds = bench.seconds_to_redraw(page, n_rounds=3)
    page.close()
    assert set(seconds) == set(bench.REDRAWN.values())
    assert max(map(min, seconds.values())) < 1 / 30  # a quiet moment of a busy computer


def test_the_page_is_small_and_asks_for_nothing(networks):
    page = networks[-1]
    assert len(page.encode()) < 1_500_000
    assert re.findall(r"""(?:src|href)\s*=(?!"(?:data:|#))|url\(|@import|https?:""", page) == []


def test_in_a_notebook_it_runs_inside_a_frame(chromium, networks, monkeypatch):
    displayed = []
    monkeypatch.setenv("WORKSHOP_PROGRESS", "1")
    monkeypatch.setattr("IPython.display.display", lambda data, **_: displayed.append(data))
    wu.look_inside(networks[0])
    wu.look_inside(*networks[1:3])
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.set_content("".join(data["text/html"] for data in displayed))
    scores = page.frame_locator("iframe").first.locator(".scores tbody tr")
    expect(scores).to_have_count(10)
    errors = page.frame_locator("iframe").last.locator("[data-error]")
    expect(errors.first).to_have_text(re.compile(r"\d+\.\d"))
    context.close()
