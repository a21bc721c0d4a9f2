// One network on one image: its maps, its scores, and what they do when the image moves.
import {button, h, onceAFrame} from "./dom.js";
import {Inspector} from "./inspector.js";
import {Layers, shapeText} from "./layers.js";
import {distanceFromMoved, Network, pixelsPerStep} from "./network.js";
import {shifted, softmax} from "./ops.js";
import {largestOf, number} from "./paint.js";
import {Picture} from "./picture.js";

export class Classifier {
  constructor(box, {network, images, classes}) {
    this.net = new Network(network);
    this.still = this.net.twin(); // the same weights, the image where it was
    this.learnt = this.net.twin(true); // the weights as they were learnt, too
    this.classes = classes;
    const last = network.operations.length - 1;
    this.draw = this.draw.bind(this);
    const soon = onceAFrame(this.draw);
    this.picture = new Picture(images, soon);
    this.isEdited = false;
    this.inspector = new Inspector({onedit: () => { this.isEdited = true; soon(); }});
    this.layers = new Layers(this.net, {onselect: (...chosen) => this.inspector.show(...chosen)});
    this.layers.onmark = (marks) => this.picture.mark(marks);
    this.scores = classes ? this.scoresOf(last) : null;
    this.moves = h("tbody");
    const reset = button("Reset everything", () => this.reset(), {class: "reset"});
    box.append(h("div", {class: "study"},
      h("div", {class: "column stays"}, this.picture.element, reset),
      h("div", {class: "column"}, this.scores, this.layers.element, this.movesTable()),
      this.inspector.element));
    this.layers.fit();
    this.draw();
    const first = this.layers.figures[0];
    if (first) this.layers.select(first.k, 0);
  }

  reset() {
    this.net.operations.forEach((op, k) => { if (op.weight) this.net.reset(k); });
    this.isEdited = false;
    this.picture.reset();
  }

  scoresOf(k) {
    this.rows = this.classes.map((name, label) => {
      const bar = h("div", {class: "bar"}), before = h("div", {class: "before"});
      const score = h("td", {}), probability = h("td", {});
      const row = h("tr", {}, h("th", {scope: "row"}, button(name, () => this.layers.select(k, label), {class: "plain-button"})),
        h("td", {class: "bars"}, h("div", {class: "track"}, bar, before)), score, probability);
      return {row, bar, before, score, probability};
    });
    return h("table", {class: "scores", "aria-label": "Scores"},
      h("thead", {}, h("tr", {}, ...["class", "", "score", "probability"].map((text) =>
        text ? h("th", {scope: "col"}, text) : h("td", {})))),
      h("tbody", {}, ...this.rows.map(({row}) => row)));
  }

  movesTable() {
    return h("details", {class: "moves", open: true},
      h("summary", {}, "Which maps move along?"),
      h("p", {}, "How much the maps differ from those of the image where it was: once moved along with it, once left where they were. 0 % is no difference at all."),
      h("div", {class: "scroll", tabindex: 0, role: "group", "aria-label": "Which maps move along"},
        h("table", {class: "plain"},
          h("thead", {}, h("tr", {}, ...["layer", "places to the right and down", "from maps moved along", "from maps left there"].map((text) => h("th", {scope: "col"}, text)))),
          this.moves)));
  }

  draw() {
    const {image, down, right} = this.picture, isMoved = down !== 0 || right !== 0;
    this.net.run(this.picture.now());
    const on = (net) => { net.run(image); return net; }; // what would be the same is not computed
    const still = isMoved ? on(this.still) : this.net;
    this.picture.draw();
    this.layers.draw();
    this.inspector.refresh();
    if (this.scores) this.drawScores((this.isEdited ? on(this.learnt) : still).output);
    if (isMoved || this.wasMoved !== false) this.drawMoves(still, down, right);
    this.wasMoved = isMoved;
  }

  drawScores(before) {
    const now = this.net.output, probabilities = softmax(now);
    const largest = Math.max(largestOf(now), largestOf(before)), best = now.indexOf(Math.max(...now));
    this.rows.forEach(({row, bar, before: mark, score, probability}, i) => {
      const part = (value) => (50 * value) / largest;
      Object.assign(bar.style, {left: `${50 + Math.min(0, part(now[i]))}%`, width: `${Math.abs(part(now[i]))}%`});
      bar.className = now[i] < 0 ? "bar below" : "bar above";
      mark.style.left = `${50 + part(before[i])}%`;
      score.textContent = number(now[i], 2);
      probability.textContent = `${number(100 * probabilities[i], 1)} %`;
      row.className = i === best ? "best" : "";
    });
  }

  drawMoves(still, down, right) {
    const rows = this.layers.figures.map(({k, name, shape, values}) => {
      const pixels = pixelsPerStep(this.net, k), before = still.values[k + 1];
      const percent = (by, to) => `${number(100 * distanceFromMoved(values(), before, shape, by, to), 0)} %`;
      const places = pixels ? [right / pixels, down / pixels] : null;
      const whole = places && places.every(Number.isInteger);
      return h("tr", {}, h("th", {scope: "row"}, name),
        h("td", {}, places ? places.map((n) => number(n, Number.isInteger(n) ? 0 : 2)).join(" and ") : "no rows and columns"),
        h("td", {}, whole ? percent(places[1], places[0]) : places ? "between two places" : ""),
        h("td", {}, percent(0, 0)));
    });
    this.moves.replaceChildren(...rows);
  }
}
