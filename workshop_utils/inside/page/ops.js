// What networks compute. Numbers stand in a Float32Array, map after map, row after row. An
// operation is {kind, inputShape, shape} and, as its kind needs them, {side, stride, padding,
// dilation, groups, weight, bias}; pairs are for height and width. Shapes are without the batch.

export const size = (shape) => shape.reduce((product, n) => product * n, 1);

// Maps, rows and columns; a row of numbers is so many maps of one number each.
export const planes = (shape) => (shape.length === 3 ? shape : [size(shape), 1, 1]);

// Where one place of a filter meets an input: from which output to which, and how far on the input
// lies from stride times the output.
function span(op, axis, k, nOutputs, nInputs) {
  const offset = k * op.dilation[axis] - op.padding[axis], stride = op.stride[axis];
  const from = Math.max(0, Math.ceil(-offset / stride));
  const to = Math.min(nOutputs, Math.floor((nInputs - 1 - offset) / stride) + 1);
  return {from, to, offset, stride};
}

// The same walk for both: a convolution gathers along it, a transposed convolution spreads.
function walk(op, small, large, visit) {
  for (let ky = 0; ky < op.side[0]; ky++) {
    const y = span(op, 0, ky, small[1], large[1]);
    for (let kx = 0; kx < op.side[1]; kx++)
      visit(y, span(op, 1, kx, small[2], large[2]), ky * op.side[1] + kx);
  }
}

function convolution(op, input, output) {
  const from = planes(op.inputShape), to = planes(op.shape), area = op.side[0] * op.side[1];
  const inputs = from[0] / op.groups, outputs = to[0] / op.groups;
  const plane = to[1] * to[2], inputPlane = from[1] * from[2];
  for (let o = 0; o < to[0]; o++) output.fill(op.bias[o], o * plane, (o + 1) * plane);
  walk(op, to, from, (y, x, place) => {
    for (let o = 0; o < to[0]; o++) {
      const first = Math.floor(o / outputs) * inputs;
      for (let i = 0; i < inputs; i++) {
        const weight = op.weight[(o * inputs + i) * area + place];
        if (weight === 0) continue;
        for (let row = y.from; row < y.to; row++) {
          const at = o * plane + row * to[2];
          const source = (first + i) * inputPlane + (row * y.stride + y.offset) * from[2] + x.offset;
          for (let column = x.from; column < x.to; column++)
            output[at + column] += weight * input[source + column * x.stride];
        }
      }
    }
  });
}

function transposedConvolution(op, input, output) {
  const from = planes(op.inputShape), to = planes(op.shape), area = op.side[0] * op.side[1];
  const inputs = from[0] / op.groups, outputs = to[0] / op.groups;
  const plane = to[1] * to[2], inputPlane = from[1] * from[2];
  for (let o = 0; o < to[0]; o++) output.fill(op.bias[o], o * plane, (o + 1) * plane);
  walk(op, from, to, (y, x, place) => {
    for (let i = 0; i < from[0]; i++) {
      const first = Math.floor(i / inputs) * outputs;
      for (let o = 0; o < outputs; o++) {
        const weight = op.weight[(i * outputs + o) * area + place];
        if (weight === 0) continue;
        for (let row = y.from; row < y.to; row++) {
          const source = i * inputPlane + row * from[2];
          const at = (first + o) * plane + (row * y.stride + y.offset) * to[2] + x.offset;
          for (let column = x.from; column < x.to; column++)
            output[at + column * x.stride] += weight * input[source + column];
        }
      }
    }
  });
}

function linear(op, input, output) {
  for (let o = 0; o < output.length; o++) {
    let sum = op.bias[o];
    for (let i = 0, at = o * input.length; i < input.length; i++) sum += op.weight[at + i] * input[i];
    output[o] = sum;
  }
}

function scale(op, input, output) {
  const plane = output.length / op.weight.length;
  for (let i = 0; i < output.length; i++) {
    const channel = Math.floor(i / plane);
    output[i] = input[i] * op.weight[channel] + op.bias[channel];
  }
}

function pooling(op, input, output) {
  const [maps, rows, columns] = planes(op.shape), [, height, width] = planes(op.inputShape);
  for (let map = 0; map < maps; map++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        let largest = -Infinity, sum = 0;
        for (let ky = 0; ky < op.side[0]; ky++) {
          const y = row * op.stride[0] - op.padding[0] + ky * op.dilation[0];
          if (y < 0 || y >= height) continue;
          for (let kx = 0; kx < op.side[1]; kx++) {
            const x = column * op.stride[1] - op.padding[1] + kx * op.dilation[1];
            if (x < 0 || x >= width) continue;
            const value = input[(map * height + y) * width + x];
            if (value > largest) largest = value;
            sum += value;
          }
        }
        output[(map * rows + row) * columns + column] =
          op.kind === "max" ? largest : sum / (op.side[0] * op.side[1]);
      }
}

function each(change) {
  return (op, input, output) => {
    for (let i = 0; i < output.length; i++) output[i] = change(input[i]);
  };
}

const KINDS = {
  conv: convolution,
  transposed: transposedConvolution,
  linear,
  scale,
  max: pooling,
  mean: pooling,
  relu: each((x) => (x > 0 ? x : 0)),
  sigmoid: each((x) => 1 / (1 + Math.exp(-x))),
  reshape: (op, input, output) => output.set(input),
};

export function compute(op, input, output) {
  KINDS[op.kind](op, input, output);
}

// Which rows of the input meet which rows of the window for one row of the output: pairs, from the
// top down; a row outside the input is padding. For columns, axis is 1.
export function meetings(op, axis, at) {
  const pairs = [], n = planes(op.inputShape)[1 + axis];
  for (let k = 0; k < op.side[axis]; k++) {
    const offset = k * op.dilation[axis] - op.padding[axis];
    if (op.kind !== "transposed") pairs.push([at * op.stride[axis] + offset, k]);
    else {
      const row = (at - offset) / op.stride[axis];
      if (Number.isInteger(row) && row >= 0 && row < n) pairs.unshift([row, k]);
    }
  }
  return pairs;
}

// Map, row and column of a number, and back.
export function placeOf(shape, index) {
  const [, rows, columns] = planes(shape), plane = rows * columns;
  const map = Math.floor(index / plane), rest = index - map * plane;
  return [map, Math.floor(rest / columns), rest % columns];
}
export function indexOf(shape, [map, row, column]) {
  const [, rows, columns] = planes(shape);
  return row < 0 || column < 0 || row >= rows || column >= columns
    ? -1 : (map * rows + row) * columns + column;
}

// The window of one number: for each map that it reads, where (-1 is padding), what stands there
// and, where the operation has weights, which of them it is multiplied with.
export function windows(op, input, index) {
  const [map, row, column] = placeOf(op.shape, index);
  const rows = meetings(op, 0, row), columns = meetings(op, 1, column);
  const area = op.side[0] * op.side[1], pools = !op.weight;
  const inputs = planes(op.inputShape)[0] / (op.groups ?? 1);
  const outputs = planes(op.shape)[0] / (op.groups ?? 1);
  const first = Math.floor(map / outputs) * inputs;
  const read = pools ? [map] : Array.from({length: inputs}, (_, i) => first + i);
  return read.map((channel) => {
    const places = [], values = [], weightsAt = [];
    for (const [y, ky] of rows)
      for (const [x, kx] of columns) {
        const place = indexOf(op.inputShape, [channel, y, x]);
        places.push(place);
        values.push(place < 0 ? 0 : input[place]);
        const filter = op.kind === "transposed"
          ? channel * outputs + map % outputs : map * inputs + channel - first;
        weightsAt.push(filter * area + ky * op.side[1] + kx);
      }
    return {channel, columns: columns.length, places, values, weightsAt};
  });
}

// To which filter a weight belongs, that is, to which map of the output.
export function filterOf(op, at) {
  const area = op.side[0] * op.side[1], outputs = op.shape[0] / op.groups;
  const inputs = op.inputShape[0] / op.groups;
  if (op.kind === "conv") return Math.floor(at / (area * inputs));
  const input = Math.floor(at / (area * outputs));
  return Math.floor(input / inputs) * outputs + (Math.floor(at / area) % outputs);
}

// An image of three colours (or maps) moved by whole pixels; what comes in repeats the edge.
export function shifted(image, shape, down, right) {
  const [maps, rows, columns] = planes(shape), moved = new Float32Array(image.length);
  const inside = (at, n) => Math.min(n - 1, Math.max(0, at));
  for (let map = 0; map < maps; map++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        moved[(map * rows + row) * columns + column] = image[
          (map * rows + inside(row - down, rows)) * columns + inside(column - right, columns)];
  return moved;
}

export function squaredError(a, b) {
  return a.reduce((sum, value, index) => sum + (value - b[index]) ** 2, 0);
}

export function softmax(scores) {
  const largest = Math.max(...scores);
  const powers = Array.from(scores, (score) => Math.exp(score - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
