/**
 * The fused linear layer and its gradient, some hundred rows at a time.
 *
 * What one operator writes, the next one finds in the cache; measured against
 * whole matrices this takes a tenth off the matrix products themselves.
 *
 * @module
 */
import type { Argument } from "../calls.ts";
import type { GraphForm, Node } from "../graph.ts";
import {
  type Kernel,
  type KernelCall,
  rowPieces,
  type Rows,
} from "../kernel.ts";
import { sizeOf } from "../../reference/shape_walk.ts";
import type { Info, OnnxBackend } from "../onnx_backend.ts";
import { activationGradient, type PieceGradient } from "./activation.ts";
import { onLiveRows } from "./live_rows.ts";

/** Numbers that the wider side of a piece of rows may have: 1.2 MB. */
const PIECE = 192 * 1536;

/** The same for the gradient, where a piece also costs a pass over `dweight`. */
const GRADIENT_PIECE = 2 * PIECE;

const ACTIVATE: Readonly<Record<string, string>> = {
  gelu: "ms.Gelu",
  relu: "Relu",
};

/** `u = x W^T + bias` and, with an activation, `y` of it. */
function forwardForm(activation: string, bias: boolean): GraphForm {
  const operator = ACTIVATE[activation];
  const product = bias ? "t" : "u";
  const nodes: Node[] = [
    ["ms.FusedMatMul", "x weight", product, { transB: 1 }],
  ];
  if (bias) nodes.push(["Add", "t bias", "u"]);
  if (operator !== undefined) nodes.push([operator, "u", "y"]);
  return {
    inputs: bias ? "x weight bias" : "x weight",
    outputs: operator === undefined ? "u" : "u y",
    nodes,
  };
}

/**
 * `dx = du W`, `dW = du^T x` and `dbias = 1^T du`; pieces after the first add
 * to `dW` and `dbias`, in the same memory.
 */
function backwardForm(
  { needX, bias, isFirst }: Record<"needX" | "bias" | "isFirst", boolean>,
): GraphForm {
  const nodes: Node[] = isFirst
    ? [["ms.FusedMatMul", "du x", "dweight", { transA: 1 }]]
    : [["Gemm", "du x old", "dweight", { transA: 1 }]];
  if (needX) nodes.push(["MatMul", "du weight", "dx"]);
  if (bias) {
    nodes.push(
      isFirst
        ? ["MatMul", "ones du", "dbias"]
        : ["Gemm", "ones du oldBias", "dbias"],
    );
  }
  const inputs = ["du x"];
  if (needX) inputs.push("weight");
  if (bias) inputs.push("ones");
  if (!isFirst) inputs.push(bias ? "old oldBias" : "old");
  return {
    inputs: inputs.join(" "),
    outputs: "dweight" + (bias ? " dbias" : "") + (needX ? " dx" : ""),
    nodes,
  };
}

/** Makes arguments of rows. */
function rowsOf({ backend }: KernelCall): (info: Info, rows: Rows) => Argument {
  return (info, [start, count]) => {
    const width = info.shape[1]!;
    return backend.argument(info, {
      shape: [count, width],
      from: start * width,
    });
  };
}

/** Pieces of rows of a layer. */
function piecesOf({ inputs, backend }: KernelCall, most: number): Rows[] {
  const [out, width] = inputs.weight!.shape as [number, number];
  const rows = inputs.x!.shape[0]!;
  return rowPieces(backend, [rows, Math.max(out, width)], most);
}

/** `LabLinear`: `[y]`, or `[y, pre]` where there is an activation. */
export const linear: Kernel = (call) => {
  const { inputs, attrs, backend } = call;
  const { x, weight, bias } = inputs as { x: Info; weight: Info; bias?: Info };
  const { activation } = attrs;
  const shape = [x.shape[0]!, weight.shape[0]!];
  const results = (activation === "none" ? [0] : [0, 1]).map(() =>
    backend.allocate(shape)
  );
  const graph = backend.graph(
    `linear ${activation} ${bias !== undefined}`,
    () => forwardForm(activation, bias !== undefined),
  );
  const rows = rowsOf(call);
  const fixed = [weight, ...(bias ? [bias] : [])].map((info) =>
    backend.argument(info)
  );
  backend.together(piecesOf(call, PIECE), (piece) => {
    graph([rows(x, piece), ...fixed], results.map((info) => rows(info, piece)));
  });
  return results.reverse();
};

/** `LabLinearGrad` on all rows. */
const denseGradient: Kernel = (call) => {
  const { inputs, attrs, backend } = call;
  const dx = backend.allocate(attrs.needX ? inputs.x!.shape : []);
  if (!attrs.needX) backend.floats(dx)[0] = 0;
  const pieces = piecesOf(call, GRADIENT_PIECE);
  const groups = groupsOf(pieces, backend.runtime.threads);
  const shares = groups.map((pieces) => newShare(call, pieces));
  const ones = onesFor(call, groups);
  backend.together(shares, (share) => noteShare(call, share, { dx, ones }));
  backend.free(ones);
  shares.forEach(({ du }) => du.free());
  const [dweight, dbias] = [0, 1].map((i) =>
    addUp(backend, shares.flatMap(({ sums }) => sums[i] ?? []))
  );
  return [dx, dweight!, ...(dbias ? [dbias] : [])];
};

/** `LabLinearGrad`: `[dx, dweight]`, and `dbias` where there is a bias. */
export const linearGradient: Kernel = onLiveRows(
  denseGradient,
  ["dy", "x", "pre"],
);

/** What one thread does of the gradient, and where it adds up. */
interface Share {
  readonly pieces: readonly Rows[];
  /** `dweight` and, with a bias, `dbias`. */
  readonly sums: readonly Info[];
  readonly du: PieceGradient;
}

/** Cuts a list into as many lists of about equal length. */
function groupsOf(pieces: readonly Rows[], count: number): Rows[][] {
  const groups = Math.max(1, Math.min(count, pieces.length));
  return Array.from({ length: groups }, (_, i) =>
    pieces.slice(
      Math.floor(i * pieces.length / groups),
      Math.floor((i + 1) * pieces.length / groups),
    ));
}

/** A share with memory of its own. */
function newShare(call: KernelCall, pieces: readonly Rows[]): Share {
  const { inputs, attrs, backend } = call;
  const { shape } = inputs.weight!;
  const sums = [backend.allocate(shape)];
  if (attrs.bias) sums.push(backend.allocate([shape[0]!]));
  if (pieces.length === 0) sums.forEach((sum) => backend.floats(sum).fill(0));
  const longest = Math.max(0, ...pieces.map(([, count]) => count));
  return { pieces, sums, du: activationGradient(call, longest) };
}

/** Notes the calls of a share. */
function noteShare(
  call: KernelCall,
  { pieces, sums, du }: Share,
  { dx, ones }: { dx: Info; ones: Info },
): void {
  const { inputs, attrs: { needX, bias }, backend } = call;
  const rows = rowsOf(call);
  const totals = sums.map((sum) =>
    backend.argument(
      sum,
      sum.shape.length === 1 ? { shape: [1, ...sum.shape] } : {},
    )
  );
  pieces.forEach((piece, i) => {
    const isFirst = i === 0;
    const graph = backend.graph(
      `linear gradient ${needX} ${bias} ${isFirst}`,
      () => backwardForm({ needX, bias, isFirst }),
    );
    const given = [du.piece(piece), rows(inputs.x!, piece)];
    if (needX) given.push(backend.argument(inputs.weight!));
    if (bias) given.push(backend.argument(ones, { shape: [1, piece[1]] }));
    if (!isFirst) given.push(...totals);
    graph(given, needX ? [...totals, rows(dx, piece)] : totals);
  });
}

/** A row of ones, to add rows up by a matrix product. */
function onesFor({ backend }: KernelCall, groups: readonly Rows[][]): Info {
  const longest = groups.flat().map(([, count]) => count);
  const ones = backend.allocate([Math.max(1, ...longest)]);
  backend.floats(ones).fill(1);
  return ones;
}

/** Adds tensors up in order, in the memory of the first. */
function addUp(
  backend: OnnxBackend,
  [sum, ...others]: Info[],
): Info | undefined {
  const graph = backend.graph("add", () => ({
    inputs: "a b",
    outputs: "y",
    nodes: [["Add", "a b", "y"]],
  }));
  for (const other of others) {
    const flat = [sizeOf(other.shape), 1] as const;
    backend.together(rowPieces(backend, flat), ([from, count]) => {
      const part = { shape: [count], from };
      const total = backend.argument(sum!, part);
      graph([total, backend.argument(other, part)], [total]);
    });
    backend.free(other);
  }
  return sum;
}
