/**
 * Rows scaled to length 1, and the gradient.
 *
 * @module
 */
import type { Kernel } from "../kernel.ts";
import type { Info } from "../onnx_backend.ts";

/**
 * `LabUnitNorm`: `[y, norm]`, where `norm [rows, 1]` is the length before, not
 * bounded by epsilon. Squares are added in 64 bits, so 1e30 does not overflow.
 */
export const unitNorm: Kernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x as Info;
  const [rows, n] = x.shape as [number, number];
  const y = backend.allocate([rows, n]);
  const norm = backend.allocate([rows, 1]);
  const [from, to, norms] = [x, y, norm].map((info) =>
    backend.floats(info)
  ) as [Float32Array, Float32Array, Float32Array];
  for (let row = 0; row < rows; row++) {
    const start = row * n;
    let squares = 0;
    for (let j = start; j < start + n; j++) squares += from[j]! * from[j]!;
    const length = Math.sqrt(squares);
    const factor = 1 / (length <= attrs.epsilon ? attrs.epsilon : length);
    for (let j = start; j < start + n; j++) to[j] = from[j]! * factor;
    norms[row] = length;
  }
  return [y, norm];
};

/**
 * `LabUnitNormGrad`: `(dy - y (y dy)) / norm`; where epsilon was the divisor,
 * it is a constant and the gradient is `dy / epsilon`.
 */
export const unitNormGradient: Kernel = ({ inputs, attrs, backend }) => {
  const { dy, y, norm } = inputs as Record<"dy" | "y" | "norm", Info>;
  const { epsilon = 1e-12 } = attrs;
  const [rows, n] = dy.shape as [number, number];
  const dx = backend.allocate([rows, n]);
  const [given, unit, norms, to] = [dy, y, norm, dx].map((info) =>
    backend.floats(info)
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  for (let row = 0; row < rows; row++) {
    const start = row * n;
    const bounded = norms[row]! <= epsilon;
    let along = 0;
    for (let j = start; j < start + n; j++) along += given[j]! * unit[j]!;
    if (bounded) along = 0;
    const factor = 1 / (bounded ? epsilon : norms[row]!);
    for (let j = start; j < start + n; j++) {
      to[j] = (given[j]! - unit[j]! * along) * factor;
    }
  }
  return dx;
};
