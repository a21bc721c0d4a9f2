// Numbers as colours and as text.
import {planes} from "./ops.js";

const GAP = 1; // between maps, in places

// The page's colours, as they are in light or dark: [red, green, blue].
function colour(name) {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
}

const SHADES = 255;
let words, cells; // a shade for each of so many steps below and above zero
export function readColours() {
  const [below, zero, above] = ["--below", "--zero", "--above"].map(colour);
  const palette = Array.from({length: 2 * SHADES + 1}, (_, at) => {
    const part = at / SHADES - 1, end = part < 0 ? below : above;
    return zero.map((from, i) => Math.round(from + Math.abs(part) * (end[i] - from)));
  });
  words = new Uint32Array(palette.map(([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r));
  cells = palette.map(readable);
}
const shade = (value, largest) =>
  SHADES + Math.round(SHADES * Math.max(-1, Math.min(1, value / largest || 0)));

export function largestOf(values) {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}

// Background of a number, and the letters that are read best on it.
export const cellColours = (value, largest) => cells[shade(value, largest)];

function readable(rgb) {
  const light = rgb.map((c) => (c / 255 <= 0.04045 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
  return `background: rgb(${rgb}); color: ${luminance > 0.179 ? "#000" : "#fff"}`;
}

export function number(value, digits = 3) {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

// How maps are laid out: columns of maps, and the size of all in places.
export function layout(shape, widest = 120) {
  const [maps, rows, columns] = planes(shape);
  const most = rows * columns === 1 ? 32 : Math.max(1, Math.floor(widest / (columns + GAP)));
  const across = Math.ceil(maps / Math.ceil(maps / Math.min(maps, most)));
  const gap = rows * columns === 1 ? 0 : GAP, down = Math.ceil(maps / across);
  return {
    across, down, maps, rows, columns, gap,
    width: across * (columns + gap) - gap, height: down * (rows + gap) - gap,
  };
}

// Left upper corner of a place, and the place at a corner (null in a gap).
export function cornerOf({across, maps, rows, columns, gap}, [map, row, column]) {
  const at = map % maps; // the three colours of an image are one map
  return [(at % across) * (columns + gap) + column, Math.floor(at / across) * (rows + gap) + row];
}
export function placeAt({across, maps, rows, columns, gap}, x, y) {
  const map = Math.floor(y / (rows + gap)) * across + Math.floor(x / (columns + gap));
  const row = y % (rows + gap), column = x % (columns + gap);
  return row < rows && column < columns && map < maps ? [map, row, column] : null;
}

const sheets = new WeakMap(); // what is painted on, for each canvas
function sheetOf(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height || !sheets.has(canvas)) {
    Object.assign(canvas, {width, height});
    const pen = canvas.getContext("2d"), picture = pen.createImageData(width, height);
    sheets.set(canvas, {pen, picture, pixels: new Uint32Array(picture.data.buffer)});
  }
  return sheets.get(canvas);
}

export function paintMaps(canvas, values, plan, largest) {
  const {across, maps, rows, columns, gap, width, height} = plan;
  const {pen, picture, pixels} = sheetOf(canvas, width, height);
  const factor = largest ? SHADES / largest : 0;
  for (let map = 0, at = 0; map < maps; map++) {
    const left = (map % across) * (columns + gap), top = Math.floor(map / across) * (rows + gap);
    for (let row = 0; row < rows; row++)
      for (let column = 0, to = (top + row) * width + left; column < columns; column++)
        pixels[to++] = words[SHADES + Math.max(-SHADES, Math.min(SHADES, Math.round(values[at++] * factor)))];
  }
  pen.putImageData(picture, 0, 0);
}

// Three maps with numbers from 0 to 1 as red, green and blue.
export function paintImage(canvas, values, [, rows, columns]) {
  const {pen, picture} = sheetOf(canvas, columns, rows), plane = rows * columns;
  for (let place = 0; place < plane; place++) {
    for (let c = 0; c < 3; c++) picture.data[4 * place + c] = Math.round(255 * values[c * plane + place]);
    picture.data[4 * place + 3] = 255;
  }
  pen.putImageData(picture, 0, 0);
}
