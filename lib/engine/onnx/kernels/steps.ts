/**
 * Steps of optimisers, in place.
 *
 * @module
 */
import type { Kernel } from "../kernel.ts";
import type { Info, OnnxBackend } from "../onnx_backend.ts";

/** The same tensor to write on, or a copy where others still read it. */
function writable(backend: OnnxBackend, info: Info): Info {
  if (backend.isOwnedAlone(info)) return backend.reshaped(info, info.shape);
  const copy = backend.allocate(info.shape);
  backend.floats(copy).set(backend.floats(info));
  return copy;
}

/** `LabAdamW`: `[parameter, first, second]`. */
export const adamW: Kernel = ({ inputs, attrs, backend }) => {
  const results = [inputs.parameter!, inputs.first!, inputs.second!].map(
    (info) => writable(backend, info),
  );
  const [p, m, v] = results.map((info) => backend.floats(info)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const g = backend.floats(inputs.gradient!);
  const { learningRate, beta1, beta2, epsilon, weightDecay } = attrs;
  const rate = learningRate / attrs.correction1;
  const scale = 1 / Math.sqrt(attrs.correction2);
  const keep = 1 - learningRate * weightDecay;
  for (let i = 0; i < p.length; i++) {
    const gradient = g[i]!;
    const mean = beta1 * m[i]! + (1 - beta1) * gradient;
    const square = beta2 * v[i]! + (1 - beta2) * gradient * gradient;
    m[i] = mean;
    v[i] = square;
    p[i] = keep * p[i]! - rate * mean / (Math.sqrt(square) * scale + epsilon);
  }
  return results;
};

/** `LabScheduleFreeAdamW`: `[y, z, second]`. */
export const scheduleFreeAdamW: Kernel = ({ inputs, attrs, backend }) => {
  const results = [inputs.y!, inputs.z!, inputs.second!].map((info) =>
    writable(backend, info)
  );
  const [y, z, v] = results.map((info) => backend.floats(info)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const g = backend.floats(inputs.gradient!);
  const { learningRate, beta1, beta2, epsilon, weightDecay, mix } = attrs;
  const scale = 1 / Math.sqrt(attrs.correction2);
  const share = learningRate * (beta1 * (1 - mix) - 1);
  for (let i = 0; i < y.length; i++) {
    const square = beta2 * v[i]! + (1 - beta2) * g[i]! * g[i]!;
    const step = g[i]! / (Math.sqrt(square) * scale + epsilon) +
      weightDecay * y[i]!;
    v[i] = square;
    y[i] = (1 - mix) * y[i]! + mix * z[i]! + share * step;
    z[i]! -= learningRate * step;
  }
  return results;
};

/** `LabScale`: `[factor x]`. */
export const scale: Kernel = ({ inputs, attrs, backend }) => {
  const result = writable(backend, inputs.x!);
  const values = backend.floats(result);
  const factor = attrs.factor as number;
  for (let i = 0; i < values.length; i++) values[i]! *= factor;
  return [result];
};

/** `LabSumOfSquares`: a scalar, added up in 64 bits. */
export const sumOfSquares: Kernel = ({ inputs, backend }) => {
  const values = backend.floats(inputs.x!);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  const result = backend.allocate([]);
  backend.floats(result)[0] = sum;
  return [result];
};
