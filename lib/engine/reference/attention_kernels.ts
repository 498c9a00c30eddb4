import type { HostArray, HostKernel, HostKernels } from "./host_kernel.ts";
import { type MatrixView, multiplyInto } from "./matrix_kernels.ts";

/** One head of one text: where its pieces lie. */
interface Head {
  /** First token. */
  readonly start: number;
  /** Tokens. */
  readonly length: number;
  /** Columns of a head. */
  readonly width: number;
  /** First column of the head, counted inside q, k or v. */
  readonly column: number;
  /** Where its probabilities begin. */
  readonly at: number;
}

/** Every head of every text; probabilities lie text by text, head by head, `[length, length]`. */
function headsOf(
  hidden: number,
  attrs: Readonly<Record<string, unknown>>,
): Head[] {
  const offsets = attrs["offsets"] as Int32Array;
  const heads = attrs["heads"] as number;
  const width = hidden / heads;
  const all: Head[] = [];
  let at = 0;
  for (let text = 0; text + 1 < offsets.length; text++) {
    const start = offsets[text]!;
    const length = offsets[text + 1]! - start;
    for (let head = 0; head < heads; head++) {
      all.push({ start, length, width, column: head * width, at });
      at += length * length;
    }
  }
  return all;
}

/** A head's rows in a matrix whose head columns begin at `part` times `hidden`. */
function piece(
  { values, shape }: HostArray,
  { start, column }: Head,
  part: number,
): MatrixView {
  const row = shape[1]!;
  return { values, start: start * row + part + column, row, column: 1 };
}

/** A matrix with its sides exchanged. */
function flip(view: MatrixView): MatrixView {
  return { ...view, row: view.column, column: view.row };
}

/** Copies a block of rows into a head's place. */
function place(
  block: Float64Array,
  target: HostArray,
  view: MatrixView,
  width: number,
): void {
  for (let i = 0; i < block.length; i++) {
    const row = Math.floor(i / width);
    target.values[view.start + row * view.row + i % width] = block[i]!;
  }
}

/** Softmax over the attended keys of each row, in place; others get exactly 0. */
function softmaxRows(
  logits: Float64Array,
  length: number,
  attend: Uint8Array,
): void {
  for (let row = 0; row < logits.length; row += length) {
    let largest = -Infinity;
    for (let key = 0; key < length; key++) {
      if (attend[key] !== 0) largest = Math.max(largest, logits[row + key]!);
    }
    let sum = 0;
    for (let key = 0; key < length; key++) {
      const kept = attend[key] !== 0;
      const e = kept ? Math.exp(logits[row + key]! - largest) : 0;
      logits[row + key] = e;
      sum += e;
    }
    for (let key = 0; key < length; key++) logits[row + key]! /= sum;
  }
}

/** `LabAttention`: `[y, probabilities]`. */
const attention: HostKernel = ({ inputs, attrs, allocate }) => {
  const qkv = inputs["qkv"]!;
  const hidden = qkv.shape[1]! / 3;
  const attend = attrs["attend"] as Uint8Array;
  const heads = headsOf(hidden, attrs);
  const last = heads[heads.length - 1];
  const total = last ? last.at + last.length * last.length : 0;
  const y = allocate([qkv.shape[0]!, hidden], "float32");
  const probabilities = allocate([total], "float32");
  for (const head of heads) {
    const { start, length, width, at } = head;
    const [q, k, v] = [0, hidden, 2 * hidden].map((part) =>
      piece(qkv, head, part)
    ) as [MatrixView, MatrixView, MatrixView];
    const p = new Float64Array(length * length);
    multiplyInto(q, flip(k), {
      rows: length,
      inner: width,
      columns: length,
      target: p,
      scale: attrs["scale"] as number,
    });
    softmaxRows(p, length, attend.subarray(start, start + length));
    probabilities.values.set(p, at);
    const mixed = new Float64Array(length * width);
    const size = { rows: length, inner: length, columns: width };
    multiplyInto(square(p, length), v, { ...size, target: mixed });
    place(mixed, y, piece(y, head, 0), width);
  }
  return [y, probabilities];
};

/** A square matrix of its own memory. */
function square(values: ArrayLike<number>, length: number): MatrixView {
  return { values, start: 0, row: length, column: 1 };
}

/** `LabAttentionGrad`: `dqkv`. */
const attentionGrad: HostKernel = ({ inputs, attrs, allocate }) => {
  const [dy, qkv] = [inputs["dy"]!, inputs["qkv"]!];
  const hidden = dy.shape[1]!;
  const dqkv = allocate(qkv.shape, "float32");
  for (const head of headsOf(hidden, attrs)) {
    const { length, width, at } = head;
    const p = inputs["probabilities"]!.values.slice(at, at + length * length);
    const parts = [0, hidden, 2 * hidden];
    const [q, k, v] = parts.map((part) => piece(qkv, head, part)) as [
      MatrixView,
      MatrixView,
      MatrixView,
    ];
    const dout = piece(dy, head, 0);
    const dlogits = new Float64Array(length * length);
    const wide = { rows: length, inner: width, columns: length };
    multiplyInto(dout, flip(v), { ...wide, target: dlogits });
    softmaxRowsGrad(dlogits, p, { length, scale: attrs["scale"] as number });
    const flow = square(dlogits, length);
    const tall = { rows: length, inner: length, columns: width };
    const products: [MatrixView, MatrixView][] = [
      [flow, k],
      [flip(flow), q],
      [flip(square(p, length)), dout],
    ];
    products.forEach(([a, b], i) => {
      const block = new Float64Array(length * width);
      multiplyInto(a, b, { ...tall, target: block });
      place(block, dqkv, piece(dqkv, head, parts[i]!), width);
    });
  }
  return dqkv;
};

/** Turns the gradient of each row's probabilities into that of its logits, in place. */
function softmaxRowsGrad(
  dp: Float64Array,
  p: ArrayLike<number>,
  { length, scale }: { readonly length: number; readonly scale: number },
): void {
  for (let row = 0; row < dp.length; row += length) {
    let mean = 0;
    for (let i = row; i < row + length; i++) mean += p[i]! * dp[i]!;
    for (let i = row; i < row + length; i++) {
      dp[i] = p[i]! * (dp[i]! - mean) * scale;
    }
  }
}

/** Attention inside texts and its gradient. */
export const attentionKernels: HostKernels = {
  LabAttention: attention,
  LabAttentionGrad: attentionGrad,
};
