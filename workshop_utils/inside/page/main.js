// Puts the page together from what stands in its data.
import {Autoencoder} from "./autoencoder.js";
import {Bench} from "./bench.js";
import {Classifier} from "./classifier.js";
import {imagesOf, networkOf} from "./data.js";
import {readColours} from "./paint.js";

const data = JSON.parse(document.getElementById("data").textContent);
readColours();
const views = {};
const section = (name) => document.querySelector(`#${name} .view`);
if (data.network) {
  views.network = new Classifier(section("network"), {
    network: networkOf(data.network.network), images: imagesOf(data.network.images),
    classes: data.network.classes,
  });
}
views.bench = new Bench(section("bench"));
if (data.autoencoder) {
  views.autoencoder = new Autoencoder(section("autoencoder"), {
    encoder: networkOf(data.autoencoder.encoder), decoder: networkOf(data.autoencoder.decoder),
    images: imagesOf(data.autoencoder.images),
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readColours();
  for (const view of Object.values(views)) view.draw();
});
window.inside = views;
