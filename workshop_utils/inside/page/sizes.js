// A convolution of a small square, and its transpose.

// How many places along a side, by the formula of each.
export function sideAfter({direction, n, k, stride, padding}) {
  return direction === "forward"
    ? Math.floor((n + 2 * padding - k) / stride) + 1
    : (n - 1) * stride - 2 * padding + k;
}

export function operationOf({direction, n, k, stride, padding}, weight, side) {
  return {
    kind: direction === "forward" ? "conv" : "transposed", inputShape: [1, n, n], shape: [1, side, side],
    side: [k, k], stride: [stride, stride], padding: [padding, padding], dilation: [1, 1], groups: 1,
    weight, bias: new Float32Array(1),
  };
}
