// A convolution and its transpose on a grid of a few numbers.
import {button, grid, h, newId, slider} from "./dom.js";
import {compute, indexOf, windows} from "./ops.js";
import {largestOf} from "./paint.js";
import {operationOf, sideAfter} from "./sizes.js";

const whole = (value) => String(value).replace("-", "−");
const between = (value) => (value < 0 ? `(${whole(value)})` : whole(value));

export class Bench {
  constructor(box) {
    this.settings = {direction: "forward", n: 6, k: 3, stride: 2, padding: 1};
    this.at = 0;
    this.seed = 1;
    const control = (text, name, min, max) => slider(text, {min, max, value: this.settings[name]},
      (value) => { this.settings[name] = value; this.draw(); }).element;
    const group = newId("direction");
    const directions = [["forward", "convolution"], ["transposed", "transposed convolution"]].map(([value, text]) =>
      h("label", {}, h("input", {type: "radio", name: group, value, checked: value === "forward",
        onchange: () => { this.settings.direction = value; this.draw(); }}), ` ${text}`));
    this.said = h("div", {class: "said", role: "status"});
    this.grids = h("div", {class: "grids"});
    box.append(h("div", {class: "bench"},
      h("div", {class: "controls"},
        h("fieldset", {class: "directions"}, h("legend", {}, "Direction"), ...directions),
        control("Side of the input, n =", "n", 2, 8), control("Side of the filter, k =", "k", 1, 5),
        control("Stride, s =", "stride", 1, 4), control("Padding, p =", "padding", 0, 3),
        button("Other numbers", () => { this.seed++; this.draw(); })),
      h("div", {}, this.said, this.grids)));
    this.draw();
  }

  // Small whole numbers, always the same for a seed.
  draws(n, from, to, salt) {
    let state = this.seed * 7919 + salt;
    return Float32Array.from({length: n}, () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return from + Math.floor((state / 2147483648) * (to - from + 1));
    });
  }

  draw(focus = false) {
    const {direction, n, k, stride, padding} = this.settings, side = sideAfter(this.settings);
    const input = this.draws(n * n, 0, 3, 17), weight = this.draws(k * k, -1, 2, 5);
    this.result = null;
    const formula = direction === "forward"
      ? ["⌊(n + 2p − k) / s⌋ + 1", `⌊(${n} + 2·${padding} − ${k}) / ${stride}⌋ + 1`]
      : ["(n − 1)·s − 2p + k", `(${n} − 1)·${stride} − 2·${padding} + ${k}`];
    const says = [h("p", {class: "formula"}, `Side of the output: ${formula[0]} = ${formula[1]} = `, h("strong", {}, whole(side)))];
    if (side < 1) {
      says.push(h("p", {}, direction === "forward"
        ? "The filter is larger than the padded input: there is no place for it."
        : "The padding cuts off all that comes out."));
      this.said.replaceChildren(...says);
      this.grids.replaceChildren();
      return;
    }
    const op = operationOf(this.settings, weight, side), output = new Float32Array(side * side);
    compute(op, input, output);
    this.result = {op, input, weight, output};
    this.at = Math.min(this.at, output.length - 1);
    const [window] = windows(op, input, this.at), row = Math.floor(this.at / side), column = this.at % side;
    const products = window.values.map((value, i) => `${whole(value)}·${between(weight[window.weightsAt[i]])}`);
    const found = products.length ? `${products.join(" + ")} = ${whole(output[this.at])}` : "nothing reaches it: 0";
    says.push(h("p", {class: "equation"}, `Row ${row}, column ${column}: ${found}`), ...this.leftOut(side).map((text) => h("p", {class: "left-out"}, text)));
    this.said.replaceChildren(...says);
    const forward = direction === "forward";
    this.grids.replaceChildren(
      forward ? this.inputGrid(op, input, window) : this.labelled(`input, ${n}×${n}`, this.table(Array.from(input), n, "input", {read: new Set(window.places)})),
      this.labelled(`filter, ${k}×${k}`, this.table(Array.from(weight), k, "filter", {read: new Set(window.weightsAt)})),
      forward ? this.denseGrid(input, weight, side) : this.fullGrid(input, weight, side),
      this.labelled(`output, ${side}×${side}`, grid({values: Array.from(output), columns: side, name: "output", digits: 0,
        marked: this.at, onpick: (at, focused) => { this.at = at; this.draw(focused); }})));
    if (focus) this.grids.querySelector("[role=grid] [tabindex='0']").focus();
  }

  labelled(text, table) {
    return h("figure", {}, h("figcaption", {}, text), h("div", {class: "scroll", tabindex: 0, role: "group", "aria-label": text}, table));
  }

  // A table of whole numbers: some are read now, some are padding, some are left out.
  table(values, columns, name, {read = new Set(), padded = new Set(), left = new Set()} = {}) {
    const table = grid({values, columns, name, digits: 0, largest: largestOf(values)});
    table.querySelectorAll("td").forEach((cell, at) => {
      for (const [kind, set] of Object.entries({read, padded, left})) cell.classList.toggle(kind, set.has(at));
    });
    return table;
  }

  // The padded input of a convolution; what no window reads is left out.
  inputGrid(op, input, window) {
    const {n, padding, k, stride} = this.settings, wide = n + 2 * padding, [, side] = op.shape;
    const values = [], padded = new Set(), left = new Set(), read = new Set();
    const [row, column] = [Math.floor(this.at / side), this.at % side];
    const covers = (at, line) => line >= at * stride && line < at * stride + k;
    const reached = (line) => Array.from({length: side}, (_, at) => at).some((at) => covers(at, line));
    for (let y = 0; y < wide; y++)
      for (let x = 0; x < wide; x++) {
        const place = indexOf(op.inputShape, [0, y - padding, x - padding]), at = values.length;
        values.push(place < 0 ? 0 : input[place]);
        if (place < 0) padded.add(at);
        if (!reached(y) || !reached(x)) left.add(at);
        if (covers(row, y) && covers(column, x)) read.add(at);
      }
    return this.labelled(`input, ${n}×${n}${padding ? `, padded to ${wide}×${wide}` : ""}`,
      this.table(values, wide, "padded input", {read, padded, left}));
  }

  // What a convolution would give at every place; the stride leaves some out.
  denseGrid(input, weight, side) {
    const {stride} = this.settings;
    if (stride === 1) return h("span");
    const settings = {...this.settings, stride: 1}, wide = sideAfter(settings), values = new Float32Array(wide * wide);
    compute(operationOf(settings, weight, wide), input, values);
    const left = new Set(Array.from(values.keys()).filter((at) => Math.floor(at / wide) % stride || (at % wide) % stride));
    const read = new Set([stride * Math.floor(this.at / side) * wide + stride * (this.at % side)]);
    return this.labelled(`at every place, ${wide}×${wide}`, this.table(Array.from(values), wide, "output at every place", {left, read}));
  }

  // What a transposed convolution adds up; the padding cuts off its edge.
  fullGrid(input, weight, side) {
    const {padding} = this.settings;
    if (!padding) return h("span");
    const settings = {...this.settings, padding: 0}, wide = sideAfter(settings), values = new Float32Array(wide * wide);
    compute(operationOf(settings, weight, wide), input, values);
    const kept = (at) => at >= padding && at < wide - padding;
    const left = new Set(Array.from(values.keys()).filter((at) => !kept(Math.floor(at / wide)) || !kept(at % wide)));
    const read = new Set([(Math.floor(this.at / side) + padding) * wide + (this.at % side) + padding]);
    return this.labelled(`before padding is cut off, ${wide}×${wide}`, this.table(Array.from(values), wide, "output before padding is cut off", {left, read}));
  }

  leftOut(side) {
    const {direction, n, k, stride, padding} = this.settings, texts = [];
    const back = (n_) => (n_ - 1) * stride - 2 * padding + k;
    if (direction === "forward") {
      const dense = n + 2 * padding - k + 1;
      if (stride > 1) texts.push(`The stride keeps ${side * side} of ${dense * dense} places.`);
      const rest = n + 2 * padding - k - (side - 1) * stride;
      if (rest) texts.push(`${rest === 1 ? "The last row and column are" : `The last ${rest} rows and columns are`} read by no window (hatched).`);
      if (stride > k) texts.push("The stride is larger than the filter: between the windows, rows and columns are read by none (hatched).");
      texts.push(`The transposed convolution of the same k, s and p makes a side of ${back(side)} of ${side} again${back(side) === n ? "." : `, not ${n}: what the stride left out is lost.`}`);
    } else {
      if (padding) texts.push(`The padding cuts ${padding === 1 ? "one row and column" : `${padding} rows and columns`} off each edge (hatched).`);
      if (stride > k) texts.push("The stride is larger than the filter: between the copies nothing is added.");
      else if (k > stride) texts.push(`Neighbouring copies of the filter overlap by ${k - stride}${k % stride ? ", and not everywhere by the same: k is no multiple of s" : ""}.`);
    }
    return texts;
  }
}
