/**
 * Small ONNX graphs: written as lists of nodes, built once, called on memory.
 *
 * @module
 */
import onnxProto from "onnx-proto";
import { addressOf } from "../foreign.ts";
import type { Argument, Target } from "./calls.ts";
import { ELEMENT, type Runtime } from "./runtime.ts";

const { onnx } = onnxProto;

/** The kinds of numbers a graph takes and gives. */
export type Element = keyof typeof ELEMENT;

/** The settings of a node: integers, lists of integers, fractions, texts. */
export type Attributes = Readonly<
  Record<string, number | readonly number[] | string | { float: number }>
>;

/**
 * One node: operator, its inputs, its outputs (names split by spaces, `_` for
 * one left out) and settings. Operators with a dot live in `com.microsoft`.
 */
export type Node = readonly [
  operator: string,
  inputs: string,
  outputs: string,
  attributes?: Attributes,
];

/** A graph, before it is built. */
export interface GraphForm {
  /** Names of inputs; `ids:int32` for one that is not float32. */
  readonly inputs: string;
  /** Names of outputs, in the same writing. */
  readonly outputs: string;
  /** The nodes, in order of computation. */
  readonly nodes: readonly Node[];
  /** Scalars (float32) and lists of whole numbers (int64) by name. */
  readonly constants?: Readonly<Record<string, number | readonly number[]>>;
}

/** A built graph: computes outputs, whose memory is given, from inputs. */
export type Graph = (
  inputs: readonly Argument[],
  outputs: readonly Argument[],
) => void;

const BYTES: Readonly<Record<Element, number>> = {
  float32: 4,
  uint8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};

/** A named input or output with its kind. */
interface Port {
  readonly name: string;
  readonly element: Element;
}

/** Splits `x ids:int32` into ports. */
function portsOf(list: string): Port[] {
  return list.split(" ").map((word) => {
    const [name, element = "float32"] = word.split(":");
    return { name: name!, element: element as Element };
  });
}

/**
 * Builds a graph.
 *
 * Cost: a fraction of a millisecond to build; a call costs some microseconds
 * beside the computing.
 *
 * @param runtime The started runtime.
 * @param form The nodes.
 * @returns The graph as a function.
 * @throws {RangeError} If ONNX Runtime refuses the graph.
 */
export function buildGraph(runtime: Runtime, form: GraphForm): Graph {
  const inputs = portsOf(form.inputs);
  const outputs = portsOf(form.outputs);
  const ports = [...inputs, ...outputs];
  const model = modelBytes(form, inputs, outputs);
  const names = pointersTo(ports.map(({ name }) => name));
  const target = (isAlone: boolean): Target => ({
    session: runtime.createSession(model, { isAlone }),
    names: addressOf(names.pointers),
    elements: ports.map(({ element }) => ELEMENT[element]),
    bytes: ports.map(({ element }) => BYTES[element]),
  });
  const targets = new Map<boolean, Target>();
  const current = () => {
    const isAlone = runtime.calls.isNoting();
    if (!targets.has(isAlone)) targets.set(isAlone, target(isAlone));
    return targets.get(isAlone)!;
  };
  current();
  const graph: Graph = (given, wanted) =>
    runtime.calls.call(current(), given, wanted);
  return Object.assign(graph, { names }); // Keeps the bytes of the names alive.
}

/** Texts ending in zero bytes, and the pointers to them. */
function pointersTo(texts: readonly string[]) {
  const bytes = texts.map((text) => {
    const room = new Uint8Array(new ArrayBuffer(256));
    room.set(new TextEncoder().encode(text));
    return room.buffer;
  });
  const slots = new BigUint64Array(
    new ArrayBuffer(Math.max(8 * texts.length, 256)),
  );
  bytes.forEach((buffer, i) => slots[i] = addressOf(buffer));
  return { pointers: slots.buffer, bytes };
}

/** Writes the graph as an ONNX model. */
function modelBytes(
  { nodes, constants = {} }: GraphForm,
  inputs: readonly Port[],
  outputs: readonly Port[],
): Uint8Array {
  const value = ({ name, element }: Port) => ({
    name,
    type: { tensorType: { elemType: ELEMENT[element] } },
  });
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }, {
      domain: "com.microsoft",
      version: 1,
    }],
    graph: {
      name: "lab",
      node: nodes.map(nodeProto),
      initializer: Object.entries(constants).map(constantProto),
      input: inputs.map(value),
      output: outputs.map(value),
    },
  });
  return onnx.ModelProto.encode(model).finish();
}

/** Writes one node. */
function nodeProto(
  [operator, inputs, outputs, attributes = {}]: Node,
  index: number,
) {
  const [opType, domain] = operator.split(".").reverse();
  const names = (list: string) =>
    list.split(" ").map((name) => name === "_" ? "" : name);
  return {
    name: `${opType}${index}`,
    opType: opType!,
    domain: domain === undefined ? "" : "com.microsoft",
    input: names(inputs),
    output: names(outputs),
    attribute: Object.entries(attributes).map(attributeProto),
  };
}

/** Writes one setting of a node. */
function attributeProto([name, value]: [string, Attributes[string]]) {
  const { FLOAT, INT, STRING, INTS } = onnx.AttributeProto.AttributeType;
  if (typeof value === "number") return { name, type: INT, i: value };
  if (typeof value === "string") {
    return { name, type: STRING, s: new TextEncoder().encode(value) };
  }
  if ("float" in value) return { name, type: FLOAT, f: value.float };
  return { name, type: INTS, ints: [...value] };
}

/** Writes one constant: a float32 scalar, or a list of int64. */
function constantProto([name, value]: [string, number | readonly number[]]) {
  if (typeof value === "number") {
    return { name, dataType: ELEMENT.float32, dims: [], floatData: [value] };
  }
  return {
    name,
    dataType: ELEMENT.int64,
    dims: [value.length],
    int64Data: [...value],
  };
}
