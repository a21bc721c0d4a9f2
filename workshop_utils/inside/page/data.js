// What stands in the page's data as text becomes numbers.

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
const floats = (text) => new Float32Array(bytes(text).buffer);

export function networkOf({input, operations}) {
  return {input, operations: operations.map((op) =>
    (op.weight ? {...op, weight: floats(op.weight), bias: floats(op.bias)} : op))};
}

export function imagesOf({shape, classes, labels, pixels}) {
  return {shape, classes, labels, pixels: Float32Array.from(bytes(pixels), (value) => value / 255)};
}
