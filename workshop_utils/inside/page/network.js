// A network that keeps every number it computes, and what it was before somebody changed it.
import {compute, indexOf, meetings, placeOf, planes, size, windows} from "./ops.js";

export class Network {
  constructor({input, operations}) {
    let inputShape = input;
    this.inputShape = input;
    this.operations = operations.map((operation) => {
      const op = {...operation, inputShape};
      inputShape = op.shape;
      if (op.weight) op.learnt = {weight: op.weight.slice(), bias: op.bias.slice()};
      return op;
    });
    this.makeRoom();
  }

  // values[0] is the input, values[k + 1] is what operation k makes of values[k].
  makeRoom() {
    this.values = [this.inputShape, ...this.operations.map((op) => op.shape)].map(
      (shape) => new Float32Array(size(shape)));
  }

  // The same weights (or those that were learnt), and numbers of its own.
  twin(asLearnt = false) {
    const twin = Object.create(Network.prototype);
    twin.inputShape = this.inputShape;
    twin.operations = asLearnt
      ? this.operations.map((op) => ({...op, ...op.learnt})) : this.operations;
    twin.makeRoom();
    return twin;
  }

  get output() {
    return this.values[this.values.length - 1];
  }

  shape(k) {
    return k < 0 ? this.inputShape : this.operations[k].shape;
  }

  run(input) {
    this.values[0].set(input);
    this.operations.forEach((op, k) => compute(op, this.values[k], this.values[k + 1]));
    return this.output;
  }

  isChanged(k) {
    const {weight, bias, learnt} = this.operations[k];
    return Boolean(learnt) && (weight.some((value, at) => value !== learnt.weight[at])
      || bias.some((value, at) => value !== learnt.bias[at]));
  }

  // As it was learnt; what follows changes with the next run, as after every edit.
  reset(k) {
    const {weight, bias, learnt} = this.operations[k];
    weight.set(learnt.weight);
    bias.set(learnt.bias);
  }
}

const SUMS = ["conv", "transposed", "linear"], POOLS = ["max", "mean"];
export const isSum = (op) => SUMS.includes(op.kind);
export const isPool = (op) => POOLS.includes(op.kind);

// Which place of its window max-pooling takes: the number of the first largest one.
export function taken(op, window) {
  const inside = window.values.map((value, at) => (window.places[at] < 0 ? -Infinity : value));
  return inside.indexOf(Math.max(...inside));
}

// How a number comes about and what becomes of it: [{k, index}, ...] from the last sum of products
// on to the last step before the next one. A number that pooling took leads back to where it was.
export function story(net, k, index) {
  let first = k, at = index;
  const above = new Map([[k, index]]); // what led here
  while (first > 0 && !isSum(net.operations[first])) {
    const op = net.operations[first];
    if (op.kind === "mean") break;
    if (op.kind === "max") {
      const [window] = windows(op, net.values[first], at);
      at = window.places[taken(op, window)];
    }
    above.set(--first, at);
  }
  const steps = [{k: first, index: at}];
  for (let next = first + 1; next < net.operations.length; next++) {
    const op = net.operations[next];
    if (isSum(op)) break;
    if (isPool(op)) at = above.get(next) ?? reader(op, at);
    if (at < 0) break; // no window reads it
    if (op.kind !== "reshape") steps.push({k: next, index: at});
  }
  return steps;
}

// The first number of a pooling whose window has this place; -1 if none has.
function reader(op, index) {
  const [map, row, column] = placeOf(op.inputShape, index), [, rows, columns] = planes(op.shape);
  const find = (axis, n, at) => Array.from({length: n}, (_, i) => i).find(
    (i) => meetings(op, axis, i).some(([place]) => place === at)) ?? -1;
  return indexOf(op.shape, [map, find(0, rows, row), find(1, columns, column)]);
}

// How many pixels of the input one step in a layer is; 0 where there are no rows and columns.
export function pixelsPerStep(net, k) {
  let pixels = 1;
  for (let i = 0; i <= k; i++) {
    const op = net.operations[i];
    if (op.shape.length !== 3) return 0;
    if (op.kind === "transposed") pixels /= op.stride[0];
    else if (op.stride) pixels *= op.stride[0];
  }
  return pixels;
}

// How far maps are from others that are moved by so many places, where both have a place: 0 if
// they moved along, 1 if the difference is as large as the maps.
export function distanceFromMoved(now, before, shape, down, right) {
  const [maps, rows, columns] = planes(shape);
  let apart = 0, all = 0;
  for (let map = 0; map < maps; map++)
    for (let row = Math.max(0, down); row < rows + Math.min(0, down); row++)
      for (let column = Math.max(0, right); column < columns + Math.min(0, right); column++) {
        const was = before[(map * rows + row - down) * columns + column - right];
        apart += (now[(map * rows + row) * columns + column] - was) ** 2;
        all += was ** 2;
      }
  return all ? Math.sqrt(apart / all) : 0;
}
