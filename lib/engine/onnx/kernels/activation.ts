/**
 * Gradients of activations, in pieces that stay in the cache.
 *
 * @module
 */
import type { Argument } from "../calls.ts";
import type { GraphForm } from "../graph.ts";
import type { KernelCall, Rows } from "../kernel.ts";
import type { Info, OnnxBackend } from "../onnx_backend.ts";

/**
 * `dy gelu'(u)`, with `gelu'(u) = cdf(u) + u density(u)` of the standard
 * normal. With `a = u / sqrt 2` it is half of
 * `1 + erf(a) + a exp(log(2 / sqrt pi) - a^2)`.
 */
const GELU: GraphForm = {
  inputs: "dy u",
  outputs: "du",
  nodes: [
    ["Mul", "u root", "a"],
    ["Erf", "a", "e"],
    ["Mul", "a a", "a2"],
    ["Sub", "peak a2", "n"],
    ["Exp", "n", "x"],
    ["Mul", "a x", "slope"],
    ["Add", "e slope", "es"],
    ["Add", "es one", "twice"],
    ["Mul", "dy half", "h"],
    ["Mul", "h twice", "du"],
  ],
  constants: {
    root: Math.SQRT1_2,
    peak: Math.log(2 / Math.sqrt(Math.PI)),
    one: 1,
    half: 0.5,
  },
};

const RELU: GraphForm = {
  inputs: "dy u",
  outputs: "du",
  nodes: [["Greater", "u zero", "on"], ["Where", "on dy zero", "du"]],
  constants: { zero: 0 },
};

/** Numbers of a piece: intermediate results of 256 KB stay near the core. */
const PIECE = 1 << 16;

/** The operators of activations. */
export const ACTIVATE: Readonly<Record<string, string>> = {
  gelu: "ms.Gelu",
  relu: "Relu",
};

/** Rows of matrices of one width, and the activation between them. */
export interface Slopes {
  /** `gelu` or `relu`. */
  readonly activation: string;
  /** Which rows. */
  readonly rows: Rows;
  /** The gradient behind the activation. */
  readonly dy: Info;
  /** What is before it. */
  readonly u: Info;
  /** Where the gradient before it goes; may be `dy`. */
  readonly du: Info;
  /** Rows by which `du` begins later than the others. Default 0. */
  readonly shift?: number;
}

/**
 * Notes `du = dy slope(u)`, so many rows at a time that they stay in the cache.
 *
 * @param backend Makes the calls.
 * @param slopes What is read and written.
 */
export function noteSlopes(
  backend: OnnxBackend,
  { activation, rows: [start, count], dy, u, du, shift = 0 }: Slopes,
): void {
  const width = dy.shape[1]!;
  const graph = backend.graph(
    `${activation} gradient`,
    () => activation === "gelu" ? GELU : RELU,
  );
  const step = Math.max(1, Math.floor(PIECE / width));
  for (let at = start; at < start + count; at += step) {
    const some = Math.min(step, start + count - at);
    const part = (info: Info, from: number) =>
      backend.argument(info, { shape: [some, width], from: from * width });
    graph([part(dy, at), part(u, at)], [part(du, at - shift)]);
  }
}

/** The gradient before an activation, for one piece of rows after the other. */
export interface PieceGradient {
  /** Its rows, valid until the next call. */
  readonly piece: (rows: Rows) => Argument;
  /** Frees what it used. */
  readonly free: () => void;
}

/**
 * The gradient before the activation of a linear layer, for one thread.
 *
 * @param call Inputs `dy` and, with an activation, `pre`; its name in `attrs`.
 * @param longest Rows of the longest piece that will be asked for.
 * @returns Pieces of the gradient, one at a time in the same memory.
 */
export function activationGradient(
  { inputs, attrs, backend }: KernelCall,
  longest: number,
): PieceGradient {
  const { dy, pre: u } = inputs as { dy: Info; pre?: Info };
  const width = dy.shape[1]!;
  if (u === undefined) {
    const piece = ([start, count]: Rows) =>
      backend.argument(dy, { shape: [count, width], from: start * width });
    return { piece, free: () => {} };
  }
  const du = backend.allocate([longest, width]);
  const piece = (rows: Rows) => {
    const [shift, count] = rows;
    const { activation } = attrs;
    noteSlopes(backend, { activation, rows, dy, u, du, shift });
    return backend.argument(du, { shape: [count, width] });
  };
  return { piece, free: () => backend.free(du) };
}
