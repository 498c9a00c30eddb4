import { dropoutMask } from "../ops/dropout.ts";
import type { HostKernel, HostKernels } from "./host_kernel.ts";

/** `LabLayerNorm`: `[y, normalised, inverseDeviation]`. */
const layerNorm: HostKernel = ({ inputs, attrs, allocate }) => {
  const [x, residual] = [inputs["x"]!, inputs["residual"]];
  const [gain, bias] = [inputs["gain"]!.values, inputs["bias"]!.values];
  const [rows, n] = x.shape as [number, number];
  const y = allocate(x.shape, "float32");
  const normalised = allocate(x.shape, "float32");
  const inverse = allocate([rows, 1], "float32");
  for (let row = 0; row < rows; row++) {
    const sums = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      sums[i] = x.values[row * n + i]! + (residual?.values[row * n + i] ?? 0);
    }
    const mean = sums.reduce((sum, s) => sum + s, 0) / n;
    const variance = sums.reduce((sum, s) => sum + (s - mean) ** 2, 0) / n;
    const factor = 1 / Math.sqrt(variance + (attrs["epsilon"] as number));
    inverse.values[row] = factor;
    sums.forEach((s, i) => {
      const centred = (s - mean) * factor;
      normalised.values[row * n + i] = centred;
      y.values[row * n + i] = centred * gain[i]! + bias[i]!;
    });
  }
  return [y, normalised, inverse];
};

/** `LabLayerNormGrad`: `[dx, dgain, dbias]`. */
const layerNormGrad: HostKernel = ({ inputs, allocate }) => {
  const [dy, normalised] = [inputs["dy"]!, inputs["normalised"]!.values];
  const gain = inputs["gain"]!.values;
  const [rows, n] = dy.shape as [number, number];
  const dx = allocate(dy.shape, "float32");
  const [dgain, dbias] = [new Float64Array(n), new Float64Array(n)];
  for (let row = 0; row < rows; row++) {
    let [mean, along] = [0, 0];
    for (let i = 0; i < n; i++) {
      const [flow, unit] = [dy.values[row * n + i]!, normalised[row * n + i]!];
      dgain[i]! += flow * unit;
      dbias[i]! += flow;
      mean += flow * gain[i]! / n;
      along += flow * gain[i]! * unit / n;
    }
    for (let i = 0; i < n; i++) {
      const at = row * n + i;
      dx.values[at] =
        (dy.values[at]! * gain[i]! - mean - normalised[at]! * along) *
        inputs["inverseDeviation"]!.values[row]!;
    }
  }
  const sums = [dgain, dbias].map((values) => {
    const sum = allocate([n], "float32");
    sum.values.set(values);
    return sum;
  });
  return [dx, ...sums];
};

/** `LabUnitNorm`: `[y, norm]`. */
const unitNorm: HostKernel = ({ inputs, allocate, attrs }) => {
  const x = inputs["x"]!;
  const [rows, n] = x.shape as [number, number];
  const y = allocate(x.shape, "float32");
  const norm = allocate([rows, 1], "float32");
  for (let row = 0; row < rows; row++) {
    let squared = 0;
    for (let i = 0; i < n; i++) squared += x.values[row * n + i]! ** 2;
    const length = Math.sqrt(squared);
    const divisor = Math.max(length, attrs["epsilon"] as number);
    norm.values[row] = length;
    for (let i = 0; i < n; i++) {
      y.values[row * n + i] = x.values[row * n + i]! / divisor;
    }
  }
  return [y, norm];
};

/** `LabUnitNormGrad`: `dx`; below epsilon the divisor is a constant. */
const unitNormGrad: HostKernel = ({ inputs, allocate, attrs }) => {
  const [dy, y, norm] = [inputs["dy"]!, inputs["y"]!, inputs["norm"]!];
  const epsilon = attrs["epsilon"] as number;
  const [rows, n] = dy.shape as [number, number];
  const dx = allocate(dy.shape, "float32");
  for (let row = 0; row < rows; row++) {
    const length = norm.values[row]!;
    let along = 0;
    for (let at = row * n; at < row * n + n; at++) {
      along += dy.values[at]! * y.values[at]!;
    }
    if (length < epsilon) along = 0;
    const divisor = Math.max(length, epsilon);
    for (let at = row * n; at < row * n + n; at++) {
      dx.values[at] = (dy.values[at]! - y.values[at]! * along) / divisor;
    }
  }
  return dx;
};

/** `LabDropout`, its own gradient. */
const dropout: HostKernel = ({ inputs, attrs, allocate }) => {
  const x = inputs["x"]!;
  const mask = dropoutMask(
    x.shape[1]!,
    attrs as unknown as Parameters<typeof dropoutMask>[1],
  );
  const y = allocate(x.shape, "float32");
  for (let i = 0; i < mask.length; i++) y.values[i] = x.values[i]! * mask[i]!;
  return y;
};

/** `LabEmbedding`: rows of a table by number. */
const embedding: HostKernel = ({ inputs, attrs, allocate }) => {
  const table = inputs["table"]!;
  const ids = attrs["ids"] as Int32Array;
  const n = table.shape[1]!;
  const y = allocate([ids.length, n], "float32");
  ids.forEach((id, row) =>
    y.values.set(table.values.subarray(id * n, id * n + n), row * n)
  );
  return y;
};

/** `LabEmbeddingGrad`: rows of `dy` summed by number. */
const embeddingGrad: HostKernel = ({ inputs, attrs, allocate }) => {
  const dy = inputs["dy"]!;
  const n = dy.shape[1]!;
  const rows = attrs["rows"] as number;
  const sums = new Float64Array(rows * n);
  (attrs["ids"] as Int32Array).forEach((id, row) => {
    for (let i = 0; i < n; i++) sums[id * n + i]! += dy.values[row * n + i]!;
  });
  const dtable = allocate([rows, n], "float32");
  dtable.values.set(sums);
  return dtable;
};

/** What is done to each row apart. */
export const rowKernels: HostKernels = {
  LabDropout: dropout,
  LabEmbedding: embedding,
  LabEmbeddingGrad: embeddingGrad,
  LabLayerNorm: layerNorm,
  LabLayerNormGrad: layerNormGrad,
  LabUnitNorm: unitNorm,
  LabUnitNormGrad: unitNormGrad,
};
