// The maps of every layer of a network, live; one number at a time is selected.
import {h, numbersOf} from "./dom.js";
import {indexOf, placeOf, planes} from "./ops.js";
import {cornerOf, largestOf, layout, number, paintImage, paintMaps, placeAt} from "./paint.js";

const LARGEST_CELL = 14; // pixels of the screen for one number, at most
const LETTERS = ["red", "green", "blue"];

const sides = ([rows, columns]) => `${rows}×${columns}`;
const doing = {
  conv: (op) => `convolution ${sides(op.side)}${strides(op)}`,
  transposed: (op) => `transposed convolution ${sides(op.side)}${strides(op)}`,
  linear: () => "fully connected",
  scale: () => "batch normalisation",
  max: (op) => `max-pooling ${sides(op.side)}`,
  mean: (op) => `average pooling ${sides(op.side)}`,
  relu: () => "ReLU",
  sigmoid: () => "sigmoid",
};
function strides(op) {
  return (op.stride[0] > 1 ? `, stride ${op.stride[0]}` : "")
    + (op.padding[0] ? `, padding ${op.padding[0]}` : "");
}
export const shapeText = (shape) => shape.join("×");

// Where a number stands, in words; counted from 0, as in PyTorch.
export function placeText(shape, index, isImage = false) {
  const [map, row, column] = placeOf(shape, index);
  if (shape.length !== 3) return `unit ${index}`;
  return `${isImage ? LETTERS[map] : `map ${map}`}, row ${row}, column ${column}`;
}

export class Layers {
  // `onselect` is told {layers, k, index}, where k is -1 for the input, and whether Enter was pressed. `inputName` shows the input,
  // too, in maps of `inputWidth` places beside each other.
  constructor(net, {onselect, inputName = null, inputWidth = 120, outputIsImage = false}) {
    Object.assign(this, {net, onselect});
    this.figures = [];
    this.places = new Map();
    this.element = h("div", {class: "layers"});
    if (inputName) this.add(-1, inputName, "", false, inputWidth);
    net.operations.forEach((op, k) => {
      const isImage = outputIsImage && k === net.operations.length - 1;
      if (op.kind !== "reshape") this.add(k, op.name, doing[op.kind](op), isImage);
    });
    const sizes = new ResizeObserver(() => this.fit());
    this.figures.forEach(({frame}) => sizes.observe(frame.parentElement));
  }

  add(k, name, what, isImage, widest) {
    const shape = this.net.shape(k), plan = layout(isImage ? [1, ...shape.slice(1)] : shape, widest);
    const canvas = h("canvas", {tabindex: 0, role: "application", "data-layer": name});
    const marks = h("div", {class: "marks"}), frame = h("div", {class: "frame"}, canvas, marks);
    const range = h("span", {class: "range"});
    const values = () => this.net.values[k + 1];
    const [maps, rows, columns] = planes(shape), plane = rows * columns;
    const isRow = plane === 1;
    const numbers = numbersOf(`Numbers of ${name}`, isRow
      ? {maps: 1, rows: plan.down, columns: plan.across, mapName: () => name, read: () => values()}
      : {maps, rows, columns, mapName: (map) => (isImage ? LETTERS[map] : `map ${map}`),
        read: (map) => values().subarray(map * plane, (map + 1) * plane)});
    const figure = {k, name, shape, plan, canvas, frame, marks, range, numbers, isImage, values};
    this.figures.push(figure);
    canvas.addEventListener("keydown", (event) => this.onKey(figure, event));
    canvas.addEventListener("click", (event) => this.onClick(figure, event));
    this.element.append(h("figure", {class: "layer"},
      h("figcaption", {}, h("strong", {}, name), what ? ` · ${what}` : "", ` · ${shapeText(shape)} `, range),
      frame, numbers.element));
    this.describe(figure);
  }

  figureOf(k) {
    return this.figures.find((figure) => figure.k === k);
  }

  onClick({k, shape, plan, canvas}, event) {
    const box = canvas.getBoundingClientRect();
    const place = placeAt(plan, Math.floor((event.clientX - box.left) / box.width * plan.width),
      Math.floor((event.clientY - box.top) / box.height * plan.height));
    if (place) this.select(k, indexOf(shape, place));
  }

  onKey(figure, event) {
    const moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    const maps = {PageUp: -1, PageDown: 1}[event.key];
    if (moves[event.key]) this.move(figure, ...moves[event.key]);
    else if (maps) this.moveMap(figure, maps);
    else if (event.key === "Enter") this.select(figure.k, this.placeIn(figure.k), true);
    else return;
    event.preventDefault();
  }

  // To the neighbour on the screen: beyond the edge of a map, that of the next map.
  move({k, shape, plan}, right, down) {
    let [x, y] = cornerOf(plan, placeOf(shape, this.placeIn(k))), place;
    do {
      x += right;
      y += down;
      if (x < 0 || y < 0 || x >= plan.width || y >= plan.height) return;
      place = placeAt(plan, x, y);
    } while (!place);
    this.select(k, indexOf(shape, place));
  }

  moveMap({k, shape}, by) {
    const [map, row, column] = placeOf(shape, this.placeIn(k));
    const next = map + by;
    if (next >= 0 && next < shape[0]) this.select(k, indexOf(shape, [next, row, column]));
  }

  // Where the arrow keys have come to in a layer, whichever number is selected now.
  placeIn(k) {
    return this.places.get(k) ?? 0;
  }

  select(k, index, enter = false) {
    this.places.set(k, index);
    const figure = this.figureOf(k);
    if (figure && figure.shape[0] > 1 && figure.plan.rows > 1)
      figure.numbers.choose(placeOf(figure.shape, index)[0]);
    this.onselect({layers: this, k, index}, enter);
  }

  nameOf(k) {
    return this.figureOf(k)?.name ?? "the image";
  }

  // Marks on the maps: [{k, from, to, kind}], from one place to another; kind is "chosen" or "read".
  mark(marks) {
    this.onmark?.(marks.filter(({k}) => k === -1));
    for (const figure of this.figures) {
      const {plan, shape} = figure;
      figure.marks.replaceChildren(...marks.filter(({k}) => k === figure.k).map(({from, to, kind}) => {
        const [x, y] = cornerOf(plan, from), [right, bottom] = cornerOf(plan, to);
        const part = (n, all) => `${(100 * n) / all}%`;
        const mark = h("div", {class: `mark ${kind}`});
        Object.assign(mark.style, {
          left: part(x, plan.width), top: part(y, plan.height),
          width: part(right - x + 1, plan.width), height: part(bottom - y + 1, plan.height),
        });
        return mark;
      }));
      this.describe(figure, shape);
    }
  }

  describe({k, name, shape, canvas, isImage, values}) {
    const index = this.placeIn(k);
    canvas.setAttribute("aria-label",
      `${name}, ${shapeText(shape)} numbers. ${placeText(shape, index, isImage)}: ${number(values()[index])}`);
  }

  draw() {
    for (const {canvas, plan, shape, range, numbers, isImage, values} of this.figures) {
      if (isImage) paintImage(canvas, values(), shape);
      else {
        const largest = largestOf(values());
        paintMaps(canvas, values(), plan, largest);
        range.textContent = `± ${number(largest, 2)}`;
      }
      numbers.fill();
    }
  }

  // Every number as a square of whole pixels, if there is room.
  fit() {
    for (const {canvas, frame, plan} of this.figures) {
      const room = frame.parentElement.clientWidth;
      const cell = Math.min(LARGEST_CELL, Math.floor(room / plan.width) || room / plan.width);
      frame.style.width = `${cell * plan.width}px`;
      canvas.style.height = `${cell * plan.height}px`;
    }
  }
}
