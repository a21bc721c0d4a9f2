// The image that a network is given: chosen, drawn, or a file of one's own; moved by pixels.
import {button, h, newId, numbersOf, slider} from "./dom.js";
import {shifted, size} from "./ops.js";
import {number, paintImage} from "./paint.js";

const FURTHEST = 8; // pixels that an image can be moved by
const COLOURS = ["red", "green", "blue"];

// Radio buttons with the example images; `onchoose` is told the number of one.
export function gallery(legend, {images, checked = 0, onchoose}) {
  const name = newId("images");
  const choices = images.labels.map((label, i) => {
    const canvas = h("canvas", {"aria-hidden": "true"}), title = images.classes[label];
    paintImage(canvas, imageOf(images, i), images.shape);
    const input = h("input", {type: "radio", name, value: i, checked: i === checked,
      "aria-label": `${title}, picture ${i + 1}`, onchange: () => onchoose(i)});
    return h("label", {title}, input, canvas);
  });
  return h("fieldset", {class: "gallery"}, h("legend", {}, legend), h("div", {class: "choices"}, ...choices));
}

export function imageOf({pixels, shape}, i) {
  return pixels.subarray(i * size(shape), (i + 1) * size(shape));
}

export class Picture {
  // `onchange` is called after the image changed, was painted on or moved.
  constructor(images, onchange) {
    Object.assign(this, {images, onchange, shape: images.shape, down: 0, right: 0, cursor: [16, 16]});
    this.image = imageOf(images, 0).slice();
    this.canvas = h("canvas", {tabindex: 0, role: "application", class: "picture"});
    this.marks = h("div", {class: "marks"});
    this.colour = h("input", {type: "color", id: newId("colour"), value: "#ffd000"});
    this.brush = 3;
    const brush = slider("Brush", {min: 1, max: 7, value: 3}, (to) => { this.brush = to; }, (n) => `${n} pixels`);
    const file = h("input", {type: "file", accept: "image/*", id: newId("file"), onchange: () => this.open(file.files[0])});
    this.told = h("p", {class: "told", role: "status"});
    const move = (text, axis) => slider(text, {min: -FURTHEST, max: FURTHEST, value: 0},
      (to) => { this[axis] = to; this.changed(); }, (n) => `${number(n, 0)} pixels`);
    this.sliders = {right: move("Move to the right", "right"), down: move("Move down", "down")};
    this.numbers = numbersOf("Numbers of the image", {
      maps: this.shape[0], rows: this.shape[1], columns: this.shape[2], mapName: (map) => COLOURS[map],
      read: (map) => this.now().subarray(map * this.plane, (map + 1) * this.plane),
    });
    this.gallery = gallery("Choose an image", {images, onchoose: (i) => this.choose(i)});
    this.element = h("div", {class: "image"},
      h("div", {class: "frame"}, this.canvas, this.marks),
      this.sliders.right.element, this.sliders.down.element,
      this.gallery,
      h("details", {class: "draw"}, h("summary", {}, "Draw, or take a file of your own"),
        h("p", {}, "Draw with the mouse or a finger; or with the arrow keys and, to paint, the space bar."),
        h("div", {class: "slider"}, h("label", {for: this.colour.id}, "Colour"), this.colour), brush.element,
        button("Empty sheet", () => { this.image.fill(0.5); this.changed(); }),
        h("div", {class: "slider"}, h("label", {for: file.id}, "File"), file), this.told),
      this.numbers.element);
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.canvas.addEventListener("pointerdown", (event) => this.stroke(event));
    this.canvas.addEventListener("pointermove", (event) => { if (event.buttons) this.stroke(event); });
    this.canvas.addEventListener("focus", () => this.showCursor());
    this.canvas.addEventListener("blur", () => this.showCursor());
    this.moved = this.image;
  }

  get plane() {
    return this.shape[1] * this.shape[2];
  }

  // The image as the network is given it.
  now() {
    return this.moved;
  }

  choose(i) {
    this.image.set(imageOf(this.images, i));
    this.changed();
  }

  reset() {
    for (const axis of ["right", "down"]) {
      this[axis] = 0;
      this.sliders[axis].set(0);
    }
    const checked = this.gallery.querySelector("input:checked") ?? this.gallery.querySelector("input");
    checked.checked = true;
    this.choose(Number(checked.value));
  }

  changed() {
    this.moved = this.down || this.right ? shifted(this.image, this.shape, this.down, this.right) : this.image;
    this.onchange();
  }

  draw() {
    paintImage(this.canvas, this.now(), this.shape);
    this.numbers.fill();
    const [row, column] = this.cursor, at = row * this.shape[2] + column;
    const rgb = COLOURS.map((name, c) => `${name} ${number(this.now()[c * this.plane + at], 2)}`);
    this.canvas.setAttribute("aria-label",
      `The image. Row ${row}, column ${column}: ${rgb.join(", ")}. Arrow keys move, the space bar paints.`);
  }

  mark(marks) {
    this.read = marks;
    this.showCursor();
  }

  showCursor() {
    const [, rows, columns] = this.shape, [row, column] = this.cursor;
    const own = document.activeElement === this.canvas
      ? [{from: [0, row, column], to: [0, row, column], kind: "chosen"}] : [];
    this.marks.replaceChildren(...[...(this.read ?? []), ...own].map(({from, to, kind}) => {
      const mark = h("div", {class: `mark ${kind}`});
      Object.assign(mark.style, {
        left: `${(100 * from[2]) / columns}%`, top: `${(100 * from[1]) / rows}%`,
        width: `${(100 * (to[2] - from[2] + 1)) / columns}%`, height: `${(100 * (to[1] - from[1] + 1)) / rows}%`,
      });
      return mark;
    }));
  }

  onKey(event) {
    const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
    if (!step && event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (step) {
      const inside = (at, n) => Math.min(n - 1, Math.max(0, at));
      this.cursor = [inside(this.cursor[0] + step[0], this.shape[1]), inside(this.cursor[1] + step[1], this.shape[2])];
      this.showCursor();
      this.draw();
    } else this.paint();
  }

  stroke(event) {
    const box = this.canvas.getBoundingClientRect();
    const at = (offset, length, n) => Math.min(n - 1, Math.max(0, Math.floor((offset / length) * n)));
    this.cursor = [at(event.clientY - box.top, box.height, this.shape[1]), at(event.clientX - box.left, box.width, this.shape[2])];
    this.paint();
  }

  // A round spot of the brush's size at the cursor, on the image as it lies there now.
  paint() {
    const [, rows, columns] = this.shape, [y, x] = this.cursor, reach = this.brush / 2;
    const rgb = [1, 3, 5].map((at) => parseInt(this.colour.value.slice(at, at + 2), 16) / 255);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        if ((row + this.down - y) ** 2 + (column + this.right - x) ** 2 >= reach ** 2) continue;
        rgb.forEach((value, c) => { this.image[c * this.plane + row * columns + column] = value; });
      }
    this.changed();
  }

  // The middle square of a picture file, made small.
  async open(file) {
    if (!file) return;
    let bitmap;
    try {
      bitmap = await createImageBitmap(file);
    } catch {
      this.told.textContent = `${file.name} is not a picture that this browser can read. Take a PNG or JPEG file.`;
      return;
    }
    const [, rows, columns] = this.shape, side = Math.min(bitmap.width, bitmap.height);
    const small = h("canvas", {width: columns, height: rows}), pen = small.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, columns, rows);
    const {data} = pen.getImageData(0, 0, columns, rows);
    for (let place = 0; place < this.plane; place++)
      for (let c = 0; c < 3; c++) this.image[c * this.plane + place] = data[4 * place + c] / 255;
    this.told.textContent = `${file.name}, ${columns}×${rows} pixels from the middle.`;
    this.changed();
  }
}
