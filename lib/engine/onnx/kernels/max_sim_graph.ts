/**
 * The graphs of a piece of MaxSim and of its gradient.
 *
 * @module
 */
import type { GraphForm, Node } from "../graph.ts";

/**
 * NaN for each query row that has NaN or infinity, else 0: the largest of
 * numbers passes over NaN, which must stay visible.
 */
export const DOUBT: GraphForm = {
  inputs: "queries",
  outputs: "doubt",
  nodes: [
    ["ReduceSum", "queries width", "sum", { keepdims: 0 }],
    ["Mul", "sum zero", "doubt"],
  ],
  constants: { width: [1], zero: 0 },
};

/**
 * The best of each document for each query row, `[documents, 1, query rows]`,
 * and its place among the document's rows; of equal bests the first.
 *
 * Documents stand on the left of the product: with few query rows that takes
 * half the time, and the largest is then taken of whole rows.
 *
 * @param wantsPlaces Whether a gradient will ask for the places.
 * @returns Its nodes.
 */
export function bestForm(wantsPlaces: boolean): GraphForm {
  const places: Node[] = [
    ["ArgMax", "similar", "at", { axis: 1 }],
    ["Cast", "at", "places", { to: 6 }],
  ];
  return {
    inputs: "queries documents rows:int32 doubt",
    outputs: wantsPlaces ? "best places:int32" : "best",
    nodes: [
      ["Gather", "documents rows", "d"],
      ["ms.FusedMatMul", "d queries", "similar", { transB: 1 }],
      ["ReduceMax", "similar", "most", { axes: [1] }],
      ["ReduceSum", "d text", "sum"],
      ["Mul", "sum zero", "own"],
      ["Add", "most own", "doubted"],
      ["Add", "doubted doubt", "best"],
      ...(wantsPlaces ? places : []),
    ],
    constants: { text: [1, 2], zero: 0 },
  };
}

/**
 * Adds `share d` to each query row and `share q` to each winner `d` of a query
 * row `q`, where documents are long: winners are gathered, and what they get is
 * scattered.
 */
export const SCATTERED: GraphForm = {
  inputs: "queries documents rows:int32 places:int32 shares dq dd",
  outputs: "dq2 dd2",
  nodes: [
    ["GatherElements", "rows places", "winners", { axis: 1 }],
    ["Transpose", "winners", "met", { perm: [1, 0] }],
    ["Gather", "documents met", "theirs"],
    ["Transpose", "shares", "turned", { perm: [1, 0] }],
    ["Unsqueeze", "turned middle", "line"],
    ["MatMul", "line theirs", "lines"],
    ["Squeeze", "lines middle", "given"],
    ["Add", "dq given", "dq2"],
    ["Unsqueeze", "shares last", "column"],
    ["Mul", "queries column", "ours"],
    ["Cast", "winners", "wide", { to: 7 }],
    ["Unsqueeze", "wide last", "at"],
    ["ScatterND", "dd at ours", "dd2", { reduction: "add" }],
  ],
  constants: { middle: [1], last: [2] },
};

/**
 * The same where documents are short: two products with the shares of all rows,
 * 0 but for winners. `order [length, 1]` counts the rows of a document.
 */
export const SPREAD: GraphForm = {
  inputs: `${SCATTERED.inputs} order:int32`,
  outputs: SCATTERED.outputs,
  nodes: [
    ["Unsqueeze", "places middle", "line"],
    ["Unsqueeze", "shares middle", "share"],
    ["Equal", "line order", "wins"],
    ["Where", "wins share zero", "weights"],
    ["Flatten", "weights", "w", { axis: 2 }],
    ["Gather", "documents rows", "theirs"],
    ["Flatten", "theirs", "d", { axis: 2 }],
    ["Gemm", "w d dq", "dq2", { transA: 1 }],
    ["MatMul", "w queries", "ours"],
    ["Cast", "rows", "wide", { to: 7 }],
    ["Reshape", "wide column", "at"],
    ["ScatterND", "dd at ours", "dd2", { reduction: "add" }],
  ],
  constants: { middle: [1], zero: 0, column: [-1, 1] },
};
