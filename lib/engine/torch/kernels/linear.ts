/**
 * The fused linear layer and its gradient.
 *
 * @module
 */
import { type Kernel, type KernelCall, optional } from "../kernel.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import type { Info } from "../torch_backend.ts";
import { onLiveRows } from "./live_rows.ts";

/** The exact gelu, not the one by tanh. */
const EXACT = { text: "none" } as const;

/** `LabLinear`: `[y]`, or `[y, pre]` where there is an activation. */
export const linear: Kernel = ({ inputs, attrs, backend, torch }) => {
  const { x, weight, bias } = inputs as { x: Info; weight: Info; bias?: Info };
  const shape = [x.shape[0]!, weight.shape[0]!];
  const pre = torch.call(
    "aten::linear",
    backend.operand(x),
    backend.weight(weight),
    optional(bias && backend.weight(bias)),
  );
  const give = (made: Handle) => backend.adopt(backend.asStored(made), shape);
  if (attrs.activation === "none") return [give(pre)];
  const y = attrs.activation === "gelu"
    ? torch.call("aten::gelu", pre, EXACT)
    : torch.call("aten::relu", pre);
  return [give(y), give(pre)];
};

/** `LabLinearGrad` on all rows. */
const denseGradient: Kernel = (call) => {
  const { inputs, attrs, backend, torch } = call;
  const { x, weight } = inputs as { x: Info; weight: Info };
  const du = beforeActivation(call);
  const dx = attrs.needX
    ? backend.asStored(torch.call("aten::mm", du, backend.weight(weight)))
    : torch.full([], 0);
  const turned = torch.call("aten::t", du);
  const dweight = torch.as(
    torch.call("aten::mm", turned, backend.operand(x)),
    ELEMENT.float32,
  );
  const gradients = [
    backend.adopt(dx, attrs.needX ? x.shape : []),
    backend.adopt(dweight, weight.shape),
  ];
  if (!attrs.bias) return gradients;
  const dbias = torch.call(
    "aten::sum.dim_IntList",
    du,
    { some: [0] },
    false,
    { some: { int: ELEMENT.float32 } },
  );
  return [...gradients, backend.adopt(dbias, [weight.shape[0]!])];
};

/** `LabLinearGrad`: `[dx, dweight]`, and `dbias` where there is a bias. */
export const linearGradient: Kernel = onLiveRows(
  denseGradient,
  ["dy", "x", "pre"],
);

/** The gradient before the activation, as a factor of products. */
function beforeActivation(
  { inputs, attrs, backend, torch }: KernelCall,
): Handle {
  const dy = torch.packed(backend.operand(inputs.dy!));
  if (inputs.pre === undefined) return dy;
  const pre = backend.operand(inputs.pre);
  if (attrs.activation === "gelu") {
    return torch.call("aten::gelu_backward", dy, pre, EXACT);
  }
  const isOn = torch.call("aten::gt.Tensor", pre, torch.scalar(0));
  const none = torch.full([], 0, torch.elementOf(dy));
  return torch.call("aten::where.self", isOn, dy, none);
}
