/**
 * Gradients of activations, in pieces that stay in the cache.
 *
 * @module
 */
import type { Argument } from "../calls.ts";
import type { GraphForm } from "../graph.ts";
import type { KernelCall, Rows } from "../kernel.ts";
import type { Info } from "../onnx_backend.ts";

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
  const { dy, pre } = inputs as { dy: Info; pre?: Info };
  const width = dy.shape[1]!;
  const part = (start: number, count: number) => ({
    shape: [count, width],
    from: start * width,
  });
  if (pre === undefined) {
    const piece = (rows: Rows) => backend.argument(dy, part(...rows));
    return { piece, free: () => {} };
  }
  const du = backend.allocate([longest, width]);
  const graph = backend.graph(
    `${attrs.activation} gradient`,
    () => attrs.activation === "gelu" ? GELU : RELU,
  );
  const step = Math.max(1, Math.floor(PIECE / width));
  const piece = ([start, count]: Rows) => {
    for (let at = 0; at < count; at += step) {
      const some = Math.min(step, count - at);
      graph([
        backend.argument(dy, part(start + at, some)),
        backend.argument(pre, part(start + at, some)),
      ], [backend.argument(du, part(at, some))]);
    }
    return backend.argument(du, part(0, count));
  };
  return { piece, free: () => backend.free(du) };
}
