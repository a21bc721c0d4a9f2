// How the selected number comes about, step by step, and what becomes of it; its filter can be
// changed.
import {button, grid, h, slider} from "./dom.js";
import {placeText} from "./layers.js";
import {isPool, isSum, story, taken} from "./network.js";
import {filterOf, placeOf, windows} from "./ops.js";
import {largestOf, number} from "./paint.js";

const SHOWN = 8; // maps or units whose products are shown one by one: the strongest
const PAD = [
  ["◀", "left", "ArrowLeft"], ["▲", "up", "ArrowUp"], ["▼", "down", "ArrowDown"],
  ["▶", "right", "ArrowRight"], ["−", "previous map", "PageUp"], ["+", "next map", "PageDown"],
];

const sum = (values) => values.reduce((total, value) => total + value, 0);
function zero(op, filter) {
  op.bias[filter] = 0;
  op.weight.forEach((_value, at) => {
    if (filterOf(op, at) === filter) op.weight[at] = 0;
  });
}
const signed = (value) => (value < 0 ? `− ${number(-value)}` : `+ ${number(value)}`);

export class Inspector {
  // `onedit` is called after a weight was changed.
  constructor({onedit}) {
    this.onedit = onedit;
    this.status = h("p", {class: "status", role: "status"}, "Choose a number: click on a map, or go there with Tab and the arrow keys.");
    this.chain = h("p", {class: "chain"});
    this.steps = h("div", {class: "steps"});
    this.editor = h("div", {class: "editor", hidden: true});
    const pad = h("div", {class: "pad", role: "group", "aria-label": "Move the selection"},
      ...PAD.map(([sign, name, key]) => button(sign, () => this.press(key), {"aria-label": name, title: name})));
    this.element = h("div", {class: "inspector", role: "group", "aria-label": "The selected number"},
      this.status, this.chain, pad, this.steps, this.editor);
    this.element.addEventListener("keydown", ({key}) => {
      if (key === "Escape" && this.chosen) this.chosen.layers.figureOf(this.chosen.k)?.canvas.focus();
    });
  }

  press(key) {
    const figure = this.chosen && this.chosen.layers.figureOf(this.chosen.k);
    if (figure) this.chosen.layers.onKey(figure, {key, preventDefault() {}});
  }

  // `enter`: go on in here with the keyboard; Escape leads back to the map.
  show(chosen, enter = false) {
    if (this.chosen && this.chosen.layers !== chosen.layers) this.chosen.layers.mark([]);
    this.chosen = chosen;
    this.refresh();
    if (enter) (this.steps.querySelector("[data-weight]") ?? this.element.querySelector("button")).focus();
  }

  refresh() {
    if (!this.chosen) return;
    const {layers, k, index} = this.chosen, {net} = layers;
    const focused = this.steps.contains(document.activeElement) ? document.activeElement.dataset.weight : null;
    const figure = layers.figureOf(k);
    this.status.textContent = `${layers.nameOf(k)}, ${placeText(net.shape(k), index, figure?.isImage)}: ${number(net.values[k + 1][index])}`;
    const steps = k < 0 ? [] : story(net, k, index), marks = [];
    const [map, row, column] = placeOf(net.shape(k), index);
    marks.push({k, from: [map, row, column], to: [map, row, column], kind: "chosen"});
    this.sumAt = steps.length && isSum(net.operations[steps[0].k]) ? steps[0] : null;
    if (this.sumAt && !this.weightFits()) this.weight = this.firstWeight();
    this.chain.textContent = steps.map((step) => `${layers.nameOf(step.k)} ${number(net.values[step.k + 1][step.index])}`).join(" → ");
    this.steps.replaceChildren(...steps.map((step, i) => this.stepOf(step, marks, steps[i - 1]?.index)));
    layers.mark(marks);
    this.showEditor();
    if (focused) this.steps.querySelector(`[data-weight="${focused}"]`)?.focus();
  }

  // `above` is where the number of the step above stands.
  stepOf({k, index}, marks, above) {
    const {layers} = this.chosen, {net} = layers;
    const op = net.operations[k], input = net.values[k], value = net.values[k + 1][index];
    const place = placeOf(op.shape, index);
    if (k !== this.chosen.k) marks.push({k, from: place, to: place, kind: "next"});
    const title = h("h3", {}, h("strong", {}, layers.nameOf(k)), ` · ${placeText(op.shape, index)}`);
    const step = (...parts) => h("div", {class: k === this.chosen.k ? "step chosen" : "step", "data-step": layers.nameOf(k)}, title, ...parts);
    const says = (text) => h("p", {class: "equation"}, text);
    if (op.kind === "linear") return step(...this.unitsOf(k, index));
    if (isSum(op)) return step(...this.windowsOf(k, index, marks));
    if (isPool(op)) {
      const [window] = windows(op, input, index), best = taken(op, window);
      this.markWindow(marks, k, window);
      const n = window.values.length, another = above !== undefined && window.places[best] !== above;
      const words = op.kind === "max"
        ? `the largest of ${n} numbers, here number ${best + 1}: ${number(value)}${another ? ", not the one above" : ""}`
        : `the mean of ${n} numbers: ${number(value)}`;
      return step(grid({
        values: window.values, columns: window.columns, name: `window of ${layers.nameOf(k)}`, digits: 3,
        marked: op.kind === "max" ? best : -1, void: (at) => window.places[at] < 0,
      }), says(words));
    }
    const before = input[index];
    if (op.kind === "relu") return step(says(`max(0, ${number(before)}) = ${number(value)}`));
    if (op.kind === "sigmoid") return step(says(`1 / (1 + exp(${number(-before)})) = ${number(value)}`));
    const plane = input.length / op.weight.length, channel = Math.floor(index / plane);
    return step(says(`${number(before)} · ${number(op.weight[channel])} ${signed(op.bias[channel])} = ${number(value)}`));
  }

  // Window, filter and products of a convolution or its transpose.
  windowsOf(k, index, marks) {
    const {layers} = this.chosen, {net} = layers;
    const op = net.operations[k], [map] = placeOf(op.shape, index), value = net.values[k + 1][index];
    const all = windows(op, net.values[k], index).map((window) => {
      const weights = window.weightsAt.map((at) => op.weight[at]);
      return {...window, weights, products: window.values.map((x, at) => x * weights[at])};
    });
    all.forEach((window) => this.markWindow(marks, k, window));
    const total = sum(all.map(({products}) => sum(products)));
    const strength = ({products}) => Math.abs(sum(products));
    const strongest = [...all].sort((a, b) => strength(b) - strength(a)).slice(0, SHOWN);
    const shown = all.filter((window) => strongest.includes(window));
    const largest = {
      values: largestOf(all.flatMap(({values}) => values)), weights: largestOf(op.weight),
      products: largestOf(all.flatMap(({products}) => products)),
    };
    const source = k > 0 ? "map" : "colour";
    const rows = shown.map(({channel, columns, places, values, weightsAt, weights, products}) => {
      const name = k === 0 && all.length === 3 ? ["red", "green", "blue"][channel] : `${source} ${channel}`;
      const isVoid = (at) => places[at] < 0;
      const filter = grid({
        values: weights, columns, name: `filter ${map}, ${name}`, largest: largest.weights,
        marked: this.weight?.name === "weight" ? weightsAt.indexOf(this.weight.at) : -1,
        onpick: (at, focus) => this.pick("weight", weightsAt[at], focus),
      });
      filter.querySelectorAll("td").forEach((cell, at) => { cell.dataset.weight = weightsAt[at]; });
      const part = (text, table) => h("div", {class: "part"}, h("span", {class: "what"}, text), table);
      return h("div", {class: "channel"}, h("span", {class: "name"}, name),
        part("window", grid({values, columns, name: `window, ${name}`, largest: largest.values, void: isVoid})),
        part("× filter", filter),
        part("= products", grid({values: products, columns, name: `products, ${name}`, largest: largest.products, void: isVoid})),
        h("span", {class: "sum"}, `sum ${number(sum(products))}`));
    });
    const others = all.length - shown.length;
    const rest = total - sum(shown.map(({products}) => sum(products)));
    return [...rows, others ? h("p", {}, `${others} other maps, which add less: ${number(rest)}`) : null,
      this.equation(total, op.bias[map], map, value)].filter(Boolean);
  }

  // The units that add most to one of a fully connected layer.
  unitsOf(k, index) {
    const {layers} = this.chosen, {net} = layers;
    const op = net.operations[k], input = net.values[k], n = input.length;
    const source = this.sourceOf(k), shape = net.shape(source);
    const all = Array.from(input, (x, i) => ({i, x, weight: op.weight[index * n + i], product: x * op.weight[index * n + i]}));
    const shown = [...all].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, SHOWN);
    const total = sum(all.map(({product}) => product)), rest = total - sum(shown.map(({product}) => product));
    const cells = (values) => values.map((value) => h("td", {}, number(value)));
    const body = shown.map(({i, x, weight, product}) => h("tr", {},
      h("th", {scope: "row"}, `${layers.nameOf(source)}, ${placeText(shape, i)}`), ...cells([x, weight, product])));
    return [
      h("table", {class: "plain", "aria-label": "The strongest products"},
        h("thead", {}, h("tr", {}, ...["input", "number", "× weight", "= product"].map((text) => h("th", {scope: "col"}, text)))),
        h("tbody", {}, ...body)),
      n > shown.length ? h("p", {}, `the ${n - shown.length} others together: ${number(rest)}`) : null,
      this.equation(total, op.bias[index], index, net.values[k + 1][index]),
    ].filter(Boolean);
  }

  equation(total, bias, at, value) {
    const chosen = this.weight?.name === "bias";
    return h("p", {class: "equation"}, `products ${number(total)} `,
      button(`${signed(bias)} bias`, () => this.pick("bias", at, true), {"data-weight": "bias", "aria-pressed": String(chosen)}),
      ` = ${number(value)}`);
  }

  // The layer that an operation reads, past those that only write numbers in a row.
  sourceOf(k) {
    let source = k - 1;
    while (source >= 0 && this.chosen.layers.net.operations[source].kind === "reshape") source--;
    return source;
  }

  markWindow(marks, k, {places}) {
    const shape = this.chosen.layers.net.shape(k - 1);
    const inside = places.filter((place) => place >= 0);
    if (!inside.length) return;
    marks.push({
      k: this.sourceOf(k), kind: "read",
      from: placeOf(shape, Math.min(...inside)), to: placeOf(shape, Math.max(...inside)),
    });
  }

  // --- changing weights ---

  firstWeight() {
    const {k, index} = this.sumAt, {net} = this.chosen.layers, op = net.operations[k];
    return {name: op.kind === "linear" ? "bias" : "weight", k, net, at: op.kind === "linear" ? index : windows(op, net.values[k], index)[0].weightsAt[0] ?? 0};
  }

  // Is the chosen weight one of the selected number's?
  weightFits() {
    const {k, index} = this.sumAt, {net} = this.chosen.layers, op = net.operations[k];
    if (!this.weight || this.weight.net !== net || this.weight.k !== k) return false;
    if (this.weight.name === "bias") return this.weight.at === placeOf(op.shape, index)[0];
    return windows(op, net.values[k], index).some(({weightsAt}) => weightsAt.includes(this.weight.at));
  }

  pick(name, at, focus) {
    this.weight = {name, at, k: this.sumAt.k, net: this.chosen.layers.net};
    this.refresh();
    if (focus) this.steps.querySelector(`[data-weight="${name === "bias" ? "bias" : at}"]`)?.focus();
  }

  showEditor() {
    this.editor.hidden = !this.sumAt;
    if (!this.sumAt) return;
    const {net} = this.chosen.layers, {k, at, name} = this.weight, op = net.operations[k];
    const key = `${this.chosen.layers.nameOf(k)} ${name} ${at}`;
    if (this.editing?.key !== key || this.editing.net !== net) {
      const limit = Math.max(1, Math.ceil(2 * largestOf(op.learnt[name])));
      const filter = name === "bias" ? at : filterOf(op, at);
      const control = slider(`${name === "bias" ? "bias" : "weight"} of filter ${filter}`,
        {min: -limit, max: limit, step: "any", value: op[name][at]},
        (value) => this.change(() => { op[name][at] = value; }), (value) => number(value));
      const clear = op.kind === "linear" ? null : button("Filter to zero", () => this.change(() => zero(op, filter)));
      const reset = button("As it was learnt", () => this.change(() => net.reset(k)));
      this.editor.replaceChildren(...[h("h3", {}, `Change ${this.chosen.layers.nameOf(k)}`), control.element, clear, reset].filter(Boolean));
      this.editing = {key, net, control, reset};
    }
    this.editing.control.set(op[name][at]);
    this.editing.reset.disabled = !net.isChanged(k);
  }

  change(edit) {
    edit();
    this.onedit();
  }
}
