/**
 * The graphs of attention inside one text.
 *
 * `FusedMatMul` with `transBatch` reads `[tokens, heads, width]` as a stack of
 * heads where it lies. Heads are worked off in parts, one part after the
 * other, so that its probabilities stay in the cache.
 *
 * @module
 */
import type { Attributes, GraphForm, Node } from "../graph.ts";

/** What tells one graph from another. */
export interface AttentionForm {
  readonly heads: number;
  /** Factor on the logits. */
  readonly scale: number;
  /** How many parts the heads are worked off in; divides `heads`. */
  readonly parts: number;
  /** Whether there is an input `hidden`, added to every row of logits. */
  readonly isMasked: boolean;
}

/** Both operands `[tokens, heads, width]`, over the width. */
const OVER_WIDTH: Attributes = { transBatchA: 1, transBatchB: 1, transB: 1 };

/** Names of one thing in every part: `q0 q1`. */
function names(thing: string, parts: number): string {
  return Array.from({ length: parts }, (_, i) => `${thing}${i}`).join(" ");
}

/** Cuts `[tokens, 3 heads, width]` into queries, keys and values of each part. */
function cut({ parts }: AttentionForm): Node {
  const outputs = ["q", "k", "v"].map((thing) => names(thing, parts));
  return ["Split", "qkv", outputs.join(" "), { axis: 1 }];
}

/** Cuts what has no thirds; a single part is the thing itself. */
function apart({ parts }: AttentionForm, thing: string, axis: number): Node[] {
  return parts === 1 ? [] : [["Split", thing, names(thing, parts), { axis }]];
}

/** Puts stacks of heads one behind the other, then tokens first. */
function join(stacks: readonly string[], result: string): Node[] {
  const perm = [1, 0, 2];
  if (stacks.length === 1) {
    return [["Transpose", stacks[0]!, result, { perm }]];
  }
  return [
    ["Concat", stacks.join(" "), "joined", { axis: 0 }],
    ["Transpose", "joined", result, { perm }],
  ];
}

/** `p = softmax(scale q k^T + hidden)` of part `i`. */
function probabilities({ scale, isMasked }: AttentionForm, i: number): Node[] {
  const alpha = { float: scale };
  const product: Node = [
    "ms.FusedMatMul",
    `q${i} k${i}`,
    `l${i}`,
    { ...OVER_WIDTH, alpha },
  ];
  if (!isMasked) {
    return [product, ["Softmax", `l${i}`, `p${i}`, { axis: -1 }]];
  }
  return [
    product,
    ["Add", `l${i} hidden`, `m${i}`],
    ["Softmax", `m${i}`, `p${i}`, { axis: -1 }],
  ];
}

/**
 * From `qkv [tokens, 3 heads, width]` to `y [tokens, heads, width]`.
 *
 * @param form Which graph.
 * @returns Its nodes.
 */
export function forwardForm(form: AttentionForm): GraphForm {
  const parts = Array.from({ length: form.parts }, (_, i) => i);
  return {
    inputs: form.isMasked ? "qkv hidden" : "qkv",
    outputs: "y",
    nodes: [
      cut(form),
      ...parts.flatMap((i): Node[] => [
        ...probabilities(form, i),
        ["ms.FusedMatMul", `p${i} v${i}`, `c${i}`, { transBatchB: 1 }],
      ]),
      ...join(parts.map((i) => `c${i}`), "y"),
    ],
  };
}

/**
 * From `dy` to `dqkv`, with `qkv` and `y` of the forward pass.
 *
 * `dl = p (dp - delta)` with `delta`, the sum of `dy y` over a head's width,
 * which equals the sum of `p dp` over keys and is shorter.
 *
 * @param form Which graph.
 * @returns Its nodes.
 */
export function backwardForm(form: AttentionForm): GraphForm {
  const parts = Array.from({ length: form.parts }, (_, i) => i);
  const stacks = ["dq", "dk", "dv"].flatMap((thing) =>
    parts.map((i) => `${thing}${i}`)
  );
  return {
    inputs: form.isMasked ? "qkv hidden dy y" : "qkv dy y",
    outputs: "dqkv",
    nodes: [
      cut(form),
      ["Mul", "dy y", "dyy"],
      ["ReduceSum", "dyy last", "sums", { keepdims: 1 }],
      ["Transpose", "sums", "delta", { perm: [1, 0, 2] }],
      ...apart(form, "delta", 0),
      ...apart(form, "dy", 1),
      ...parts.flatMap((i) => partGradient(form, i)),
      ...join(stacks, "dqkv"),
    ],
    constants: { last: [-1] },
  };
}

/** `dq`, `dk` and `dv` of part `i`, `[heads, tokens, width]` each. */
function partGradient(form: AttentionForm, i: number): Node[] {
  const [dy, delta] = form.parts === 1
    ? ["dy", "delta"]
    : [`dy${i}`, `delta${i}`];
  const alpha = { float: form.scale };
  const transposed: Attributes = { transA: 1, transBatchB: 1 };
  return [
    ...probabilities(form, i),
    ["ms.FusedMatMul", `${dy} v${i}`, `dp${i}`, OVER_WIDTH],
    ["ms.FusedMatMul", `p${i} ${dy}`, `dv${i}`, transposed],
    ["Sub", `dp${i} ${delta}`, `s${i}`],
    ["Mul", `s${i} p${i}`, `dl${i}`],
    ["ms.FusedMatMul", `dl${i} k${i}`, `dq${i}`, { transBatchB: 1, alpha }],
    ["ms.FusedMatMul", `dl${i} q${i}`, `dk${i}`, { ...transposed, alpha }],
  ];
}
