// Puts the page together from what stands in its data.
import {Autoencoder} from "./autoencoder.js";
import {Bench} from "./bench.js";
import {Classifier} from "./classifier.js";
import {readColours} from "./paint.js";

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
function network({input, operations}) {
  return {input, operations: operations.map((op) => (op.weight ? {
    ...op, weight: new Float32Array(bytes(op.weight).buffer), bias: new Float32Array(bytes(op.bias).buffer),
  } : op))};
}
function imagesOf({shape, classes, labels, pixels}) {
  return {shape, classes, labels, pixels: Float32Array.from(bytes(pixels), (value) => value / 255)};
}

const data = JSON.parse(document.getElementById("data").textContent);
readColours();
const views = {};
const section = (name) => document.querySelector(`#${name} .view`);
if (data.network) {
  views.network = new Classifier(section("network"), {
    network: network(data.network.network), images: imagesOf(data.network.images),
    classes: data.network.classes,
  });
}
views.bench = new Bench(section("bench"));
if (data.autoencoder) {
  views.autoencoder = new Autoencoder(section("autoencoder"), {
    encoder: network(data.autoencoder.encoder), decoder: network(data.autoencoder.decoder),
    images: imagesOf(data.autoencoder.images),
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readColours();
  for (const view of Object.values(views)) view.draw();
});
window.inside = views;
