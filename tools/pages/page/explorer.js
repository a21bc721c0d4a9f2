"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const SIDE = 32, PLANE = SIDE * SIDE, VALUES = 3 * PLANE;

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
function floats(text) {
  return new Float32Array(bytes(text).buffer);
}
const pixels = Float32Array.from(bytes(data.pixels), (value) => value / 255);
const codes = floats(data.codes);
const codeSize = codes.length / data.labels.length;
const layers = data.layers.map((layer) => ({
  ...layer, weight: floats(layer.weight), bias: floats(layer.bias),
}));

// A transposed convolution with filters of 4×4, stride 2 and padding 1: each value of the input is
// multiplied by a filter and added into the output, two pixels further for each step.
function transposedConvolution(input, size, {inputs, outputs, weight, bias}) {
  const wide = 2 * size, output = new Float32Array(outputs * wide * wide);
  for (let o = 0; o < outputs; o++) output.fill(bias[o], o * wide * wide, (o + 1) * wide * wide);
  for (let i = 0; i < inputs; i++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const value = input[(i * size + y) * size + x];
        if (value === 0) continue; // ReLU leaves many of them
        for (let o = 0; o < outputs; o++)
          for (let ky = 0; ky < 4; ky++) {
            const row = 2 * y - 1 + ky;
            if (row < 0 || row >= wide) continue;
            for (let kx = 0; kx < 4; kx++) {
              const column = 2 * x - 1 + kx;
              if (column < 0 || column >= wide) continue;
              output[(o * wide + row) * wide + column] +=
                value * weight[((i * outputs + o) * 4 + ky) * 4 + kx];
            }
          }
      }
  return output;
}

function decode(code) {
  let values = code, size = 4;
  layers.forEach((layer, index) => {
    values = transposedConvolution(values, size, layer);
    size *= 2;
    const isLast = index === layers.length - 1;
    values = values.map((x) => (isLast ? 1 / (1 + Math.exp(-x)) : Math.max(0, x)));
  });
  return values;
}

function blend(all, length, first, second, alpha) {
  const a = all.subarray(first * length, (first + 1) * length);
  const b = all.subarray(second * length, (second + 1) * length);
  return a.map((value, index) => (1 - alpha) * value + alpha * b[index]);
}
const inPixels = (first, second, alpha) => blend(pixels, VALUES, first, second, alpha);
const inCodes = (first, second, alpha) => decode(blend(codes, codeSize, first, second, alpha));

function squaredError(a, b) {
  return a.reduce((sum, value, index) => sum + (value - b[index]) ** 2, 0);
}

function paint(canvas, image) {
  const context = canvas.getContext("2d"), picture = context.createImageData(SIDE, SIDE);
  for (let place = 0; place < PLANE; place++) {
    for (let colour = 0; colour < 3; colour++)
      picture.data[4 * place + colour] = 255 * image[colour * PLANE + place];
    picture.data[4 * place + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

const slider = document.getElementById("alpha");
const chosen = (name) => Number(document.querySelector(`input[name=${name}]:checked`).value);
const nameOf = (number) => data.classes[data.labels[number]];

function draw() {
  const first = chosen("first"), second = chosen("second"), alpha = Number(slider.value);
  const plain = inPixels(first, second, alpha), decoded = inCodes(first, second, alpha);
  const words = `from ${nameOf(first)} to ${nameOf(second)}, α = ${alpha.toFixed(2)}`;
  for (const [id, image, kind] of [["pixels", plain, "Pixels"], ["codes", decoded, "Codes"]]) {
    const canvas = document.getElementById(id);
    paint(canvas, image);
    canvas.setAttribute("aria-label", `${kind} blended, ${words}`);
  }
  slider.setAttribute("aria-valuetext", words);
  document.getElementById("alpha-value").textContent = alpha.toFixed(2);
  document.getElementById("error").textContent = squaredError(plain, decoded).toFixed(1);
}

function addChoices(name, checked) {
  const box = document.getElementById(name);
  data.labels.forEach((_label, number) => {
    const label = document.createElement("label"), input = document.createElement("input");
    const canvas = document.createElement("canvas");
    Object.assign(input, {type: "radio", name, value: number, checked: number === checked});
    input.setAttribute("aria-label", `${nameOf(number)}, picture ${number + 1}`);
    Object.assign(canvas, {width: SIDE, height: SIDE});
    paint(canvas, pixels.subarray(number * VALUES, (number + 1) * VALUES));
    label.title = nameOf(number);
    label.append(input, canvas);
    box.append(label);
  });
  box.addEventListener("change", draw);
}

addChoices("first", 0);
addChoices("second", data.labels.length - 1);
slider.addEventListener("input", draw);
draw();
window.explorer = {decode, inPixels, inCodes, squaredError, draw};
