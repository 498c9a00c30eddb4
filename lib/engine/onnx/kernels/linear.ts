/**
 * The fused linear layer and its gradient, some hundred rows at a time.
 *
 * What one operator writes, the next one finds in the cache; measured against
 * whole matrices this takes a tenth off the matrix products themselves.
 *
 * @module
 */
import { isDifferentiated } from "../../ops/fused.ts";
import type { Argument } from "../calls.ts";
import {
  type Kernel,
  type KernelCall,
  rowPieces,
  type Rows,
} from "../kernel.ts";
import { sizeOf } from "../../reference/shape_walk.ts";
import type { Info, OnnxBackend } from "../onnx_backend.ts";
import {
  activationGradient,
  noteSlopes,
  type PieceGradient,
} from "./activation.ts";
import { backwardForm, feedForwardForm, forwardForm } from "./linear_graph.ts";
import { onLiveRows } from "./live_rows.ts";

/** Numbers that the wider side of a piece of rows may have: 1.2 MB. */
const PIECE = 192 * 1536;

/** The same for the gradient, where a piece also costs a pass over `dweight`. */
const GRADIENT_PIECE = 2 * PIECE;

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

/** What `LabFeedForward` can be given, in the order of its graph. */
const FEED_FORWARD = [
  ...["x", "weight", "bias", "gateWeight", "gateBias", "outWeight", "outBias"],
];

/**
 * `LabFeedForward`: `[y]`, and where a gradient may be asked for what it reads:
 * `sums`, and `gates` where there are any. What the activation gives stays in the cache.
 */
export const feedForward: Kernel = (call) => {
  const { inputs, attrs: { activation }, backend } = call;
  const { x, weight, outWeight } = inputs as Record<string, Info>;
  const rows = x!.shape[0]!;
  const given = FEED_FORWARD.filter((name) => inputs[name]);
  const kept = inputs.gateWeight ? ["sums", "gates"] : ["sums"];
  const outputs = ["y", ...(isDifferentiated() ? kept : [])];
  const results = outputs.map((name) =>
    backend.allocate([rows, (name === "y" ? outWeight : weight)!.shape[0]!])
  );
  const graph = backend.graph(
    `feed forward ${activation} ${given} ${outputs}`,
    () => feedForwardForm(activation, given, outputs),
  );
  const fixed = given.slice(1).map((name) => backend.argument(inputs[name]!));
  const part = rowsOf(call);
  backend.together(piecesOf(call, PIECE), (piece) => {
    graph(
      [part(x!, piece), ...fixed],
      results.map((info) => part(info, piece)),
    );
  });
  return results;
};

/** `LabLinearGrad` on all rows. */
const denseGradient: Kernel = (call) => {
  const { inputs, attrs, backend } = call;
  const dx = backend.allocate(attrs.needX ? inputs.x!.shape : []);
  if (!attrs.needX) backend.floats(dx)[0] = 0;
  const dgate = inputs.gate && backend.allocate(inputs.gate.shape);
  const pieces = piecesOf(call, GRADIENT_PIECE);
  const groups = groupsOf(pieces, backend.runtime.threads);
  const shares = groups.map((pieces) => newShare(call, pieces));
  const ones = onesFor(call, groups);
  backend.together(
    shares,
    (share) => noteShare(call, share, { dx, dgate, ones }),
  );
  backend.free(ones);
  shares.forEach(({ du }) => du.free());
  const [dweight, dbias] = [0, 1].map((i) =>
    addUp(backend, shares.flatMap(({ sums }) => sums[i] ?? []))
  );
  return [dx, ...(dgate ? [dgate] : []), dweight!, ...(dbias ? [dbias] : [])];
};

/** `LabLinearGrad`: `[dx, dweight]`, and `dbias` where there is a bias. */
export const linearGradient: Kernel = onLiveRows(
  denseGradient,
  ["dy", "x", "pre"],
);

/**
 * `LabActivatedLinearGrad`: `[dx]`, `dgate` where there is a gate, `dweight`, and
 * `dbias` where there is a bias, of a layer of `activation(x) gate`.
 */
export const activatedLinearGradient: Kernel = onLiveRows(
  (call) => {
    const { activation: before, bias } = call.attrs;
    const attrs = { before, bias, activation: "none", needX: true };
    return denseGradient({ ...call, attrs });
  },
  ["dy", "x", "gate"],
  ({ inputs }) => inputs.gate ? 2 : 1,
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
  { dx, dgate, ones }: { dx: Info; dgate: Info | undefined; ones: Info },
): void {
  const { inputs: { x, gate, weight }, attrs, backend } = call;
  const { needX, bias, before } = attrs;
  const form = { needX, bias, before, isGated: gate !== undefined };
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
      `linear gradient ${Object.values(form)} ${isFirst}`,
      () => backwardForm({ ...form, isFirst }),
    );
    const given = [du.piece(piece), rows(x!, piece)];
    if (gate) given.push(rows(gate, piece));
    if (needX) given.push(backend.argument(weight!));
    if (bias) given.push(backend.argument(ones, { shape: [1, piece[1]] }));
    if (!isFirst) given.push(...totals);
    const made = [...(needX ? [dx] : []), ...(dgate ? [dgate] : [])];
    graph(given, [...totals, ...made.map((info) => rows(info, piece))]);
    if (!before) return;
    const activation = before;
    noteSlopes(backend, { activation, rows: piece, dy: dx, u: x!, du: dx });
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
