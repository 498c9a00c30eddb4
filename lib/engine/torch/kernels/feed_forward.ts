/**
 * The fused feed-forward part and the gradient of its second layer: what the activation
 * gives is computed where it is used, and never kept.
 *
 * @module
 */
import { isDifferentiated } from "../../ops/fused.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import type { Handle } from "../operators.ts";
import type { Info } from "../torch_backend.ts";
import {
  activationSettings,
  beforeActivation,
  factor,
  product,
  product32,
  put,
  sumOfRows,
} from "./linear.ts";
import { onLiveRows } from "./live_rows.ts";
import { eachPiece, isInPieces } from "./row_pieces.ts";

/** What `LabFeedForward` gives: `sums`, and `gates` where there are any, for the gradient alone. */
type Results = Partial<Record<"y" | "sums" | "gates", Handle>>;

/** `LabFeedForward`: `[y]`, and where a gradient may be asked for `sums` and `gates`. */
export const feedForward: Kernel = (call) => {
  const { inputs, backend } = call;
  const { x, weight, gateWeight, outWeight } = inputs as Record<string, Info>;
  const rows = x!.shape[0]!;
  const shapes = {
    y: [rows, outWeight!.shape[0]!],
    ...(isDifferentiated() && {
      sums: [rows, weight!.shape[0]!],
      ...(gateWeight && { gates: [rows, weight!.shape[0]!] }),
    }),
  };
  const names = Object.keys(shapes) as (keyof Results)[];
  let results: Results;
  if (!isInPieces(call)) {
    results = rowResults(call, backend.operand(x!), {
      keeps: names.length > 1,
    });
  } else {
    results = Object.fromEntries(
      names.map((name) => [name, backend.room(shapes[name]!)]),
    );
    resultsByPieces(call, backend.handle(x!), results);
  }
  return names.map((name) =>
    backend.adopt(backend.asStored(results[name]!), shapes[name]!)
  );
};

/** Writes the results, some rows at a time. */
function resultsByPieces(call: KernelCall, x: Handle, results: Results): void {
  const { inputs: { x: rows, weight }, torch } = call;
  const [total, keeps] = [rows!.shape[0]!, results.sums !== undefined];
  const h = roomOfActivated(call, [total, weight!.shape[0]!]);
  eachPiece(call, total, (piece) => {
    const rooms = h === undefined ? undefined : {
      h: torch.cut(h, 0, 0, piece[1]),
      ...Object.fromEntries(
        Object.entries(results).map((
          [name, whole],
        ) => [name, torch.cut(whole, 0, ...piece)]),
      ),
    };
    const made = rowResults(call, factor(call, x, piece), { keeps, rooms });
    if (rooms) return;
    for (const [name, whole] of Object.entries(results)) {
      put(call, whole, piece, made[name as keyof Results]!);
    }
  }, h === undefined ? undefined : total);
}

/**
 * Room for what the activation gives, where activations are stored as they are computed:
 * all rows are then one piece, whose products are the fastest.
 */
function roomOfActivated(
  { backend }: KernelCall,
  shape: readonly number[],
): Handle | undefined {
  return backend.activation === backend.factor
    ? backend.room(shape)
    : undefined;
}

/** Where to write what some rows give. */
type Rooms = Results & { readonly h?: Handle };

/** The results of some rows. */
function rowResults(
  call: KernelCall,
  x: Handle,
  { keeps, rooms = {} }: {
    readonly keeps: boolean;
    readonly rooms?: Rooms | undefined;
  },
): Results {
  const { inputs, torch } = call;
  const layer = (x: Handle, names: readonly string[], room?: Handle) => {
    const [weight, bias] = names.map((name) => inputs[name]);
    return product({ ...call, inputs: { weight, bias } }, x, room);
  };
  const sums = layer(x, ["weight", "bias"], rooms.sums);
  const gates = inputs.gateWeight &&
    layer(x, ["gateWeight", "gateBias"], rooms.gates);
  const { h, a } = activated(call, [sums, gates], rooms.h);
  if (!keeps) [sums, ...(gates ? [gates, h] : [])].forEach(torch.free);
  const y = layer(a, ["outWeight", "outBias"], rooms.y);
  return { y, sums, ...(gates && { gates }) };
}

/** `h = activation(u)`, written where there is room, and `a`: that, times the gate where there is one. */
function activated(
  call: KernelCall,
  [u, gate]: readonly [Handle, Handle | undefined],
  room: Handle | undefined,
): { readonly h: Handle; readonly a: Handle } {
  const { attrs, torch } = call;
  const operator = `aten::${attrs.activation}`;
  const settings = activationSettings(call);
  if (room) torch.change(`${operator}.out`, u, ...settings, room);
  const h = room ?? torch.call(operator, u, ...settings);
  return { h, a: gate ? torch.call("aten::mul.Tensor", h, gate) : h };
}

/** Some rows: what is behind the layer, before it, and beside that. */
interface GradientRows {
  readonly dy: Handle;
  readonly u: Handle;
  readonly gate: Handle | undefined;
}

/** What goes by rows in the gradient of some. */
interface RowGradients {
  readonly du: Handle;
  readonly dgate: Handle | undefined;
}

/** The gradient of rows; `add` is given the factors of their share in `dweight`. */
function rowGradients(
  call: KernelCall,
  { dy, u, gate, rooms }: GradientRows & {
    readonly rooms?: Readonly<Record<"h" | "du", Handle>> | undefined;
  },
  add: (turned: Handle, a: Handle) => void,
): RowGradients {
  const { inputs, backend, torch } = call;
  const { h, a } = activated(call, [u, gate], rooms?.h);
  add(torch.call("aten::t", dy), a);
  const factors = [dy, backend.weight(inputs.weight!)] as const;
  if (rooms) torch.change("aten::mm.out", ...factors, rooms.du);
  const da = rooms?.du ?? torch.call("aten::mm", ...factors);
  if (!gate) {
    torch.free(h);
    return { du: beforeActivation(call, da, u, rooms?.du), dgate: undefined };
  }
  torch.free(a);
  const dgate = torch.call("aten::mul.Tensor", da, h);
  torch.free(h);
  const dh = torch.call("aten::mul.Tensor", da, gate);
  torch.free(da);
  return { du: beforeActivation(call, dh, u), dgate };
}

/** What `LabActivatedLinearGrad` gives, as libtorch has it. */
interface Gradients extends RowGradients {
  readonly dweight: Handle;
  readonly dbias: Handle | undefined;
}

/** All rows at once. */
function wholeGradients(call: KernelCall): Gradients {
  const { inputs: { dy, x, gate }, attrs, backend, torch } = call;
  const rows = {
    dy: torch.packed(backend.operand(dy!)),
    u: backend.operand(x!),
    gate: gate && backend.operand(gate),
  };
  let dweight: Handle | undefined;
  const { du, dgate } = rowGradients(call, rows, (turned, a) => {
    dweight = product32(torch, turned, a);
  });
  return {
    du: backend.asStored(du),
    dgate: dgate && backend.asStored(dgate),
    dweight: dweight!,
    dbias: attrs.bias ? sumOfRows(call, rows.dy) : undefined,
  };
}

/** A piece of the rows at a time; each adds to what does not go by rows. */
function gradientsByPieces(call: KernelCall): Gradients {
  const { inputs, attrs, backend, torch } = call;
  const { x, weight } = inputs as { x: Info; weight: Info };
  const [dy, u, gate] = [inputs.dy!, x, inputs.gate].map((info) =>
    info && backend.handle(info)
  );
  const [du, dgate] = [x, inputs.gate].map((info) =>
    info && backend.room(x.shape)
  );
  const dweight = torch.full(weight.shape, 0);
  const dbias = attrs.bias ? torch.full([weight.shape[0]!], 0) : undefined;
  const h = gate ? undefined : roomOfActivated(call, x.shape);
  eachPiece(call, x.shape[0]!, (piece) => {
    const rows = {
      dy: torch.packed(factor(call, dy!, piece)),
      u: factor(call, u!, piece),
      gate: gate && factor(call, gate, piece),
      rooms: h === undefined ? undefined : {
        h: torch.cut(h, 0, 0, piece[1]),
        du: torch.cut(du!, 0, ...piece),
      },
    };
    const made = rowGradients(
      call,
      rows,
      (turned, a) => torch.addProduct(dweight, turned, a),
    );
    if (!h) put(call, du!, piece, made.du);
    if (dgate) put(call, dgate, piece, made.dgate!);
    if (!dbias) return;
    const sum = torch.add(dbias, sumOfRows(call, rows.dy));
    torch.change("aten::copy_", dbias, sum, false);
  }, h === undefined ? undefined : x.shape[0]!);
  return { du: du!, dgate, dweight, dbias };
}

/** `LabActivatedLinearGrad` on all rows. */
const denseGradient: Kernel = (call) => {
  const { inputs: { x, weight }, backend } = call;
  const { du, dgate, dweight, dbias } = isInPieces(call)
    ? gradientsByPieces(call)
    : wholeGradients(call);
  return [
    backend.adopt(du, x!.shape),
    ...(dgate ? [backend.adopt(dgate, x!.shape)] : []),
    backend.adopt(dweight, weight!.shape),
    ...(dbias ? [backend.adopt(dbias, [weight!.shape[0]!])] : []),
  ];
};

/**
 * `LabActivatedLinearGrad`: `[dx]`, `dgate` where there is a gate, `dweight`, and
 * `dbias` where there is a bias, of a layer of `activation(x) gate`.
 */
export const activatedLinearGradient: Kernel = onLiveRows(
  denseGradient,
  ["dy", "x", "gate"],
  ({ inputs }) => inputs.gate ? 2 : 1,
);
