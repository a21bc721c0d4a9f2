// Two images, the line between them in pixels and in codes, and the code to change by hand.
import {button, h, numbersOf, onceAFrame, slider} from "./dom.js";
import {Inspector} from "./inspector.js";
import {Layers, placeText} from "./layers.js";
import {Network} from "./network.js";
import {squaredError} from "./ops.js";
import {largestOf, number, paintImage} from "./paint.js";
import {gallery, imageOf} from "./picture.js";

export const blend = (a, b, alpha) => a.map((value, i) => (1 - alpha) * value + alpha * b[i]);
const COLOURS = ["red", "green", "blue"];

export class Autoencoder {
  constructor(box, {encoder, decoder, images}) {
    this.encoder = new Network(encoder);
    this.decoder = new Network(decoder);
    this.images = images;
    this.ends = [0, images.labels.length - 1];
    this.alpha = 0.5;
    this.change = new Float32Array(this.decoder.values[0].length); // added to the code by hand
    this.draw = this.draw.bind(this);
    const soon = onceAFrame(this.draw);
    this.pair = ["blend of pixels", "blend of codes, decoded"].map((name, which) => this.pictureOf(name, which));
    this.line = slider("α =", {min: 0, max: 1, step: 0.01, value: this.alpha},
      (alpha) => { this.alpha = alpha; soon(); }, (alpha) => alpha.toFixed(2));
    this.errors = [["between the two pictures", "pictures"], ["of the first image and its reconstruction", "first"],
      ["of the second one", "second"]].map(([text, name]) => {
      const cell = h("td", {"data-error": name});
      return {row: h("tr", {}, h("th", {scope: "row"}, text), cell), cell};
    });
    const choose = (legend, end) => gallery(legend, {images, checked: this.ends[end], onchoose: (i) => { this.ends[end] = i; soon(); }});
    this.inspector = new Inspector({onedit: soon});
    const onselect = (chosen, enter) => {
      if (chosen.layers === this.decoding && chosen.k === -1) this.at = chosen.index;
      this.inspector.show(chosen, enter);
      this.showNumber();
    };
    this.encoding = new Layers(this.encoder, {onselect});
    this.decoding = new Layers(this.decoder, {onselect, inputName: "code", inputWidth: 45, outputIsImage: true});
    this.codeEditor = h("div", {class: "editor"});
    const code = this.decoding.figureOf(-1);
    code.frame.after(this.codeEditor);
    code.canvas.addEventListener("keydown", (event) => {
      const sign = {"+": 1, "-": -1}[event.key];
      if (sign) this.setNumber(this.code[this.at] + (sign * this.limit) / 20);
    });
    this.at = 0;
    box.append(
      h("div", {class: "blend"},
        h("div", {class: "pictures"},
          h("div", {class: "pair"}, ...this.pair.map(({figure}) => figure)),
          h("div", {class: "walk"}, this.line.element), code.frame.parentElement),
        h("div", {},
          choose("From this image", 0), choose("to this one", 1),
          h("table", {class: "plain errors", "aria-label": "Squared errors"},
            h("thead", {}, h("tr", {}, h("th", {scope: "col"}, "squared error"), h("td", {}))),
            h("tbody", {}, ...this.errors.map(({row}) => row))))),
      h("div", {class: "study two"},
        h("div", {class: "column"},
          h("h3", {}, "The encoder, on the first image"), this.encoding.element,
          h("h3", {}, "The decoder, on the code"), this.decoding.element,
          button("Reset everything", () => this.reset(), {class: "reset"})),
        this.inspector.element));
    this.limit = 1;
    this.draw();
    this.limit = Math.ceil(2 * largestOf(this.code));
    this.makeEditor();
    this.encoding.fit();
    this.decoding.fit();
    this.decoding.select(-1, 0);
  }

  pictureOf(name, which) {
    const canvas = h("canvas", {role: "img"}), [, rows, columns] = this.images.shape, plane = rows * columns;
    const numbers = numbersOf(`Numbers of the ${name}`, {maps: 3, rows, columns, mapName: (map) => COLOURS[map],
      read: (map) => this.shown[which].subarray(map * plane, (map + 1) * plane)});
    return {name, canvas, numbers, figure: h("figure", {}, canvas, h("figcaption", {}, name), numbers.element)};
  }

  makeEditor() {
    this.control = slider("this number", {min: -this.limit, max: this.limit, step: "any", value: 0},
      (value) => this.setNumber(value), (value) => number(value, 2));
    this.control.element.querySelector("label").textContent = "";
    this.clear = button("As encoded", () => { this.change.fill(0); this.draw(); });
    this.codeEditor.replaceChildren(this.control.element, this.clear,
      h("p", {class: "hint"}, "Choose a number of the code and change it; with the keyboard, + and − do so, too. What you add stays while you walk along the line."));
  }

  setNumber(value) {
    this.change[this.at] += Math.max(-this.limit, Math.min(this.limit, value)) - this.code[this.at];
    this.draw();
  }

  showNumber() {
    if (!this.control) return;
    this.control.element.querySelector("label").textContent = `code, ${placeText(this.decoder.inputShape, this.at)}: `;
    this.control.set(this.code[this.at]);
    this.clear.disabled = this.change.every((value) => value === 0);
  }

  reset() {
    for (const net of [this.encoder, this.decoder])
      net.operations.forEach((op, k) => { if (op.weight) net.reset(k); });
    this.change.fill(0);
    this.draw();
  }

  draw() {
    const [first, second] = this.ends.map((i) => imageOf(this.images, i));
    const codes = [second, first].map((image) => this.encoder.run(image).slice()).reverse();
    const reconstructed = codes.map((code) => this.decoder.run(code).slice());
    this.code = blend(codes[0], codes[1], this.alpha).map((value, i) => value + this.change[i]);
    this.shown = [blend(first, second, this.alpha), this.decoder.run(this.code)];
    const names = this.ends.map((i) => this.images.classes[this.images.labels[i]]);
    this.pair.forEach(({name, canvas, numbers}, which) => {
      paintImage(canvas, this.shown[which], this.images.shape);
      canvas.setAttribute("aria-label", `The ${name}, from ${names[0]} to ${names[1]}, α = ${this.alpha.toFixed(2)}`);
      numbers.fill();
    });
    const errors = [squaredError(...this.shown), squaredError(first, reconstructed[0]), squaredError(second, reconstructed[1])];
    this.errors.forEach(({cell}, i) => { cell.textContent = number(errors[i], 1); });
    this.encoding.draw();
    this.decoding.draw();
    this.inspector.refresh();
    this.showNumber();
  }
}
