/**
 * The graphs of linear layers on some rows, and of their gradient.
 *
 * @module
 */
import type { GraphForm, Node } from "../graph.ts";
import { ACTIVATE } from "./activation.ts";

/** `to = from weight^T + bias`. */
function layer(
  [from, weight, bias]: readonly [string, string, string | undefined],
  to: string,
): Node[] {
  const product = bias === undefined ? to : `${to}0`;
  return [
    ["ms.FusedMatMul", `${from} ${weight}`, product, { transB: 1 }],
    ...(bias === undefined ? [] : [["Add", `${product} ${bias}`, to] as const]),
  ];
}

/** `a = activation(u)`, times the gate where there is one. */
function activated(activation: string, u: string, gate?: string): Node[] {
  const operator = ACTIVATE[activation]!;
  if (gate === undefined) return [[operator, u, "a"]];
  return [[operator, u, "h"], ["Mul", `h ${gate}`, "a"]];
}

/**
 * `u = x W^T + bias` and, with an activation, `y` of it.
 *
 * @param activation What is done to the sums.
 * @param bias Whether there is a bias.
 * @returns Its nodes.
 */
export function forwardForm(activation: string, bias: boolean): GraphForm {
  const operator = ACTIVATE[activation];
  const nodes = layer(["x", "weight", bias ? "bias" : undefined], "u");
  if (operator !== undefined) nodes.push([operator, "u", "y"]);
  return {
    inputs: bias ? "x weight bias" : "x weight",
    outputs: operator === undefined ? "u" : "u y",
    nodes,
  };
}

/**
 * `y = (activation(sums) gates) W^T + bias`, with `sums` and `gates` linear in `x`.
 *
 * @param activation What is done to the sums.
 * @param inputs Names of the tensors that there are.
 * @param outputs Names of those that are wanted: `y`, `sums`, `gates`.
 * @returns Its nodes.
 */
export function feedForwardForm(
  activation: string,
  inputs: readonly string[],
  outputs: readonly string[],
): GraphForm {
  const named = (name: string) => inputs.find((input) => input === name);
  const isGated = inputs.includes("gateWeight");
  return {
    inputs: inputs.join(" "),
    outputs: outputs.join(" "),
    nodes: [
      ...layer(["x", "weight", named("bias")], "sums"),
      ...(isGated
        ? layer(["x", "gateWeight", named("gateBias")], "gates")
        : []),
      ...activated(activation, "sums", isGated ? "gates" : undefined),
      ...layer(["a", "outWeight", named("outBias")], "y"),
    ],
  };
}

/** What tells the gradient of one layer from that of another. */
export interface GradientForm {
  /** Whether there is a bias. */
  readonly bias: boolean;
  /** Whether `dx` is wanted. */
  readonly needX: boolean;
  /** What the layer's rows are an activation of, if of anything. */
  readonly before: string | undefined;
  /** Whether they are multiplied by a gate. */
  readonly isGated: boolean;
  /** Whether nothing is there to add to. */
  readonly isFirst: boolean;
}

/**
 * `da = du W`, `dW = du^T a` and `dbias = 1^T du`; pieces after the first add
 * to `dW` and `dbias`, in the same memory. With a gate, `dx` is what goes on to the
 * activation, `da gate`, and `dgate = da h`.
 *
 * @param form Which graph.
 * @returns Its nodes.
 */
export function backwardForm(
  { needX, bias, before, isGated, isFirst }: GradientForm,
): GraphForm {
  const a = before === undefined ? "x" : "a";
  const nodes: Node[] = [
    ...(before ? activated(before, "x", isGated ? "gate" : undefined) : []),
    isFirst
      ? ["ms.FusedMatMul", `du ${a}`, "dweight", { transA: 1 }]
      : ["Gemm", `du ${a} old`, "dweight", { transA: 1 }],
  ];
  if (needX) nodes.push(["MatMul", "du weight", isGated ? "da" : "dx"]);
  if (isGated) nodes.push(["Mul", "da gate", "dx"], ["Mul", "da h", "dgate"]);
  if (bias) {
    nodes.push(
      isFirst
        ? ["MatMul", "ones du", "dbias"]
        : ["Gemm", "ones du oldBias", "dbias"],
    );
  }
  const inputs = isGated ? ["du x gate"] : ["du x"];
  if (needX) inputs.push("weight");
  if (bias) inputs.push("ones");
  if (!isFirst) inputs.push(bias ? "old oldBias" : "old");
  return {
    inputs: inputs.join(" "),
    outputs: "dweight" + (bias ? " dbias" : "") + (needX ? " dx" : "") +
      (isGated ? " dgate" : ""),
    nodes,
  };
}
