/**
 * The fused linear layer and its gradient.
 *
 * @module
 */
import { isDifferentiated } from "../../ops/fused.ts";
import { type Kernel, type KernelCall, optional } from "../kernel.ts";
import { type Argument, ELEMENT, type Handle } from "../operators.ts";
import type { Tensors } from "../tensors.ts";
import type { Info } from "../torch_backend.ts";
import { onLiveRows } from "./live_rows.ts";
import { eachPiece, isConverted, type Rows } from "./row_pieces.ts";

/** The exact gelu, not the one by tanh. */
const EXACT = { text: "none" } as const;

/** What an activation's operators want beside tensors. */
export function activationSettings({ attrs }: KernelCall): readonly Argument[] {
  return attrs.activation === "gelu" ? [EXACT] : [];
}

/**
 * `LabLinear`: `[y]`, or `[y, pre]` where there is an activation and a gradient may be
 * asked for, which reads what came before it.
 */
export const linear: Kernel = (call) => {
  const { inputs, attrs, backend, torch } = call;
  const { x, weight } = inputs as { x: Info; weight: Info };
  const shape = [x.shape[0]!, weight.shape[0]!];
  const keepsPre = attrs.activation !== "none" && isDifferentiated();
  const give = (made: Handle) => backend.adopt(made, shape);
  if (!isConverted(call)) {
    const room = torch.isCuda ? undefined : backend.room(shape);
    const made = resultsOf(call, backend.operand(x), { keepsPre, room });
    return made.map((one) => give(backend.asStored(one)));
  }
  const results = (keepsPre ? [0, 1] : [0]).map(() => backend.room(shape));
  const whole = backend.handle(x);
  eachPiece(call, shape[0]!, (piece) => {
    const rows = factor(call, whole, piece);
    const made = resultsOf(call, rows, { keepsPre });
    results.forEach((result, i) => put(call, result, piece, made[i]!));
  });
  return results.map(give);
};

/** `[y]` or `[y, pre]` of some rows; where there is room, the sums are written there. */
function resultsOf(
  call: KernelCall,
  x: Handle,
  { keepsPre, room }: {
    readonly keepsPre: boolean;
    readonly room?: Handle | undefined;
  },
): Handle[] {
  const { attrs: { activation }, torch } = call;
  const pre = product(call, x, room);
  if (activation === "none") return [pre];
  const settings = activationSettings(call);
  if (keepsPre) {
    return [torch.call(`aten::${activation}`, pre, ...settings), pre];
  }
  torch.change(`aten::${activation}_`, pre, ...settings);
  return [pre];
}

/** `x W^T + b`, written where there is room for it. */
export function product(
  { inputs, backend, torch }: KernelCall,
  x: Handle,
  room?: Handle,
): Handle {
  const factors = [
    ...[x, backend.weight(inputs.weight!)],
    optional(inputs.bias && backend.weight(inputs.bias)),
  ];
  if (room === undefined) return torch.call("aten::linear", ...factors);
  torch.change("aten::linear.out", ...factors, room);
  return room;
}

/** `a b`, as activations are stored. */
export function storedProduct(
  { backend, torch }: KernelCall,
  [a, b]: readonly [Handle, Handle],
  shape: readonly number[],
): Handle {
  if (torch.isCuda) return backend.asStored(torch.call("aten::mm", a, b));
  const room = backend.room(shape);
  torch.change("aten::mm.out", a, b, room);
  return room;
}

/** A piece of a matrix as a factor of products. */
export function factor(
  { backend, torch }: KernelCall,
  matrix: Handle,
  [start, count]: Rows,
): Handle {
  return torch.as(torch.cut(matrix, 0, start, count), backend.factor);
}

/** Writes a piece of a matrix. */
export function put(
  { torch }: KernelCall,
  matrix: Handle,
  [start, count]: Rows,
  rows: Handle,
): void {
  const target = torch.cut(matrix, 0, start, count);
  torch.change("aten::copy_", target, rows, false);
}

/** `LabLinearGrad` on all rows. */
const denseGradient: Kernel = (call) => {
  const { inputs, attrs, backend } = call;
  const { x, weight } = inputs as { x: Info; weight: Info };
  const { dx, dweight, dbias } = isConverted(call)
    ? gradientsByPieces(call)
    : wholeGradients(call);
  const gradients = [
    backend.adopt(dx, attrs.needX ? x.shape : []),
    backend.adopt(dweight, weight.shape),
  ];
  return dbias === undefined
    ? gradients
    : [...gradients, backend.adopt(dbias, [weight.shape[0]!])];
};

/** `LabLinearGrad`: `[dx, dweight]`, and `dbias` where there is a bias. */
export const linearGradient: Kernel = onLiveRows(
  denseGradient,
  ["dy", "x", "pre"],
);

/** What the gradient makes. */
interface Gradients {
  /** The single number 0 where nobody asked for it. */
  readonly dx: Handle;
  readonly dweight: Handle;
  readonly dbias: Handle | undefined;
}

/** All rows at once. */
function wholeGradients(call: KernelCall): Gradients {
  const { inputs: { x, weight, dy, pre }, attrs, backend, torch } = call;
  const du = beforeActivation(
    call,
    torch.packed(backend.operand(dy!)),
    pre && backend.operand(pre),
  );
  const dweight = product32(
    torch,
    torch.call("aten::t", du),
    backend.operand(x!),
  );
  return {
    dx: attrs.needX
      ? storedProduct(call, [du, backend.weight(weight!)], x!.shape)
      : torch.full([], 0),
    dweight,
    dbias: attrs.bias ? sumOfRows(call, du) : undefined,
  };
}

/** A product as 32-bit floats; a GPU never rounds one of bf16 to bf16. */
export function product32(torch: Tensors, a: Handle, b: Handle): Handle {
  return torch.isCuda && torch.elementOf(a) === ELEMENT.bfloat16
    ? torch.call("aten::mm.dtype", a, b, { int: ELEMENT.float32 })
    : torch.as(torch.call("aten::mm", a, b), ELEMENT.float32);
}

/** A piece of the rows at a time; pieces after the first add to what does not go by rows. */
function gradientsByPieces(call: KernelCall): Gradients {
  const { inputs, attrs, backend, torch } = call;
  const { x, weight } = inputs as { x: Info; weight: Info };
  const [dy, wide, pre] = [inputs.dy!, x, inputs.pre].map((info) =>
    info && backend.handle(info)
  );
  const dx = attrs.needX ? backend.room(x.shape) : torch.full([], 0);
  const dweight = torch.full(weight.shape, 0);
  const dbias = attrs.bias ? torch.full([weight.shape[0]!], 0) : undefined;
  eachPiece(call, x.shape[0]!, (piece) => {
    const du = beforeActivation(
      call,
      torch.packed(factor(call, dy!, piece)),
      pre && factor(call, pre, piece),
    );
    const turned = torch.call("aten::t", du);
    torch.addProduct(dweight, turned, factor(call, wide!, piece));
    if (attrs.needX) {
      const part = torch.call("aten::mm", du, backend.weight(weight));
      put(call, dx, piece, part);
    }
    if (!dbias) return;
    const sum = torch.add(dbias, sumOfRows(call, du));
    torch.change("aten::copy_", dbias, sum, false);
  });
  return { dx, dweight, dbias };
}

/** The sum of all rows, in 32 bits. */
export function sumOfRows({ torch }: KernelCall, du: Handle): Handle {
  return torch.call(
    "aten::sum.dim_IntList",
    du,
    { some: [0] },
    false,
    { some: { int: ELEMENT.float32 } },
  );
}

/** The gradient before the activation, written where there is room, which may be `dy`. */
export function beforeActivation(
  { attrs, torch }: KernelCall,
  dy: Handle,
  pre: Handle | undefined,
  room?: Handle,
): Handle {
  if (pre === undefined) return dy;
  if (attrs.activation === "gelu") {
    if (!room) return torch.call("aten::gelu_backward", dy, pre, EXACT);
    torch.change("aten::gelu_backward.grad_input", dy, pre, EXACT, room);
    return room;
  }
  const isOn = torch.call("aten::gt.Tensor", pre, torch.scalar(0));
  const none = torch.full([], 0, torch.elementOf(dy));
  if (!room) return torch.call("aten::where.self", isOn, dy, none);
  torch.change("aten::where.self_out", isOn, dy, none, room);
  return room;
}
