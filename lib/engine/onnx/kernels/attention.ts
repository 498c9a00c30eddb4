/**
 * Attention inside each text, and its gradient: one graph call a text, on
 * exactly its tokens.
 *
 * A text's logits and probabilities fit the processor's cache, so mixed
 * lengths cost what uniform ones do, and nothing is ever padded.
 *
 * @module
 */
import type { Argument, GraphForm, Node } from "../graph.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import type { Info, OnnxBackend } from "../onnx_backend.ts";

/** The shapes of one call, and where its texts stand. */
interface Layout {
  readonly heads: number;
  readonly hidden: number;
  readonly tokens: number;
  readonly offsets: Int32Array;
  readonly attend: Uint8Array;
  readonly scale: number;
}

/** Where one text stands in the arrays of the call. */
interface Place {
  readonly length: number;
  /** Its first token. */
  readonly start: number;
  /** Its first probability, counted behind the results. */
  readonly square: number;
}

/**
 * `FusedMatMul` with `transBatch` reads `[tokens, heads, width]` as a stack of
 * heads without moving anything.
 */
function forwardForm(scale: number, masked: boolean): GraphForm {
  const alpha = { float: scale };
  const mask: Node[] = masked ? [["Add", "l hidden", "m"]] : [];
  return {
    inputs: masked ? "qkv hidden" : "qkv",
    outputs: "y p",
    nodes: [
      ["Split", "qkv", "q k v", { axis: 1 }],
      ["ms.FusedMatMul", "q k", "l", {
        transBatchA: 1,
        transBatchB: 1,
        transB: 1,
        alpha,
      }],
      ...mask,
      ["Softmax", masked ? "m" : "l", "p", { axis: -1 }],
      ["ms.FusedMatMul", "p v", "c", { transBatchB: 1 }],
      ["Transpose", "c", "y", { perm: [1, 0, 2] }],
    ],
  };
}

/**
 * `dl = p (dp - delta)` with `delta = sum of dy y` over a head's width, which
 * equals the sum of `p dp` over keys and is shorter.
 */
function backwardForm(scale: number): GraphForm {
  const alpha = { float: scale };
  return {
    inputs: "dy qkv y p",
    outputs: "dqkv",
    nodes: [
      ["Split", "qkv", "q k v", { axis: 1 }],
      ["Mul", "dy y", "dyy"],
      ["ReduceSum", "dyy last", "d", { keepdims: 1 }],
      ["Transpose", "d", "delta", { perm: [1, 0, 2] }],
      ["ms.FusedMatMul", "dy v", "dp", {
        transBatchA: 1,
        transBatchB: 1,
        transB: 1,
      }],
      ["ms.FusedMatMul", "p dy", "dv", { transA: 1, transBatchB: 1 }],
      ["Sub", "dp delta", "c"],
      ["Mul", "c p", "dl"],
      ["ms.FusedMatMul", "dl k", "dq", { transBatchB: 1, alpha }],
      ["ms.FusedMatMul", "dl q", "dk", { transA: 1, transBatchB: 1, alpha }],
      ["Concat", "dq dk dv", "all", { axis: 0 }],
      ["Transpose", "all", "dqkv", { perm: [1, 0, 2] }],
    ],
    constants: { last: [-1] },
  };
}

/** Reads the layout off a call. */
function layoutOf({ inputs, attrs }: KernelCall): Layout {
  const [tokens, width] = inputs.qkv!.shape as [number, number];
  const { heads, offsets, attend, scale } = attrs;
  return { tokens, hidden: width / 3, heads, offsets, attend, scale };
}

/** Where each text stands, empty ones left out. */
function placesOf({ offsets, heads, tokens, hidden }: Layout) {
  const places: Place[] = [];
  let square = tokens * hidden;
  for (let text = 0; text + 1 < offsets.length; text++) {
    const start = offsets[text]!;
    const length = offsets[text + 1]! - start;
    if (length > 0) places.push({ length, start, square });
    square += heads * length * length;
  }
  return { places, size: square };
}

/** The parts of the arrays that one text uses. */
function partsOf({ heads, hidden }: Layout, { length, start, square }: Place) {
  const width = hidden / heads;
  return {
    qkv: { shape: [length, 3 * heads, width], from: start * 3 * hidden },
    y: { shape: [length, heads, width], from: start * hidden },
    p: { shape: [heads, length, length], from: square },
  };
}

/**
 * `LabAttention`: `[y, saved]`, where `saved` is `y` again followed by the
 * probabilities, `[heads, length, length]` a text; `y` is its beginning.
 */
export const attention: Kernel = (call) => {
  const { backend } = call;
  const qkv = call.inputs.qkv!;
  const layout = layoutOf(call);
  const { places, size } = placesOf(layout);
  const [y, saved] = backend.allocateNested(
    [layout.tokens, layout.hidden],
    [size],
  );
  const hidden = hiddenKeys(backend, layout);
  for (const place of places) {
    const parts = partsOf(layout, place);
    const mask = hidden?.(place);
    const graph = backend.graph(
      `attention ${layout.scale} ${mask !== undefined}`,
      () => forwardForm(layout.scale, mask !== undefined),
    );
    const given = [backend.argument(qkv, parts.qkv)];
    if (mask !== undefined) given.push(mask);
    graph(given, [
      backend.argument(saved, parts.y),
      backend.argument(saved, parts.p),
    ]);
  }
  hidden?.free();
  return [y, saved];
};

/** Minus infinity for unattended keys, as arguments for texts that have some. */
function hiddenKeys(
  backend: OnnxBackend,
  { tokens, attend }: Layout,
): { (place: Place): Argument | undefined; free: () => void } | undefined {
  if (!attend.includes(0)) return undefined;
  const bias = backend.allocate([tokens]);
  const values = backend.floats(bias);
  for (let i = 0; i < tokens; i++) values[i] = attend[i] === 0 ? -Infinity : 0;
  const argument = ({ start, length }: Place) =>
    attend.subarray(start, start + length).includes(0)
      ? backend.argument(bias, { shape: [length], from: start })
      : undefined;
  return Object.assign(argument, { free: () => backend.free(bias) });
}

/** `LabAttentionGrad`: `dqkv`. */
export const attentionGradient: Kernel = (call) => {
  const { inputs, backend } = call;
  const { dy, qkv, probabilities } = inputs as Record<string, Info>;
  const layout = layoutOf(call);
  const dqkv = backend.allocate(qkv!.shape);
  const graph = backend.graph(
    `attention gradient ${layout.scale}`,
    () => backwardForm(layout.scale),
  );
  for (const place of placesOf(layout).places) {
    const parts = partsOf(layout, place);
    graph([
      backend.argument(dy!, parts.y),
      backend.argument(qkv!, parts.qkv),
      backend.argument(probabilities!, parts.y),
      backend.argument(probabilities!, parts.p),
    ], [backend.argument(dqkv, parts.qkv)]);
  }
  return dqkv;
};
